import type { BlockRef, Heads, Labels } from '../chain/block.js';
import type { SyncStatus } from '../chain/sync-status.js';
import type { EngineSyncing } from '../engine/engine.js';
import type { Payload } from '../payload/payload.js';
import type { Rung } from '../recovery/ladder.js';
import type { Divergence, Plan } from '../recovery/plan.js';
import type { LockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';
import type { Action, Outcome } from './action.js';
import type { ElSync } from './el-sync-state.js';
import {
  DEFAULT_RECOVERY_POLICY,
  FIRST_PACE,
  NO_FOREIGN_MOVES,
  type ForeignMoves,
  type Pace,
  type RecoveryPolicy,
  type TriedRung,
} from './recovery-state.js';

/**
 *   starting --> syncing <--> following --> recovering --> syncing
 *   any --> holding(reason) --> back when the reason ends          any --> halted(error)
 */
export type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'syncing' }
  | { readonly kind: 'following' }
  | { readonly kind: 'recovering'; readonly divergence: Divergence }
  | { readonly kind: 'holding'; readonly reason: HoldReason }
  | { readonly kind: 'halted'; readonly error: LockstepError };

export type PhaseKind = Phase['kind'];

/** Why nothing is written to the EL at the moment. */
export type HoldReason =
  | { readonly kind: 'engine-unavailable'; readonly error: LockstepError }
  | { readonly kind: 'engine-syncing' }
  /** A state-changing call timed out or was cut: the EL is watched until its outcome can be told or the wait is over. */
  | { readonly kind: 'engine-unsettled'; readonly error: LockstepError }
  /**
   * The EL keeps answering SYNCING, ACCEPTED or VALID without moving at this block. staleMapping: it answers as one that
   * came back lower and still maps its old blocks above its head (engines-measured 1.3).
   */
  | { readonly kind: 'engine-stuck'; readonly at: number; readonly answer: string; readonly staleMapping: boolean }
  /** A verified payload was refused, and not for its block: the EL reads another form, or misses state of its own. */
  | {
      readonly kind: 'engine-unfit';
      readonly block: BlockRef;
      readonly answer: string;
      /** What helps, where it is known. */
      readonly advice: string | null;
    }
  /** The EL answers SYNCING to a child of its own head, and shows no sync: it does not execute (engines-measured 2.I). */
  | { readonly kind: 'engine-snap-sync'; readonly at: number }
  /** `error` where the EL could not even read the payload. */
  | {
      readonly kind: 'payload-refused';
      readonly block: BlockRef;
      readonly answer: string;
      readonly error: LockstepError | null;
    }
  | { readonly kind: 'source-unavailable'; readonly error: LockstepError }
  /** The source has no block at this height although its head is above; pruned: it says it no longer keeps it. */
  | { readonly kind: 'source-gap'; readonly at: number; readonly pruned: boolean }
  | { readonly kind: 'block-rejected'; readonly at: number; readonly error: LockstepError }
  /** The source's chain leaves the EL's below the EL's finalized block: following it would take finality back. */
  | { readonly kind: 'finalized-divergence'; readonly divergence: Divergence; readonly finalized: BlockRef }
  /** `plan`: the way that would be taken (--recovery.mode alert). */
  | { readonly kind: 'recovery-off'; readonly divergence: Divergence; readonly plan: Plan | null }
  | { readonly kind: 'recovery-pausing'; readonly divergence: Divergence; readonly until: number }
  | { readonly kind: 'recovery-too-deep'; readonly divergence: Divergence; readonly maxDepth: number }
  /** No rung of the ladder got the EL onto the plan. */
  | {
      readonly kind: 'recovery-failed';
      readonly plan: Plan;
      readonly tried: readonly TriedRung[];
      readonly advice: string | null;
    }
  /** Something else moves the EL's head. */
  | { readonly kind: 'foreign-writer'; readonly moves: number }
  /** An operator said so. */
  | { readonly kind: 'paused' };

/** One lifetime of the local EL as seen by us. A new one is identified and compared before anything is written. */
export interface Session {
  readonly id: number;
  readonly identified: boolean;
  /** The EL's head, or the source's where that is lower, was found to be the same block on both sides. */
  readonly compared: boolean;
  /** The source was found to have the remembered finalized block, which the EL came back without. */
  readonly fenced: boolean;
  /** One forkchoice naming the EL's own head was accepted: geth ignores resets before that (engines-measured 1.12). */
  readonly primed: boolean;
  /** eth_syncing reports a sync although the EL answers VALID (op-reth, engines-measured 3.4): it no longer blocks. */
  readonly ignoreSyncing: boolean;
  /** No answer to a batch of payloads left a doubt so far. */
  readonly batches: boolean;
  /** It was given a copy of the block at this height, and misreads its states above it; null: it was not. */
  readonly spoiledAbove: number | null;
}

/** The same failure, met again and again: it slows down, and after a few times it is named. */
export interface Trouble {
  readonly key: string;
  readonly count: number;
  readonly retryAt: number;
  /** It was met often enough to be shown as the reason of a hold. */
  readonly named: boolean;
  readonly reason: HoldReason;
}

export type Recovery =
  /** The EL still stands on its own branch. */
  | {
      readonly stage: 'climbing';
      readonly plan: Plan;
      /** Not tried yet, the next one first. */
      readonly rungs: readonly [Rung, ...Rung[]];
      readonly tried: readonly TriedRung[];
      /** The outcome of the next rung was unknown so many times. */
      readonly unknowns: number;
      readonly advice: string | null;
    }
  /** It stands on the plan, and the rest is replayed. */
  | { readonly stage: 'replaying'; readonly plan: Plan }
  /** There is no way that may be taken, and it is looked for again later. */
  | { readonly stage: 'stopped'; readonly reason: HoldReason; readonly retryAt: number };

