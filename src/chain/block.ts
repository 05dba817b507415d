import type { Hash } from '../util/hex.js';

/** One block, as both sides name it. `number` and `timestamp` (seconds) are safe integers. */
export interface BlockRef {
  readonly number: number;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly timestamp: number;
}

/** The source's safe and finalized blocks, read in one batch; null where the source has not set the label. */
export interface Labels {
  readonly safe: BlockRef | null;
  readonly finalized: BlockRef | null;
}

/** The three labels of one side, read coherently. `unsafe` is the EL's `latest`. */
export interface Heads extends Labels {
  readonly unsafe: BlockRef;
}

export type Label = 'unsafe' | 'safe' | 'finalized';

/** Two refs name the same block. */
export function sameBlock(a: BlockRef | null, b: BlockRef | null): boolean {
  return a === null || b === null ? a === b : a.hash === b.hash;
}

/** Same height, different hash: the only thing that is a divergence. */
export function diverges(a: BlockRef, b: BlockRef): boolean {
  return a.number === b.number && a.hash !== b.hash;
}
