import type { BlockRef } from '../chain/block.js';
import { isOnPlan, targetOf, type Divergence } from '../recovery/plan.js';
import type { Rung } from '../recovery/ladder.js';
import type { LockstepError } from '../util/errors.js';
import type { Climbed, ClimbStop, Outcome, PlanResult } from './action.js';
import { adviceOn, describe, fromAnswer, fromPayloadAnswer, stuck, unfit } from './engine-answers.js';
import { trustedLabels } from './labels.js';
import { FOREIGN_WINDOW_MS, MAX_COOLDOWN_MS, RECOVERY_RETRY_MS, REFUSED_TTL_MS, UNKNOWNS_PER_RUNG } from './limits.js';
import type { Recovery, EngineView, HoldReason, State, Tick } from './state.js';
import { troubled, unsettled } from './trouble.js';

type Climbing = Extract<Recovery, { readonly stage: 'climbing' }>;

/** What a search for the way back came to, where it came to something. */
export function fromPlan(
  state: State,
  divergence: Divergence,
  result: Exclude<PlanResult, { kind: 'stopped' }>,
  tick: Tick,
): State {
  switch (result.kind) {
    case 'planned': {
      const { plan, rungs, advice } = result;
      if (state.recoveryPolicy.mode === 'alert') {
        return stopped(state, { kind: 'recovery-off', divergence, plan }, tick);
      }
      const [first, ...others] = rungs;
      if (first === undefined) return stopped(state, { kind: 'recovery-failed', plan, tried: [], advice }, tick);
      const recovery: Climbing = { stage: 'climbing', plan, rungs: [first, ...others], tried: [], unknowns: 0, advice };
      return { ...state, recovery };
    }
    case 'finalized-differs': {
      // It is confirmed as any divergence is, and then found to lie at the finalized block.
      const { source, engine } = result;
      return { ...state, suspicion: { height: source.number, seen: 1, divergence: { source, engine } } };
    }
    case 'too-deep':
      return stopped(state, { kind: 'recovery-too-deep', divergence, maxDepth: result.maxDepth }, tick);
    case 'pausing': {
      const { until } = result;
      // The fence is looked at again as often as any way back is.
      const retryAt = Math.min(until, tick.now + RECOVERY_RETRY_MS);
      return {
        ...state,
        recovery: { stage: 'stopped', reason: { kind: 'recovery-pausing', divergence, until }, retryAt },
      };
    }
    case 'engine-failed':
      return troubled(state, 'plan', { kind: 'engine-unavailable', error: result.error }, tick);
  }
}

function stopped(state: State, reason: HoldReason, { now }: Tick): State {
  return { ...state, recovery: { stage: 'stopped', reason, retryAt: now + RECOVERY_RETRY_MS } };
}

/** A rung ended. Whether the EL is on the plan now is told by what it shows, so only a failure is learnt from here. */
export function fromClimb(before: State, { rung, stop, moved }: Extract<Outcome, { of: 'climb' }>, tick: Tick): State {
  const { recovery } = before;
  if (recovery?.stage !== 'climbing') return before;
  // A rung of several steps may end half way.
  const state = moved ? paced(before, recovery.plan.id, tick) : before;
  switch (stop.why) {
    case 'climbed':
      return paced({ ...state, lastForkchoiceAt: tick.now }, recovery.plan.id, tick);
    case 'refused':
      return fromPayloadAnswer({ ...state, recovery: null }, { ...stop, head: recovery.plan.engineHead }, tick);
    case 'answered':
      return afterAnswer(state, recovery, rung, stop, tick);
    case 'copy-refused':
      return nextRung(
        withoutCopy(state, stop.copy, tick),
        recovery,
        rung,
        `copied payload: ${describe(stop.answer)}`,
        tick,
      );
    case 'not-sent':
      return notSent(state, recovery, rung, stop.stop, tick);
    case 'unread':
      return paced(unread(state, stop.error, tick), recovery.plan.id, tick);
  }
}

