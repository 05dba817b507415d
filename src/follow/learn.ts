import { type BlockRef, diverges } from '../chain/block.js';
import { cameDown, pointed, refusedToSync, renewed, unwatched, watched } from './el-sync.js';
import {
  describe,
  fromAnswer,
  fromBatchAnswer,
  fromPayloadAnswer,
  showsStaleMapping,
  stillRefused,
  stuck,
} from './engine-answers.js';
import { lostFinalized, remember } from './labels.js';
import {
  ancestorOf,
  climbedTo,
  countForeignMove,
  fromClimb,
  fromPlan,
  fromUnmap,
  pacedBySync,
  settleRecovery,
  spoiled,
  withoutCure,
} from './learn-recovery.js';
import { CONFIRM_DIVERGENCE_READS, HOLD_AFTER, LAST_WAY } from './limits.js';
import { isUnread, type ExtendStop, type Outcome } from './action.js';
import { INITIAL_STATE, type EngineView, type HoldReason, type Observation, type State, type Tick } from './state.js';
import { calm, differingReads, troubled, unsettled } from './trouble.js';

/** What is remembered after an observation: the outcome of the last action, and what both sides show. */
export function learn(state: State, observation: Observation, tick: Tick): State {
  const { outcome } = observation;
  const afterOutcome = outcome === null ? state : fromOutcome(state, outcome, observation, tick);
  return fromSides(afterOutcome, observation, climbedTo(state, outcome), tick);
}

/** `ledTo`: where a climb of ours may have brought the EL down to. */
function fromSides(state: State, { engine, source, outcome }: Observation, ledTo: BlockRef | null, tick: Tick): State {
  const sourceIdentified = state.sourceIdentified && source.kind !== 'failed';
  if (engine.kind === 'pending') return { ...state, sourceIdentified };
  if (engine.kind === 'failed') {
    if (engine.error.code === 'ENGINE_UNREACHABLE') return { ...newSession(state), sourceIdentified };
    const [elSync, standing] = [unwatched(state.elSync, tick.now), ledTo ?? state.standing];
    return { ...state, session: unidentified(state), elSync, standing, sourceIdentified };
  }
  const view = engine.value;
  const standing = view.heads.unsafe;
  const restarted = standing.number < (ledTo ?? state.standing ?? standing).number;
  // One that could not be read when it had been written to may be another process by now (reliability I13).
  const known = isUnread(outcome) ? { ...state, session: unidentified(state) } : state;
  const session = restarted
    ? { ...newSession(state), elSync: cameDown(state.elSync, view, tick.now) }
    : watched(view.hungUp ? newSession(state) : known, view, tick.now);
  const moved = countForeignMove(session, view, isWrite(outcome), tick);
  const settled = settleRecovery(moved, view, tick);
  const staleAbove = settled.staleAbove?.hash === standing.hash ? settled.staleAbove : null;
  // Until an EL that came back has proved its identity it may be another chain.
  const remembered = settled.session.identified ? remember(view, settled.remembered) : settled.remembered;
  const suspicion = isBeyond(settled, view) ? null : settled.suspicion;
  return { ...settled, standing, sourceIdentified, staleAbove, remembered, suspicion };
}

/** The suspected height is above the EL's head by now, where nothing can differ but what was final here. */
function isBeyond(state: State, view: EngineView): boolean {
  const height = state.suspicion?.height ?? 0;
  return height > view.heads.unsafe.number && height !== lostFinalized(state, view)?.number;
}

/** It may have moved the EL's head. */
function isWrite(outcome: Outcome | null): boolean {
  return outcome !== null && !['wait', 'identify', 'compare', 'plan'].includes(outcome.of);
}

/** Everything known about the EL's process is void: its memory of refused blocks is gone as well (reliability E22). */
function newSession(state: State): State {
  const id = state.session.identified ? state.session.id + 1 : state.session.id;
  return {
    ...state,
    session: { ...INITIAL_STATE.session, id, identified: false },
    standing: null,
    suspicion: null,
    unsettled: null,
    refused: new Map(),
    elSync: renewed(state.elSync),
    recovery: null,
    staleAbove: null,
  };
}

function unidentified(state: State): State['session'] {
  return { ...state.session, identified: false };
}

function fromOutcome(state: State, outcome: Outcome, observation: Observation, tick: Tick): State {
  switch (outcome.of) {
    case 'wait':
      return state;
    case 'identify':
      return fromIdentify(state, outcome, tick);
    case 'compare':
      return fromCompare(state, outcome, observation, tick);
    case 'extend':
      return fromExtend(state, outcome, tick);
    case 'el-sync':
      return fromElSync(state, outcome, tick);
    case 'forkchoice':
      return fromForkchoice({ ...state, lastForkchoiceAt: tick.now }, outcome, tick);
    case 'plan': {
      const { divergence, result } = outcome;
      if (result.kind !== 'stopped') return fromPlan(state, divergence, result, tick);
      // The divergence is seen anew before the next plan.
      return fromStop({ ...state, suspicion: null }, result.stop, state.standing ?? divergence.engine, tick);
    }
    case 'climb':
      return fromClimb(spoiled(state, outcome), outcome, tick);
    case 'unmap': {
      const { from, stop } = outcome;
      const known = { ...spoiled(state, outcome), staleAbove: null };
      if (stop.why !== 'not-sent') return fromUnmap(known, from, stop, tick);
      if (stop.stop.why === 'known-refused') return withoutCure(known, stop.stop.block, tick);
      // What the source does not serve as it did to the extension before is no fault of the EL's.
      return fromStop(known, stop.stop, from, tick);
    }
  }
}

