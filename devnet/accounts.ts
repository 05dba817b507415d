import { getAddress } from 'ethers/address';
import { keccak256 } from 'ethers/crypto';
import { id } from 'ethers/hash';
import { getBytes } from 'ethers/utils';
import secp256k1 from 'secp256k1';

/** Who signs transactions. */
export interface Account {
  readonly privateKey: string;
  /** With the checksum of EIP-55. */
  readonly address: string;
}

const ACCOUNT_COUNT = 8;
const ADDRESS_DIGITS = 40;

/** The funded accounts of a devnet, derived from its seed. Their keys are public knowledge: never use them elsewhere. */
export function devAccounts(seed: string): readonly Account[] {
  return Array.from({ length: ACCOUNT_COUNT }, (_, index) => accountOf(`lockstep devnet account ${seed} ${index}`));
}

/** One more funded account where transactions come through the pool, so that a check never meets the nonces of a load. */
export function smokeAccount(seed: string): Account {
  return accountOf(`lockstep devnet smoke ${seed}`);
}

/** The account of a label. ethers would take 10 ms and more for the public key, and every test and command needs some. */
export function accountOf(label: string): Account {
  const privateKey = id(label);
  const publicKey = secp256k1.publicKeyCreate(getBytes(privateKey), false);
  return { privateKey, address: getAddress(`0x${keccak256(publicKey.slice(1)).slice(-ADDRESS_DIGITS)}`) };
}
