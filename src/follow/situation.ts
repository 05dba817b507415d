import type { BlockRef } from '../chain/block.js';
import { isAimOld, isElSyncDue } from './el-sync.js';
import { forkchoiceAtHead, isContradicted, labelsStand, lostFinalized } from './labels.js';
import { CONFIRM_DIVERGENCE_READS, FOREIGN_MOVES_TO_HOLD, FOREIGN_QUIET_MS, KEEP_ALIVE_MS } from './limits.js';
import type { Forkchoice } from '../chain/forkchoice.js';
import type { Rung } from '../recovery/ladder.js';
import type { Plan, Divergence } from '../recovery/plan.js';
import type { EngineView, HoldReason, Observation, SourceView, State } from './state.js';
import type { LockstepError } from '../util/errors.js';

/** What an observation means, given what is remembered: exactly one of these, in this order of precedence. */
export type Situation =
  | { readonly kind: 'halted' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'engine-down'; readonly error: LockstepError }
  /** The outcome of the last write is unknown, and the wait for it is not over. */
  | { readonly kind: 'unsettled'; readonly error: LockstepError; readonly until: number }
  | { readonly kind: 'engine-syncing'; readonly probe: Forkchoice | null }
  | { readonly kind: 'source-unread' }
  | { readonly kind: 'source-down'; readonly error: LockstepError; readonly keepAlive: Forkchoice | null }
  | { readonly kind: 'unidentified' }
  /** A failure repeats: nothing but a keep-alive happens until its pause is over. */
  | {
      readonly kind: 'backing-off';
      readonly reason: HoldReason;
      readonly named: boolean;
      readonly until: number;
      readonly keepAlive: Forkchoice | null;
    }
  /** Something else moves the EL's head. */
  | { readonly kind: 'foreign-writer'; readonly moves: number }
  | { readonly kind: 'suspect'; readonly height: number; readonly seen: number }
  | {
      readonly kind: 'diverged';
      readonly divergence: Divergence;
      readonly engine: EngineView;
      readonly target: BlockRef;
      readonly keepAlive: Forkchoice | null;
    }
  /** There is a plan, and the EL is not on it yet. */
  | { readonly kind: 'off-plan'; readonly engine: EngineView; readonly rung: Rung; readonly plan: Plan }
  /** The EL maps old blocks above its head. */
  | { readonly kind: 'stale-mapping'; readonly engine: EngineView }
  /** So far behind that the EL is to sync with its peers, or is pointed at a newer head while it does. */
  | { readonly kind: 'el-sync-due'; readonly from: BlockRef; readonly target: BlockRef }
  /** The EL syncs with its peers and is left alone. */
  | { readonly kind: 'el-syncing' }
  | { readonly kind: 'unprimed'; readonly forkchoice: Forkchoice }
  | { readonly kind: 'behind'; readonly engine: EngineView; readonly target: BlockRef }
  /** At the source's head, or ahead of it on the same chain; labels can move. */
  | { readonly kind: 'labels-behind'; readonly forkchoice: Forkchoice }
  | { readonly kind: 'in-step'; readonly keepAlive: Forkchoice | null };

export type SituationKind = Situation['kind'];

/** Classifies one observation. `state` must already have learned from the observation's outcome. */
export function classify(state: State, observation: Observation, now: number): Situation {
  if (state.phase.kind === 'halted') return { kind: 'halted' };
  if (state.paused) return { kind: 'paused' };
  const { engine, source } = observation;
  if (engine.kind === 'failed') return { kind: 'engine-down', error: engine.error };
  if (engine.kind === 'pending') return { kind: 'source-unread' };
  if (state.unsettled !== null && now < state.unsettled.until) return { kind: 'unsettled', ...state.unsettled };
  if (isForeignDriven(state, now)) return { kind: 'foreign-writer', moves: state.foreign.count };
  const view = engine.value;
  const repeat = dueRepeat(state, view, now);
  // geth calls itself syncing until its first forkchoice, so at genesis the first newPayload has to tell.
  // Identity comes first: only an identified EL is probed, and one that shows a sync for ever needs the probe.
  if (isBusy(state, view) && !isLeftToSync(state, observation)) return { kind: 'engine-syncing', probe: repeat };
  const keepAlive = state.session.primed ? repeat : null;
  if (source.kind === 'failed') return { kind: 'source-down', error: source.error, keepAlive };
  if (source.kind === 'pending') return { kind: 'source-unread' };
  const { trouble } = state;
  if (trouble !== null && now < trouble.retryAt) {
    return { kind: 'backing-off', reason: trouble.reason, named: trouble.named, until: trouble.retryAt, keepAlive };
  }
  if (!state.session.identified || !state.sourceIdentified) return { kind: 'unidentified' };
  return (
    whileSyncing(state, view, source.value, now) ??
    whileRecovering(state, view) ??
    compareSides(state, view, source.value, keepAlive)
  );
}