function afterAnswer(
  state: State,
  recovery: Climbing,
  rung: Rung,
  { to, answer, effect }: Extract<ClimbStop, { why: 'answered' }>,
  tick: Tick,
): State {
  if (answer.status === 'UNSENT') return fromAnswer(state, 'climb', stuck(0, ''), answer, tick);
  const said = `${to}: ${describe(answer, effect ?? undefined)}`;
  if (answer.status !== 'UNKNOWN') return nextRung(state, recovery, rung, said, tick);
  const waiting = paced(unsettled(state, answer.error, tick), recovery.plan.id, tick);
  const unknowns = recovery.unknowns + 1;
  if (unknowns >= UNKNOWNS_PER_RUNG) return nextRung(waiting, recovery, rung, said, tick);
  return { ...waiting, recovery: { ...recovery, unknowns } };
}

function notSent(
  state: State,
  recovery: Climbing,
  rung: Rung,
  stop: Extract<ClimbStop, { why: 'not-sent' }>['stop'],
  tick: Tick,
): State {
  if (stop.why === 'aborted') return state;
  if (stop.why !== 'source-failed') return nextRung(state, recovery, rung, `not sent: ${stop.why}`, tick);
  return troubled(state, 'source', { kind: 'source-unavailable', error: stop.error }, tick);
}

/** Sent again at once this copy would be INVALID again. Not for ever: a restart of the EL that nobody saw makes it good. */
function withoutCopy(state: State, copy: BlockRef, { now }: Tick): State {
  return { ...state, refused: new Map(state.refused).set(copy.hash, now + REFUSED_TTL_MS) };
}

function nextRung(state: State, recovery: Climbing, rung: Rung, answer: string, tick: Tick): State {
  const { plan, advice } = recovery;
  const tried = [...recovery.tried, { rung, answer }];
  const [first, ...others] = recovery.rungs.slice(1);
  if (first === undefined) return stopped(state, { kind: 'recovery-failed', plan, tried, advice }, tick);
  return { ...state, recovery: { ...recovery, rungs: [first, ...others], tried, unknowns: 0 } };
}

/** A cure that did nothing is tried again after a pause: the extension meets the same answer then. */
export function fromUnmap(
  state: State,
  from: BlockRef,
  stop: Exclude<ClimbStop, { why: 'not-sent' }>,
  tick: Tick,
): State {
  const at = from.number + 1;
  switch (stop.why) {
    case 'climbed': {
      // The next blocks go one by one: on op-geth each of them may need a cure of its own (engines-measured 1.3).
      const reason = stuck(at, 'cured', true);
      const trouble = { key: 'cured', count: 1, retryAt: tick.now, named: false, reason };
      return { ...state, lastForkchoiceAt: tick.now, trouble };
    }
    case 'answered':
      return fromAnswer(state, 'forkchoice', stuck(at, describe(stop.answer), true), stop.answer, tick);
    case 'refused':
      return troubled(state, 'forkchoice', stuck(at, describe(stop.answer), true), tick);
    case 'copy-refused':
      return troubled(
        withoutCopy(state, stop.copy, tick),
        'forkchoice',
        uncured(state, stop.copy, describe(stop.answer)),
        tick,
      );
    case 'unread':
      return unread(state, stop.error, tick);
  }
}

/** The EL refused the copy, or the block itself, in this session: there is no other cure. */
export function withoutCure(state: State, block: BlockRef, tick: Tick): State {
  return troubled(state, 'forkchoice', uncured(state, block, 'its copied sibling was refused before'), tick);
}

function uncured(state: State, copy: BlockRef, answer: string): HoldReason {
  // The copy would do, were it not for one below that the EL was given before.
  const advice = adviceOn(state, copy);
  return advice === null ? stuck(copy.number, answer, true) : unfit(copy, answer, advice);
}

/** Remembers the lowest height above which the EL misreads its states in this session. */
export function spoiled(state: State, { spoiledAbove }: Climbed): State {
  if (spoiledAbove === null) return state;
  const lowest = Math.min(spoiledAbove, state.session.spoiledAbove ?? Infinity);
  return { ...state, session: { ...state.session, spoiledAbove: lowest } };
}

function unread(state: State, error: LockstepError, tick: Tick): State {
  return troubled(state, 'engine', { kind: 'engine-unavailable', error }, tick);
}