function fromIdentify(state: State, outcome: Extract<Outcome, { of: 'identify' }>, tick: Tick): State {
  if (outcome.result === 'same') {
    return { ...calm(state, 'identify'), session: { ...state.session, identified: true }, sourceIdentified: true };
  }
  const kind = outcome.result === 'engine-failed' ? 'engine-unavailable' : 'source-unavailable';
  const key = outcome.result === 'different' ? 'identify:different' : 'identify';
  return troubled(state, key, { kind, error: outcome.error }, tick);
}

type Compared = Exclude<Extract<Outcome, { of: 'compare' }>, { readonly error: unknown }>;

function fromCompare(
  state: State,
  outcome: Extract<Outcome, { of: 'compare' }>,
  { source: shown, engine: shownEngine }: Observation,
  tick: Tick,
): State {
  if ('error' in outcome) {
    const side = outcome.error.code.startsWith('ENGINE') ? 'engine-unavailable' : 'source-unavailable';
    return troubled(state, 'compare', { kind: side, error: outcome.error }, tick);
  }
  const { source, height } = outcome;
  const { engine, fence } = ownBlock(state, outcome, shownEngine);
  if (source !== null && engine !== null && source.hash !== engine.hash) {
    const seen = differingReads(state, engine) + 1;
    // A confirmed difference may also be another chain behind the same URL, so the source proves itself first (S21).
    const sourceIdentified = state.sourceIdentified && seen !== CONFIRM_DIVERGENCE_READS;
    const suspicion = { height, seen, divergence: { source, engine } };
    return { ...calm(state, 'compare'), suspicion, sourceIdentified };
  }
  const agreed = source !== null && engine !== null;
  if (agreed && shown.kind === 'seen' && diverges(shown.value.head, source)) return split(state, height, tick);
  const proof = fence === null ? { compared: true } : { fenced: true };
  const session = agreed ? { ...state.session, ...proof } : state.session;
  const recovery = agreed && state.recovery?.stage === 'stopped' ? null : state.recovery;
  const cleared = { ...state, suspicion: null, session, recovery };
  // The source no longer shows a block there: it lags or was restarted, which is not a divergence (reliability D6).
  return agreed
    ? calm(cleared, 'compare')
    : troubled(cleared, `compare:${height}`, { kind: 'source-gap', at: height, pruned: false }, tick);
}

/** The block of this side that the source's is compared with, and whether it is one that was final and got lost. */
function ownBlock(
  state: State,
  { source, engine, height }: Compared,
  shown: Observation['engine'],
): { readonly engine: BlockRef | null; readonly fence: BlockRef | null } {
  if (shown.kind !== 'seen') return { engine, fence: null };
  const lost = lostFinalized(state, shown.value);
  const fence = lost?.number === height ? lost : null;
  // What is mapped above the head is none of the EL's chain (engines-measured 1.3).
  const own = height > shown.value.heads.unsafe.number ? null : engine;
  // What was final here is what the source has to have, whatever the EL has by now.
  return { engine: own === null || (fence !== null && source?.hash !== fence.hash) ? fence : own, fence };
}

/** The head that the source shows is not the block that it serves at that height: they may be two nodes, or two chains. */
function split(state: State, height: number, tick: Tick): State {
  const reason: HoldReason = { kind: 'source-gap', at: height, pruned: false };
  return doubted(troubled({ ...state, suspicion: null }, `compare:split:${height}`, reason, tick));
}

/** A gap that lasts may be another chain behind a URL of the source, so it proves itself once again (reliability S21). */
function doubted(state: State): State {
  const lasts = state.trouble?.count === HOLD_AFTER['source-gap'];
  return { ...state, sourceIdentified: state.sourceIdentified && !lasts };
}

function fromForkchoice(state: State, outcome: Extract<Outcome, { of: 'forkchoice' }>, tick: Tick): State {
  const { effect, answer } = outcome;
  // Some ELs drop the labels of a forkchoice for the head that they have (erigon#24028): its head is accepted all the same.
  const accepted = answer.status === 'VALID' && (effect === 'moved' || effect === 'head-only');
  const ignoreSyncing = state.session.ignoreSyncing || heldFor(state, 'engine-syncing');
  const session = accepted ? { ...state.session, primed: true, ignoreSyncing } : state.session;
  if (accepted && effect === 'moved') return { ...calm(state, 'forkchoice'), session, unsettled: null };
  const at = state.standing?.number ?? 0;
  return fromAnswer({ ...state, session }, 'forkchoice', stuck(at, describe(answer, effect)), answer, tick);
}

