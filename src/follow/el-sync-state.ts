import type { BlockRef } from '../chain/block.js';

/** When the EL is left to sync with its peers, and for how long it may do nothing. */
export interface ElSyncPolicy {
  /** From this gap on. */
  readonly gapBlocks: number;
  /** It has to begin within this time. */
  readonly startMs: number;
  /** It may show no progress for this long. */
  readonly stallMs: number;
}

/** The EL was pointed at a block of the source and gets there by itself. */
export interface ElSyncRun {
  readonly stage: 'running';
  /** The block it was pointed at last. */
  readonly target: BlockRef;
  readonly aimedAt: number;
  /** As the last way of a recovery, the height of the ancestor, to which its head comes down first (geth). */
  readonly ancestor: number | null;
  /** It showed something of a sync. */
  readonly started: boolean;
  /** The block it has got to, and what shows that: its head, or what it says of its sync. */
  readonly at: number;
  readonly by: 'latest' | 'eth_syncing';
  /** The progress that it has shown, and when it showed the last of it. */
  readonly work: { readonly head: number; readonly sync: number };
  readonly movedAt: number;
  /** As counted when it was pointed at the target; null where they cannot be. */
  readonly peers: number | null;
}

/** Blocks are replayed for the rest of the session. */
export interface ElSyncEnd {
  readonly stage: 'given-up';
  readonly why: 'not-started' | 'stalled' | 'refused';
  readonly target: BlockRef;
  readonly at: number;
  readonly peers: number | null;
  /** What the EL answered, where it refused. */
  readonly answer: string | null;
}

export type ElSync = { readonly policy: ElSyncPolicy } & ({ readonly stage: 'idle' } | ElSyncRun | ElSyncEnd);