function isBusy({ session: { identified, ignoreSyncing } }: State, { syncing, heads }: EngineView): boolean {
  return syncing.busy && identified && !ignoreSyncing && heads.unsafe.number > 0;
}

/** Null unless the EL has to be brought to where blocks can be replayed. */
function whileRecovering({ recovery, staleAbove }: State, engine: EngineView): Situation | null {
  if (recovery?.stage === 'climbing') {
    return { kind: 'off-plan', engine, rung: recovery.rungs[0], plan: recovery.plan };
  }
  return staleAbove === null ? null : { kind: 'stale-mapping', engine };
}

/** Null unless the EL was pointed at a block and is on its way. */
function whileSyncing(state: State, engine: EngineView, source: SourceView, now: number): Situation | null {
  const { elSync } = state;
  if (elSync?.stage !== 'running') return null;
  const target = goalOf(state, engine, source);
  if (!isAimOld(elSync, target, now)) return { kind: 'el-syncing' };
  return { kind: 'el-sync-due', from: engine.heads.unsafe, target };
}

/** The sync that the EL shows is, or is about to become, the one that it was pointed at: no probe may disturb it. */
function isLeftToSync(state: State, { engine, source }: Observation): boolean {
  if (state.elSync === null || state.elSync.stage === 'given-up') return false;
  if (state.elSync.stage === 'running' || source.kind !== 'seen' || engine.kind !== 'seen') return true;
  return isElSyncDue(state, engine.value.heads.unsafe, goalOf(state, engine.value, source.value));
}

function compareSides(state: State, engine: EngineView, source: SourceView, keepAlive: Forkchoice | null): Situation {
  const { suspicion, remembered } = state;
  if (suspicion !== null) {
    if (suspicion.divergence !== null && suspicion.seen >= CONFIRM_DIVERGENCE_READS) {
      return { kind: 'diverged', divergence: suspicion.divergence, engine, target: source.head, keepAlive };
    }
    return { kind: 'suspect', height: suspicion.height, seen: suspicion.seen };
  }
  // Seen once already, so it is read after a pause: a poller's view may be old, and would be compared over and over.
  if (isContradicted(engine, source.head)) return { kind: 'suspect', height: source.head.number, seen: 1 };
  const head = engine.heads.unsafe;
  // At or above the source's head the observation itself compared them; below it, one read of the source does.
  if (!state.session.compared && head.number > 0 && head.number < source.head.number) {
    return { kind: 'suspect', height: head.number, seen: 0 };
  }
  const lost = lostFinalized(state, engine);
  // An EL that came back without what was final is led over that very block, or not at all (reliability I1).
  const mayBeLed = lost === null || (state.session.fenced && lost.number > head.number);
  if (lost !== null && !mayBeLed && source.head.number >= lost.number) {
    return { kind: 'suspect', height: lost.number, seen: 0 };
  }
  const goal = goalOf(state, engine, source);
  if (isElSyncDue(state, head, goal)) return { kind: 'el-sync-due', from: head, target: goal };
  const next = forkchoiceAtHead(engine, source, remembered);
  if (!state.session.primed && head.number > 0) return { kind: 'unprimed', forkchoice: next };
  if (source.head.number > head.number) return { kind: 'behind', engine, target: goal };
  // Labels may come from a replica on another branch: that stops neither the following of the head nor a keep-alive.
  const label = contradictedLabel(engine, source);
  if (label !== null && keepAlive === null) return { kind: 'suspect', height: label.number, seen: 1 };
  if (!labelsStand(engine.heads, next)) return { kind: 'labels-behind', forkchoice: next };
  return { kind: 'in-step', keepAlive };
}

/** What the EL is to be led to: the source's head, but first what was final here before, and nothing beside it. */
function goalOf(state: State, engine: EngineView, { head }: SourceView): BlockRef {
  const lost = lostFinalized(state, engine);
  return lost !== null && lost.number > engine.heads.unsafe.number && lost.number <= head.number ? lost : head;
}

function isForeignDriven({ foreign }: State, now: number): boolean {
  return foreign.count >= FOREIGN_MOVES_TO_HOLD && now - foreign.lastAt < FOREIGN_QUIET_MS;
}

/** The lowest label of the source that names another block than the EL has at its height. */
function contradictedLabel(engine: EngineView, { labels }: SourceView): BlockRef | null {
  const refs = [labels?.finalized, labels?.safe];
  return refs.find((ref) => ref !== null && ref !== undefined && isContradicted(engine, ref)) ?? null;
}

/** The EL's own triple, when the last forkchoice is long enough ago that it should be repeated. */
function dueRepeat(state: State, engine: EngineView, now: number): Forkchoice | null {
  const due = state.lastForkchoiceAt === null || now - state.lastForkchoiceAt >= KEEP_ALIVE_MS;
  return due && engine.heads.unsafe.number > 0 && state.session.identified
    ? forkchoiceAtHead(engine, null, state.remembered)
    : null;
}