function fromExtend(state: State, outcome: Extract<Outcome, { of: 'extend' }>, tick: Tick): State {
  const settled = outcome.blocks > 0 ? advanced(state, outcome.head, tick) : state;
  const recovery = keepsPlan(outcome.stop) ? settled.recovery : null;
  return fromStop({ ...settled, recovery }, outcome.stop, outcome.head, tick);
}

/** The EL stands at a block of the source now, to which it was led from one of both sides, or from genesis. */
function advanced(state: State, standing: BlockRef, { now }: Tick): State {
  const session = { ...state.session, compared: true };
  return { ...state, session, lastForkchoiceAt: now, standing, trouble: null, suspicion: null, unsettled: null };
}

/** After any other stop both sides are compared anew: the source may be on another branch by now. */
function keepsPlan({ why }: ExtendStop): boolean {
  return ['reached', 'slice', 'aborted', 'source-failed', 'batch-answer'].includes(why);
}

/** An EL that does not want to sync is replayed to. Any other failure is one of an extension's as well. */
function fromElSync(before: State, outcome: Extract<Outcome, { of: 'el-sync' }>, tick: Tick): State {
  const { stop, from, target } = outcome;
  // As the last way of a recovery it is asked for also where blocks are replayed otherwise.
  const elSync = before.elSync ?? { policy: LAST_WAY, stage: 'idle' as const };
  const state: State = { ...before, elSync, recovery: null };
  const aim = { from, target, ancestor: ancestorOf(before) };
  if (stop.why === 'aimed') {
    // Where it ends up is compared anew, whatever was suspected before.
    const calmed = { ...unproved(state), suspicion: null, trouble: null, unsettled: null, lastForkchoiceAt: tick.now };
    return pointed(pacedBySync(calmed, before, tick), aim, stop.peers, tick.now);
  }
  if (stop.why === 'unlinked') return fromStop({ ...state, elSync: renewed(state.elSync) }, stop, from, tick);
  if (stop.why !== 'payload-answer' && stop.why !== 'forkchoice-answer') return fromStop(state, stop, from, tick);
  const { answer } = stop;
  if (answer.status === 'UNKNOWN') {
    // Whether the EL took the target is told by what it does in the time that it has to begin.
    const perhaps =
      stop.why === 'forkchoice-answer'
        ? pointed(unproved(pacedBySync(state, before, tick)), aim, null, tick.now)
        : state;
    return unsettled(perhaps, answer.error, tick);
  }
  if (answer.status === 'UNSENT') return fromStop(state, stop, from, tick);
  return refusedToSync(state, target, describe(answer));
}

/** The EL may go where it was pointed, so what was proved of its head holds no longer. */
function unproved(state: State): State {
  return { ...state, session: { ...state.session, compared: false, primed: false } };
}

function fromStop(state: State, stop: ExtendStop, head: BlockRef, tick: Tick): State {
  switch (stop.why) {
    case 'reached':
    case 'slice':
      return { ...state, trouble: null };
    case 'aborted':
      return state;
    case 'source-failed':
      return troubled(state, 'source', { kind: 'source-unavailable', error: stop.error }, tick);
    case 'absent':
      return doubted(
        troubled(state, `gap:${stop.number}`, { kind: 'source-gap', at: stop.number, pruned: stop.pruned }, tick),
      );
    case 'block-rejected': {
      const reason: HoldReason = { kind: 'block-rejected', at: stop.number, error: stop.error };
      return troubled(state, `rejected:${stop.number}`, reason, tick);
    }
    case 'unlinked': {
      const suspicion = { height: head.number, seen: 0, divergence: null };
      const reason: HoldReason = { kind: 'source-gap', at: stop.number, pruned: false };
      const session = { ...state.session, fenced: false };
      return { ...troubled(state, `unlinked:${stop.number}`, reason, tick), suspicion, session };
    }
    case 'known-refused':
      return stillRefused(state, stop.block, tick);
    case 'payload-answer':
      return fromPayloadAnswer(state, { ...stop, head }, tick);
    case 'batch-answer':
      return fromBatchAnswer(state, stop, tick);
    case 'forkchoice-answer': {
      const isStale = showsStaleMapping(stop, head);
      const reason = stuck(stop.block.number, describe(stop.answer, stop.effect), isStale);
      const { mode, synthetic } = state.recoveryPolicy;
      const learnt = fromAnswer(state, 'forkchoice', reason, stop.answer, tick);
      if (!isStale || mode !== 'auto' || !synthetic || learnt.trouble === null) return learnt;
      return { ...learnt, staleAbove: head, trouble: { ...learnt.trouble, retryAt: tick.now } };
    }
  }
}

function heldFor(state: State, kind: HoldReason['kind']): boolean {
  return state.phase.kind === 'holding' && state.phase.reason.kind === kind;
}
