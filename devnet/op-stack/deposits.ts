import { keccak256 } from 'ethers/crypto';
import { concat, encodeRlp, toBeHex, toUtf8Bytes } from 'ethers/utils';
import { L1_BLOCK, MESSAGE_PASSER } from './genesis.js';
import type { L1Origin } from './l1-origin.js';

/** A transaction that L1 forces into an L2 block: it has no signature and pays for no gas there. */
interface Deposit {
  readonly sourceHash: string;
  readonly from: string;
  /** null creates a contract. */
  readonly to: string | null;
  /** Wei that come into being on L2; 0 is written as nothing. */
  readonly mint: bigint;
  readonly value: bigint;
  readonly gas: number;
  /** Pays with no part of the block's gas; only before Regolith. */
  readonly isSystemTransaction: boolean;
  readonly data: string;
}

const DEPOSIT_TYPE = '0x7e';
const L1_ATTRIBUTES_DEPOSITOR = '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001';
const SYSTEM_GAS_BEFORE_REGOLITH = 150_000_000;
const ATTRIBUTES_GAS = 1_000_000;
const USER_GAS = 200_000;
const USER_MINT_WEI = 1_000_000_000_000n;

/** Domains of the source hash (OP specs, deposits). */
const USER_DOMAIN = 0;
const L1_ATTRIBUTES_DOMAIN = 1;

/** The first transaction of every block: the L1 attributes, written to the contract L1Block. */
export function attributesDeposit(origin: L1Origin, data: string, regolith: boolean): string {
  return encodeDeposit({
    sourceHash: sourceHash(L1_ATTRIBUTES_DOMAIN, origin.hash, origin.sequenceNumber),
    from: L1_ATTRIBUTES_DEPOSITOR,
    to: L1_BLOCK,
    mint: 0n,
    value: 0n,
    gas: regolith ? ATTRIBUTES_GAS : SYSTEM_GAS_BEFORE_REGOLITH,
    isSystemTransaction: !regolith,
    data,
  });
}

/**
 * The deposits of users, which stand in the first block of an epoch: none, or by turns a transfer of minted coins, the
 * creation of a contract, and a call without mint. The senders send nothing else, because a deposit counts as a nonce.
 */
export function userDeposits(seed: string, origin: L1Origin, initCode: string): readonly string[] {
  if (origin.sequenceNumber !== 0) return [];
  const from = `0x${keccak256(toUtf8Bytes(`lockstep devnet depositor ${seed}`)).slice(-40)}`;
  const shapes = [
    { to: MESSAGE_PASSER, mint: USER_MINT_WEI, value: USER_MINT_WEI / 2n, data: '0x' },
    { to: null, mint: USER_MINT_WEI, value: 0n, data: initCode },
    { to: MESSAGE_PASSER, mint: 0n, value: 0n, data: '0x00c0ffee' },
  ];
  const shape = shapes[origin.number % (shapes.length + 1)];
  if (shape === undefined) return [];
  const logIndex = 0;
  return [
    encodeDeposit({
      ...shape,
      sourceHash: sourceHash(USER_DOMAIN, origin.hash, logIndex),
      from,
      gas: USER_GAS,
      isSystemTransaction: false,
    }),
  ];
}

function sourceHash(domain: number, l1Hash: string, index: number): string {
  const identity = keccak256(concat([l1Hash, toBeHex(index, 32)]));
  return keccak256(concat([toBeHex(domain, 32), identity]));
}

function encodeDeposit(deposit: Deposit): string {
  const { sourceHash: source, from, to, mint, value, gas, isSystemTransaction, data } = deposit;
  const flag = isSystemTransaction ? '0x01' : '0x';
  return concat([
    DEPOSIT_TYPE,
    encodeRlp([source, from, to ?? '0x', integer(mint), integer(value), integer(gas), flag, data]),
  ]);
}

/** The shortest form, which for 0 is nothing. */
function integer(value: number | bigint): string {
  return BigInt(value) === 0n ? '0x' : toBeHex(value);
}
