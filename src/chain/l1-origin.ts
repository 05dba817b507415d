import type { Hash } from '../util/hex.js';

/** The L1 block that an OP Stack block was derived from, as its first transaction tells. */
export interface L1Origin {
  readonly number: number;
  readonly hash: Hash;
  /** Seconds. */
  readonly timestamp: number;
  /** Which L2 block of this origin it is, from 0. */
  readonly sequenceNumber: number;
}