export interface State {
  readonly phase: Phase;
  /** An operator wants nothing to be written. */
  readonly paused: boolean;
  readonly session: Session;
  /** Where the EL stood when it was last observed. A lower head without a write of ours means that it restarted. */
  readonly standing: BlockRef | null;
  /** The source was away, so its identity is proved again before its blocks are used. */
  readonly sourceIdentified: boolean;
  /** Different hashes at this height, seen `seen` times in a row in coherent reads; 0 is a suspicion without a read. */
  readonly suspicion: { readonly height: number; readonly seen: number; readonly divergence: Divergence | null } | null;
  readonly trouble: Trouble | null;
  /** No write before `until` (ms): the outcome of the last one is unknown. `waitMs` is the length of this wait. */
  readonly unsettled: { readonly until: number; readonly waitMs: number; readonly error: LockstepError } | null;
  /** Payloads the EL refused: hash to the time (ms) from which one more try is allowed. */
  readonly refused: ReadonlyMap<Hash, number>;
  readonly lastForkchoiceAt: number | null;
  /** Null where every block is replayed (--l2.sync-mode replay). */
  readonly elSync: ElSync | null;
  /**
   * The highest labels that the EL showed on its own chain, in this process or as the journal tells. A hint: each counts
   * while the EL's block at its height is that block.
   */
  readonly remembered: Labels;
  readonly recovery: Recovery | null;
  /** The EL's head above which it maps old blocks that are not its chain (engines-measured 1.3). */
  readonly staleAbove: BlockRef | null;
  readonly pace: Pace;
  readonly foreign: ForeignMoves;
  readonly recoveryPolicy: RecoveryPolicy;
}

/** What one side showed in this tick. */
export type Seen<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: LockstepError }
  | { readonly kind: 'pending' };

/**
 * Why safe and finalized of a sync status are not used, while its head is. `underived`: a consensus client that has
 * derived nothing since its start shows labels that it kept. `replaying`: it derives again what it had derived before.
 */
export type UnusedLabels = 'underived' | 'replaying';

/** What a look at the source's safe and finalized came to; `unused`: they were there, and not to be trusted (yet). */
export type SeenLabels = Seen<Labels> | { readonly kind: 'unused'; readonly why: UnusedLabels };

export interface EngineView {
  readonly heads: Heads;
  readonly syncing: EngineSyncing;
  /** The EL's canonical blocks at the heights that matter in this tick; null where it has none. */
  readonly at: ReadonlyMap<number, BlockRef | null>;
  /** It hung up since it was looked at before: it may be another process now, with less of what it was told. */
  readonly hungUp: boolean;
  /** The last action found that somebody else had moved its head; what is shown here is behind that action. */
  readonly foreignMove: boolean;
}

export interface SourceView {
  readonly head: BlockRef;
  /** Null until the first label read, or when the last one was incoherent. */
  readonly labels: Labels | null;
}

export interface Observation {
  readonly engine: Seen<EngineView>;
  readonly source: Seen<SourceView>;
  /** What the last action came to; null before the first. */
  readonly outcome: Outcome | null;
}

/** Time and chance are arguments of a decision: `now` in ms, `random` in [0, 1). */
export interface Tick {
  readonly now: number;
  readonly random: number;
}

/** One turn of the loop, for logs, metrics and tests: what was seen, what was decided. */
export interface Turn {
  readonly before: State;
  readonly state: State;
  readonly observation: Observation;
  readonly action: Action;
}

/** How the head of the source comes: heads as they are met, and what becomes of the subscription to them. */
export type HeadNews =
  | { readonly kind: 'head'; readonly by: 'newheads' | 'probe' }
  | { readonly kind: 'open'; readonly source: string }
  | { readonly kind: 'lost'; readonly error: LockstepError }
  /** A head was pushed that the source itself does not have (yet). */
  | { readonly kind: 'unknown-push'; readonly number: number };

export interface FollowHooks {
  readonly onTurn: (turn: Turn) => void;
  /** The same, with the rest of what the decision was given: for who may want to take it again. */
  readonly onDecided?: (turn: Turn, tick: Tick) => void;
  readonly onOutcome: (outcome: Outcome) => void;
  /** A recovery looks at a height, or has verified a block of its plan. */
  readonly onPlanning: (what: 'height' | 'block', number: number) => void;
  readonly onBlock: (payload: Payload) => void;
  /** A block came from the source in `ms`; so many are fetched or under way ahead of their use. */
  readonly onFetched?: (ms: number, ahead: number) => void;
  readonly onLabels: (seen: SeenLabels) => void;
  /** Only where the source has no consensus client. */
  readonly onHeadNews: (news: HeadNews) => void;
  /** Only where the source has a consensus client. */
  readonly onStatus: (status: SyncStatus) => void;
}

export const INITIAL_STATE: State = {
  phase: { kind: 'starting' },
  paused: false,
  session: {
    id: 1,
    identified: true,
    compared: false,
    fenced: false,
    primed: false,
    ignoreSyncing: false,
    batches: true,
    spoiledAbove: null,
  },
  standing: null,
  sourceIdentified: true,
  suspicion: null,
  trouble: null,
  unsettled: null,
  refused: new Map(),
  lastForkchoiceAt: null,
  elSync: null,
  remembered: { safe: null, finalized: null },
  recovery: null,
  staleAbove: null,
  pace: FIRST_PACE,
  foreign: NO_FOREIGN_MOVES,
  recoveryPolicy: DEFAULT_RECOVERY_POLICY,
};
