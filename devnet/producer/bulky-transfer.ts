import { keccak256 } from 'ethers/crypto';
import { EMPTY_LIST, EMPTY_STRING, rlpList, rlpString } from '../../src/payload/rlp-encode.js';
import type { Account } from '../accounts.js';
import { signHash } from '../sign-hash.js';

interface BulkyTransfer {
  readonly chainId: number;
  readonly nonce: number;
  readonly to: string;
  readonly gasLimit: number;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** Of calldata, all zeros. */
  readonly sizeBytes: number;
}

/** A signed transaction (EIP-1559) of so many bytes. ethers takes a third of a second for one of 100 kB. */
export function bulkyTransfer(from: Account, transfer: BulkyTransfer): string {
  const { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, sizeBytes } = transfer;
  const numbers = [chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit].map(integer).join('');
  const fields = `${numbers}${rlpString(to.slice(2).toLowerCase())}${EMPTY_STRING}${rlpString('00'.repeat(sizeBytes))}${EMPTY_LIST}`;
  const { yParity, r, s } = signHash(from, keccak256(Buffer.from(`02${rlpList(fields)}`, 'hex')));
  return `0x02${rlpList(fields + [yParity, r, s].map(integer).join(''))}`;
}

/** As RLP writes it: no zeros in front, and none at all for 0. */
function integer(value: number | bigint | string): string {
  const digits = BigInt(value).toString(16);
  if (digits === '0') return EMPTY_STRING;
  return rlpString(digits.length % 2 === 0 ? digits : `0${digits}`);
}
