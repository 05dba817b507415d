import type { BlockRef, Heads, Labels } from '../chain/block.js';
import type { Forkchoice } from '../chain/forkchoice.js';
import type { SyncStatus } from '../chain/sync-status.js';
import type { EngineAnswer, EngineSyncing } from '../engine/engine.js';
import type { Payload } from '../payload/payload.js';
import type { LockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';

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
  | { readonly kind: 'engine-unfit'; readonly block: BlockRef; readonly answer: string }
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
  | { readonly kind: 'divergence'; readonly divergence: Divergence };

/** Both sides have a block at this height and the hashes differ, seen twice. */
export interface Divergence {
  readonly source: BlockRef;
  readonly engine: BlockRef;
}

/** One lifetime of the local EL as seen by us. A new one is identified and compared before anything is written. */
export interface Session {
  readonly id: number;
  readonly identified: boolean;
  /** The EL's head, or the source's where that is lower, was found to be the same block on both sides. */
  readonly compared: boolean;
  /** One forkchoice naming the EL's own head was accepted: geth ignores resets before that (engines-measured 1.12). */
  readonly primed: boolean;
  /** eth_syncing reports a sync although the EL answers VALID (op-reth, engines-measured 3.4): it no longer blocks. */
  readonly ignoreSyncing: boolean;
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

export interface State {
  readonly phase: Phase;
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

export type Action =
  | { readonly do: 'wait'; readonly ms: number }
  /** Prove again that both sides are the chain they were at boot. Nothing is written before. */
  | { readonly do: 'identify' }
  /** Read both sides at one height, `ms` from now. */
  | { readonly do: 'compare'; readonly height: number; readonly ms: number }
  | ExtendAction
  /** Point the EL, which stands at `from`, at a far block of the source, so that it gets there with its peers. */
  | { readonly do: 'el-sync'; readonly from: BlockRef; readonly target: BlockRef }
  | { readonly do: 'forkchoice'; readonly forkchoice: Forkchoice; readonly why: 'prime' | 'promote' | 'keep-alive' }
  | { readonly do: 'recover'; readonly divergence: Divergence }
  | { readonly do: 'halt'; readonly error: LockstepError };

export interface ExtendAction {
  readonly do: 'extend';
  readonly from: BlockRef;
  readonly to: BlockRef;
  /** The EL's own labels, the floor for every forkchoice of the extension. */
  readonly trusted: Labels;
  /** The EL's canonical blocks that this tick read, so that labels at or below `from` can be promoted on the way. */
  readonly known: ReadonlyMap<number, BlockRef | null>;
  /** A forkchoice after every block: at the head, and after any surprise. */
  readonly everyBlock: boolean;
}

export type Outcome =
  | { readonly of: 'wait' }
  | { readonly of: 'identify'; readonly result: 'same' }
  | { readonly of: 'identify'; readonly result: 'engine-failed'; readonly error: LockstepError }
  | { readonly of: 'identify'; readonly result: 'source-failed'; readonly error: LockstepError }
  | { readonly of: 'identify'; readonly result: 'different'; readonly error: LockstepError }
  | {
      readonly of: 'compare';
      readonly height: number;
      readonly source: BlockRef | null;
      readonly engine: BlockRef | null;
    }
  | { readonly of: 'compare'; readonly height: number; readonly error: LockstepError }
  | {
      readonly of: 'extend';
      /** The highest block the EL was shown to stand at, and the blocks replayed to get there. */
      readonly head: BlockRef;
      readonly blocks: number;
      readonly stop: ExtendStop;
    }
  | {
      readonly of: 'forkchoice';
      readonly effect: 'moved' | 'head-only' | 'labels-only' | 'unmoved' | 'unread';
      readonly answer: EngineAnswer;
    }
  | {
      readonly of: 'el-sync';
      readonly from: BlockRef;
      readonly target: BlockRef;
      readonly stop: ExtendStop | { readonly why: 'aimed'; readonly peers: number | null };
    }
  | { readonly of: 'recover'; readonly result: 'unsupported' };

/** Why an extension ended where it did. */
export type ExtendStop =
  | { readonly why: 'reached' }
  /** The slice is over: the next tick goes on. */
  | { readonly why: 'slice' }
  | { readonly why: 'aborted' }
  | { readonly why: 'source-failed'; readonly error: LockstepError }
  | { readonly why: 'absent'; readonly number: number; readonly pruned: boolean }
  /** Verification refused the block: it never reached the EL. */
  | { readonly why: 'block-rejected'; readonly number: number; readonly error: LockstepError }
  /** The source's next block does not build on the block the EL stands at. */
  | { readonly why: 'unlinked'; readonly number: number }
  /** Not sent: the EL refused this very block before. */
  | { readonly why: 'known-refused'; readonly block: BlockRef }
  | { readonly why: 'payload-answer'; readonly block: BlockRef; readonly answer: EngineAnswer }
  | {
      readonly why: 'forkchoice-answer';
      readonly block: BlockRef;
      readonly answer: EngineAnswer;
      readonly effect: 'head-only' | 'labels-only' | 'unmoved' | 'unread';
    };

/** One turn of the loop, for logs, metrics and tests: what was seen, what was decided. */
export interface Turn {
  readonly before: State;
  readonly state: State;
  readonly observation: Observation;
  readonly action: Action;
}

export interface FollowHooks {
  readonly onTurn: (turn: Turn) => void;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly onBlock: (payload: Payload) => void;
  readonly onLabels: (seen: SeenLabels) => void;
  /** Only where the source has a consensus client. */
  readonly onStatus: (status: SyncStatus) => void;
}

export const INITIAL_STATE: State = {
  phase: { kind: 'starting' },
  session: { id: 1, identified: true, compared: false, primed: false, ignoreSyncing: false },
  standing: null,
  sourceIdentified: true,
  suspicion: null,
  trouble: null,
  unsettled: null,
  refused: new Map(),
  lastForkchoiceAt: null,
  elSync: null,
};
