import type { BlockRef, Labels } from '../chain/block.js';
import type { Forkchoice } from '../chain/forkchoice.js';
import type { EngineAnswer } from '../engine/engine.js';
import type { Rung } from '../recovery/ladder.js';
import type { Plan, Divergence } from '../recovery/plan.js';
import type { LockstepError } from '../util/errors.js';

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
  | PlanAction
  | ClimbAction
  | UnmapAction
  | { readonly do: 'halt'; readonly error: LockstepError };

export interface ExtendAction {
  readonly do: 'extend';
  readonly from: BlockRef;
  readonly to: BlockRef;
  readonly ground: Ground;
  /** A forkchoice after every block: at the head, and after any surprise. */
  readonly everyBlock: boolean;
  /** The outcome of a call before this is not known: what the EL shows from now on may be the work of that one. */
  readonly doubtful: boolean;
  /** Several payloads may be sent in one call: far behind, until an answer to such a call leaves a doubt. */
  readonly batches: boolean;
  /** The plan that `from` and `to` stand on: its blocks are taken by their hashes. Null: by number. */
  readonly plan: Plan | null;
}

/** What a forkchoice may build on. */
export interface Ground {
  /** The labels that are known of the EL's chain: no forkchoice goes below them. */
  readonly trusted: Labels;
  /**
   * What the EL shows, also beside its chain (op-geth takes the labels of a forkchoice where its head stays, engines-measured
   * 2.0.6), and what it showed before: once its chain reaches these blocks, they are labels again.
   */
  readonly awaited: readonly Labels[];
  /** The EL's canonical blocks that this tick read. */
  readonly known: ReadonlyMap<number, BlockRef | null>;
}

/** Find the common ancestor and make a plan. Reads only. */
export interface PlanAction {
  readonly do: 'plan';
  readonly id: number;
  readonly divergence: Divergence;
  readonly engineHead: BlockRef;
  /** The source's head. */
  readonly target: BlockRef;
  /** The EL's finalized block, below which the search does not go; null: its genesis. */
  readonly floor: BlockRef | null;
  /** The block that was final, also where the EL does not have it now: no plan goes past it. */
  readonly fence: BlockRef | null;
  readonly maxDepth: number;
  /** Whether the EL may be left to sync with its peers, should nothing else work. */
  readonly maySync: boolean;
  /** Until then (ms) the EL is not moved again, so that no more than the fence is looked at; null: it may be. */
  readonly pausedUntil: number | null;
}

/** Bring the EL onto the plan by one rung of the ladder. */
export interface ClimbAction {
  readonly do: 'climb';
  /** For el-sync there is an action of its own. */
  readonly rung: Exclude<Rung, 'el-sync'>;
  readonly plan: Plan;
  readonly ground: Ground;
  /** The EL accepted a forkchoice for its own head in this session. */
  readonly primed: boolean;
}

/** Cure a stale mapping above the EL's head: make a copied sibling of the next block the head, then that block. */
export interface UnmapAction {
  readonly do: 'unmap';
  readonly from: BlockRef;
  /** The block that was final, also where the EL does not have it now: the EL is led over it, or not at all. */
  readonly fence: BlockRef | null;
  readonly ground: Ground;
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
  | { readonly of: 'plan'; readonly divergence: Divergence; readonly result: PlanResult }
  /** `moved`: the EL's head is not the one that the plan found, whatever the rung came to. */
  | ({ readonly of: 'climb'; readonly rung: Rung; readonly moved: boolean } & Climbed)
  | ({ readonly of: 'unmap'; readonly from: BlockRef } & Climbed);

/** The EL could not be read right after a call, or on the way. */
export function isUnread(outcome: Outcome | null): boolean {
  if (outcome?.of === 'forkchoice') return outcome.effect === 'unread';
  if (outcome === null || !('stop' in outcome)) return false;
  const { stop } = outcome;
  return stop.why === 'unread' || ('effect' in stop && stop.effect === 'unread');
}

export interface Climbed {
  readonly stop: ClimbStop;
  /** From now on this EL misreads its states above this height, until it restarts; null: it does not. */
  readonly spoiledAbove: number | null;
}

export type PlanResult =
  | { readonly kind: 'planned'; readonly plan: Plan; readonly rungs: readonly Rung[]; readonly advice: string | null }
  /** The source has another block at the height of the EL's finalized one. */
  | { readonly kind: 'finalized-differs'; readonly source: BlockRef; readonly engine: BlockRef }
  | { readonly kind: 'too-deep'; readonly maxDepth: number }
  /** It may be looked for when the pause is over. */
  | { readonly kind: 'pausing'; readonly until: number }
  | { readonly kind: 'engine-failed'; readonly error: LockstepError }
  | { readonly kind: 'stopped'; readonly stop: ExtendStop };

/** How a rung ended. What it did to the EL is seen by the next look at it. */
export type ClimbStop =
  | { readonly why: 'climbed' }
  | { readonly why: 'answered'; readonly to: ClimbCall; readonly answer: EngineAnswer; readonly effect: string | null }
  /** The source's own block was refused. */
  | { readonly why: 'refused'; readonly block: BlockRef; readonly answer: EngineAnswer }
  /** A copied block is INVALID, which says nothing of the block that it is a copy of. */
  | { readonly why: 'copy-refused'; readonly copy: BlockRef; readonly answer: EngineAnswer }
  | { readonly why: 'not-sent'; readonly stop: ExtendStop }
  /** The EL could not be read on the way. */
  | { readonly why: 'unread'; readonly error: LockstepError };

/** The call that a rung ended with. */
export type ClimbCall = 'payload' | 'copied payload' | 'forkchoice' | 'debug_setHead';

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
  /** The first answer of a batch, from block `first` to block `last`, that is not VALID, and the block it is for. */
  | {
      readonly why: 'batch-answer';
      readonly block: BlockRef;
      readonly answer: EngineAnswer;
      readonly first: BlockRef;
      readonly last: BlockRef;
    }
  | {
      readonly why: 'forkchoice-answer';
      readonly block: BlockRef;
      readonly answer: EngineAnswer;
      /** moved: by this forkchoice, whose answer is lost, or by one before it whose answer was. */
      readonly effect: 'moved' | 'head-only' | 'labels-only' | 'unmoved' | 'unread';
    };
