import type { Plan } from '../../../src/recovery/plan.js';
import { NO_BLOCKS, type BlockSet, type Index, type Tree } from './tree.js';

/** What the invariants have to know of the past. It belongs to the tests alone and shares nothing with State. */
export interface History {
  /** The last finalized block that was sent to this lifetime of the EL; null before the first. */
  readonly sentFinalized: Index | null;
  /** The highest finalized block that the EL ever showed on its chain: no start of the EL takes it back. */
  readonly fence: Index | null;
  readonly shownHead: number | null;
  readonly engineUnproved: boolean;
  readonly sourceUnproved: boolean;
  /** No forkchoice of this session has named the head that the EL showed. */
  readonly unprimed: boolean;
  readonly watchUntil: number;
  readonly failed: { readonly signature: string; readonly at: number } | null;
  readonly busyTurns: number;
  /** The blocks that the EL called INVALID, and until when each must not be sent again in this session. */
  readonly refused: ReadonlyMap<Index, number>;
  /** A batch was not taken whole: no other is sent in this session of the EL. */
  readonly batchDoubted: boolean;
  readonly differing: { readonly height: number; readonly seen: number } | null;
  /** The blocks that this lifetime of the EL answered VALID to. */
  readonly validated: BlockSet;
  /**
   * The EL was pointed at a far block, and until then it is left alone; each higher head that it shows grants `ms`. On the
   * block itself its sync is over, also where eth_syncing still is an object (engines-measured 3.4).
   */
  readonly leftAlone: { readonly target: Index; readonly until: number; readonly ms: number } | null;
  readonly recovery: RecoveryHistory;
}

export interface RecoveryHistory {
  /** The last plan that was complete, and the rungs of it that the EL refused. */
  readonly plan: Plan | null;
  readonly refusedRungs: readonly string[];
  /** The EL was seen on this plan. */
  readonly arrived: boolean;
  /** When the last rung ended, and when the last one did that brought the EL onto its plan. */
  readonly climbedAt: number;
  readonly recoveredAt: number | null;
}

export const NO_HISTORY: History = {
  sentFinalized: null,
  fence: null,
  shownHead: null,
  engineUnproved: false,
  sourceUnproved: false,
  unprimed: true,
  watchUntil: 0,
  failed: null,
  busyTurns: 0,
  refused: new Map(),
  batchDoubted: false,
  differing: null,
  validated: NO_BLOCKS,
  leftAlone: null,
  recovery: { plan: null, refusedRungs: [], arrived: false, climbedAt: 0, recoveredAt: null },
};

/** All that the future depends on, with times relative to `now`. */
export function historyKey(past: History, now: number): string {
  const { recovery, differing, leftAlone } = past;
  return [
    past.sentFinalized,
    past.fence,
    past.validated,
    past.shownHead,
    [past.engineUnproved, past.sourceUnproved, past.unprimed, recovery.arrived, past.batchDoubted].map(Number).join(''),
    Math.max(0, past.watchUntil - now),
    past.failed?.signature,
    past.busyTurns,
    [...past.refused].map(([block, until]) => (now < until ? block : '')).join('/'),
    differing === null ? '' : `${differing.height}x${Math.min(2, differing.seen)}`,
    leftAlone === null ? '' : `${leftAlone.target}x${Math.max(0, leftAlone.until - now)}`,
    recovery.refusedRungs.length,
  ].join();
}

/** What becomes of the time for which the EL is left alone, once it was seen at `head`. */
export function extended(
  leftAlone: History['leftAlone'],
  { head, higher, now }: { readonly head: Index; readonly higher: boolean; readonly now: number },
  tree: Tree,
): History['leftAlone'] {
  if (leftAlone === null || now >= leftAlone.until || tree.isOnLine(leftAlone.target, head)) return null;
  return higher ? { ...leftAlone, until: now + leftAlone.ms } : leftAlone;
}