/** What the EL shows of a recovery: it got onto the plan, to its end, or somewhere else. */
export function settleRecovery(state: State, engine: EngineView, tick: Tick): State {
  const { recovery } = state;
  if (recovery === null) return state;
  const head = engine.heads.unsafe;
  if (recovery.stage === 'stopped') return leadsFrom(recovery.reason, head) ? state : { ...state, recovery: null };
  const { plan } = recovery;
  if (isOnPlan(plan, head)) {
    // What failed to prove who the EL is still does, wherever it stands.
    const trouble = state.trouble?.key.startsWith('identify') === true ? state.trouble : null;
    // From then on the source may change once more: a suspicion that comes up while blocks are replayed stays.
    const proved = { suspicion: null, trouble, session: { ...state.session, compared: true } };
    // However it got there: a call may have been carried out long after it timed out.
    const arrived: State = recovery.stage === 'climbing' ? paced({ ...state, ...proved }, plan.id, tick) : state;
    return { ...arrived, recovery: head.number >= targetOf(plan).number ? null : { stage: 'replaying', plan } };
  }
  const finalized = trustedLabels(engine, state.remembered).finalized;
  const isVoid = head.hash !== plan.engineHead.hash || (finalized?.number ?? 0) > plan.ancestor.number;
  return isVoid ? { ...state, recovery: null } : state;
}

/** A failed recovery says nothing of the way back from another head, to which its last rung may have moved the EL. */
function leadsFrom(reason: HoldReason, { hash }: BlockRef): boolean {
  return reason.kind !== 'recovery-failed' || reason.plan.engineHead.hash === hash;
}

/** Where the climb that `state` decided on may have brought the EL down to; null where it moved nothing. */
export function climbedTo(state: State, outcome: Outcome | null): BlockRef | null {
  const { recovery } = state;
  if (outcome?.of !== 'climb' || recovery?.stage !== 'climbing') return null;
  return mayHaveMoved(state, outcome) ? recovery.plan.ancestor : null;
}

/** The rung moved the EL's head, or nobody knows: a call that timed out before may have been carried out since. */
function mayHaveMoved({ unsettled: open }: State, { stop, moved }: Extract<Outcome, { of: 'climb' }>): boolean {
  if (moved || open !== null || stop.why === 'unread') return true;
  return stop.why === 'answered' && (stop.answer.status === 'UNKNOWN' || stop.effect === 'unread');
}

/** The EL was left to sync with its peers, which moves it as any rung does: the pause begins where a recovery led there. */
export function pacedBySync(state: State, { recovery }: State, tick: Tick): State {
  return recovery?.stage === 'climbing' ? paced(state, recovery.plan.id, tick) : state;
}

/** The height to which a sync may bring the EL down that is the last way of a recovery. */
export function ancestorOf({ recovery }: State): number | null {
  return recovery?.stage === 'climbing' ? recovery.plan.ancestor.number : null;
}

/** The EL was moved by this plan, or may have been: the pause begins, whatever becomes of the replay. */
function paced(state: State, movedBy: number, { now }: Tick): State {
  const { pace } = state;
  const pauseMs = pace.movedBy === movedBy ? pace.pauseMs : nextPauseMs(state, now);
  return { ...state, pace: { ...pace, movedBy, pauseMs, notBefore: now + pauseMs } };
}

function nextPauseMs({ pace, recoveryPolicy }: State, now: number): number {
  const isClose = pace.pauseMs > 0 && now < pace.notBefore + 4 * pace.pauseMs;
  return isClose ? Math.min(MAX_COOLDOWN_MS, pace.pauseMs * 2) : recoveryPolicy.cooldownMs;
}

/**
 * Another head than the one that was left there, at the same height or above, without a write of ours. A call whose outcome
 * is not settled, a forkchoice that is carried out late, and a sync that goes on by itself move it too: they do not count.
 * Behind a write of ours only what the write found counts.
 */
export function countForeignMove(state: State, engine: EngineView, afterWrite: boolean, { now }: Tick): State {
  const { standing, foreign, recovery } = state;
  const head = engine.heads.unsafe;
  // A climb is carried out late, or could not be looked at when it was.
  if (recovery !== null && recovery.stage !== 'stopped' && isOnPlan(recovery.plan, head)) return state;
  const syncs = engine.syncing.busy || (state.elSync !== null && state.elSync.stage !== 'idle');
  if (syncs || state.trouble !== null || state.unsettled !== null) return state;
  const stands = standing === null || head.number < standing.number || head.hash === standing.hash;
  if (!engine.foreignMove && (afterWrite || stands)) return state;
  const count = now - foreign.lastAt < FOREIGN_WINDOW_MS ? foreign.count + 1 : 1;
  return { ...state, foreign: { count, lastAt: now } };
}
