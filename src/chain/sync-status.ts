import type { BlockRef, Heads } from './block.js';

/** L1 as a consensus client sees it; null what it does not know (yet), or does not tell. */
export interface L1Heads {
  readonly head: BlockRef | null;
  readonly safe: BlockRef | null;
  readonly finalized: BlockRef | null;
}

/** All heads as a consensus client knows them, of one response; null where it does not know the block (yet). */
export interface SyncStatus extends Heads {
  /** What it has derived from L1 by itself, at or above `safe`; null also where the client does not tell. */
  readonly localSafe: BlockRef | null;
  /** The L1 block up to which it has derived; null until it has begun. */
  readonly currentL1: BlockRef | null;
  readonly l1: L1Heads;
}
