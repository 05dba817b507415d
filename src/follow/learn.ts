import type { BlockRef } from '../chain/block.js';
import type { EngineAnswer } from '../engine/engine.js';
import type { LockstepError } from '../util/errors.js';
import { pointed, refusedToSync, renewed, unwatched, watched } from './el-sync.js';
import {
  backoffMs,
  CONFIRM_DIVERGENCE_READS,
  ENGINE_BACKOFF,
  HOLD_AFTER,
  REFUSED_TTL_MS,
  SOURCE_BACKOFF,
  UNSETTLED_MAX_MS,
  UNSETTLED_RESET_MS,
  UNSETTLED_TIMEOUT_MS,
} from './limits.js';
import type { ExtendStop, HoldReason, Observation, Outcome, State, Tick } from './state.js';

/** The JSON-RPC codes that mean "this method version or these fields", not "this block" (engines 8). */
const ENCODING_CODES: readonly number[] = [-38005, -32602, -32601];

/** What is remembered after an observation: the outcome of the last action, and what both sides show. */
export function learn(state: State, observation: Observation, tick: Tick): State {
  const afterOutcome = observation.outcome === null ? state : fromOutcome(state, observation.outcome, tick);
  return fromSides(afterOutcome, observation, tick);
}

function fromSides(state: State, { engine, source }: Observation, tick: Tick): State {
  const sourceIdentified = state.sourceIdentified && source.kind !== 'failed';
  if (engine.kind === 'pending') return { ...state, sourceIdentified };
  if (engine.kind === 'failed') {
    const lost = engine.error.code === 'ENGINE_UNREACHABLE';
    const elSync = unwatched(state.elSync, tick.now);
    return { ...(lost ? newSession(state) : { ...state, session: unidentified(state), elSync }), sourceIdentified };
  }
  const standing = engine.value.heads.unsafe;
  const restarted = state.standing !== null && standing.number < state.standing.number;
  const session = restarted ? newSession(state) : watched(state, engine.value, tick.now);
  return { ...session, standing, sourceIdentified };
}

/** Everything known about the EL's process is void: its memory of refused blocks is gone as well (reliability E22). */
function newSession(state: State): State {
  const id = state.session.identified ? state.session.id + 1 : state.session.id;
  return {
    ...state,
    session: { id, identified: false, compared: false, primed: false, ignoreSyncing: false },
    standing: null,
    suspicion: null,
    unsettled: null,
    refused: new Map(),
    elSync: renewed(state.elSync),
  };
}

function unidentified(state: State): State['session'] {
  return { ...state.session, identified: false };
}

function fromOutcome(state: State, outcome: Outcome, tick: Tick): State {
  switch (outcome.of) {
    case 'wait':
    case 'recover':
      return state;
    case 'identify':
      return fromIdentify(state, outcome, tick);
    case 'compare':
      return fromCompare(state, outcome, tick);
    case 'extend':
      return fromExtend(state, outcome, tick);
    case 'el-sync':
      return fromElSync(state, outcome, tick);
    case 'forkchoice':
      return fromForkchoice({ ...state, lastForkchoiceAt: tick.now }, outcome, tick);
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

function fromCompare(state: State, outcome: Extract<Outcome, { of: 'compare' }>, tick: Tick): State {
  if ('error' in outcome) {
    const side = outcome.error.code.startsWith('ENGINE') ? 'engine-unavailable' : 'source-unavailable';
    return troubled(state, 'compare', { kind: side, error: outcome.error }, tick);
  }
  const { source, engine, height } = outcome;
  if (source !== null && engine !== null && source.hash !== engine.hash) {
    const seen = state.suspicion?.height === height ? state.suspicion.seen + 1 : 1;
    // A confirmed difference may also be another chain behind the same URL, so the source proves itself first (S21).
    const sourceIdentified = state.sourceIdentified && seen !== CONFIRM_DIVERGENCE_READS;
    const suspicion = { height, seen, divergence: { source, engine } };
    return { ...calm(state, 'compare'), suspicion, sourceIdentified };
  }
  const agreed = source !== null && engine !== null;
  const session = agreed ? { ...state.session, compared: true } : state.session;
  const cleared = { ...state, suspicion: null, session };
  // The source no longer shows a block there: it lags or was restarted, which is not a divergence (reliability D6).
  return agreed
    ? calm(cleared, 'compare')
    : troubled(cleared, `compare:${height}`, { kind: 'source-gap', at: height, pruned: false }, tick);
}

function fromForkchoice(state: State, outcome: Extract<Outcome, { of: 'forkchoice' }>, tick: Tick): State {
  const { effect, answer } = outcome;
  if (effect === 'moved' && answer.status === 'VALID') {
    const ignoreSyncing = state.session.ignoreSyncing || heldFor(state, 'engine-syncing');
    return {
      ...calm(state, 'forkchoice'),
      session: { ...state.session, primed: true, ignoreSyncing },
      unsettled: null,
    };
  }
  const at = state.standing?.number ?? 0;
  return fromAnswer(state, 'forkchoice', { kind: 'engine-stuck', at, answer: describe(answer, effect) }, answer, tick);
}

function fromExtend(state: State, outcome: Extract<Outcome, { of: 'extend' }>, tick: Tick): State {
  const moved = outcome.blocks > 0;
  const advanced: State = moved
    ? { ...state, lastForkchoiceAt: tick.now, standing: outcome.head, trouble: null, suspicion: null }
    : state;
  const settled = moved ? { ...advanced, unsettled: null } : advanced;
  return fromStop(settled, outcome.stop, outcome.head, tick);
}

/** An EL that does not want to sync is replayed to. Any other failure is one of an extension's as well. */
function fromElSync(state: State, outcome: Extract<Outcome, { of: 'el-sync' }>, tick: Tick): State {
  const { stop, from, target } = outcome;
  if (stop.why === 'aimed') {
    const calmed = { ...unproved(state), trouble: null, unsettled: null, lastForkchoiceAt: tick.now };
    return pointed(calmed, outcome, stop.peers, tick.now);
  }
  if (stop.why === 'unlinked') return fromStop({ ...state, elSync: renewed(state.elSync) }, stop, from, tick);
  if (stop.why !== 'payload-answer' && stop.why !== 'forkchoice-answer') return fromStop(state, stop, from, tick);
  const { answer } = stop;
  if (answer.status === 'UNKNOWN') {
    // Whether the EL took the target is told by what it does in the time that it has to begin.
    const perhaps = stop.why === 'forkchoice-answer' ? pointed(unproved(state), outcome, null, tick.now) : state;
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
      return troubled(state, `gap:${stop.number}`, { kind: 'source-gap', at: stop.number, pruned: stop.pruned }, tick);
    case 'block-rejected': {
      const reason: HoldReason = { kind: 'block-rejected', at: stop.number, error: stop.error };
      return troubled(state, `rejected:${stop.number}`, reason, tick);
    }
    case 'unlinked': {
      const suspicion = { height: head.number, seen: 0, divergence: null };
      const reason: HoldReason = { kind: 'source-gap', at: stop.number, pruned: false };
      return { ...troubled(state, `unlinked:${stop.number}`, reason, tick), suspicion };
    }
    case 'known-refused':
      return troubled(state, `refused:${stop.block.hash}`, refusal(stop.block, 'refused before'), tick);
    case 'payload-answer':
      return fromPayloadAnswer(state, stop.block, stop.answer, tick);
    case 'forkchoice-answer': {
      const answer = describe(stop.answer, stop.effect);
      return fromAnswer(
        state,
        'forkchoice',
        { kind: 'engine-stuck', at: stop.block.number, answer },
        stop.answer,
        tick,
      );
    }
  }
}

function fromPayloadAnswer(state: State, block: BlockRef, answer: EngineAnswer, tick: Tick): State {
  if (answer.status === 'INVALID' || (answer.status === 'UNSENT' && answer.error.code === 'ENGINE_OVERSIZE')) {
    const refused = new Map(state.refused).set(block.hash, tick.now + REFUSED_TTL_MS);
    return troubled({ ...state, refused }, `refused:${block.hash}`, refusal(block, describe(answer)), tick);
  }
  if (answer.status === 'REJECTED' && ENCODING_CODES.includes(answer.code)) {
    return troubled(state, `encoding:${block.hash}`, refusal(block, describe(answer)), tick);
  }
  const reason: HoldReason = { kind: 'engine-stuck', at: block.number, answer: describe(answer) };
  return fromAnswer(state, 'payload', reason, answer, tick);
}

/** The answers that both state-changing calls share: gone, refused at the door, unknown, or just not done. */
function fromAnswer(state: State, call: string, stuck: HoldReason, answer: EngineAnswer, tick: Tick): State {
  if (answer.status === 'UNKNOWN') return unsettled(state, answer.error, tick);
  if (answer.status === 'UNSENT') {
    return troubled(state, 'engine', { kind: 'engine-unavailable', error: answer.error }, tick);
  }
  return troubled(state, call, stuck, tick);
}

function unsettled(state: State, error: LockstepError, tick: Tick): State {
  const first = error.code === 'ENGINE_TIMEOUT' ? UNSETTLED_TIMEOUT_MS : UNSETTLED_RESET_MS;
  const again = state.unsettled === null ? 0 : state.unsettled.waitMs * 2;
  const waitMs = Math.min(UNSETTLED_MAX_MS, Math.max(first, again));
  return { ...state, unsettled: { until: tick.now + waitMs, waitMs, error } };
}

function refusal(block: BlockRef, answer: string): HoldReason {
  return { kind: 'payload-refused', block, answer };
}

/** Counts the failure; its pause grows with the count and belongs to the side that has to get better. */
function troubled(state: State, key: string, reason: HoldReason, tick: Tick): State {
  const count = state.trouble?.key === key ? state.trouble.count + 1 : 1;
  const backoff = reason.kind.startsWith('engine') ? ENGINE_BACKOFF : SOURCE_BACKOFF;
  const error = 'error' in reason ? reason.error : null;
  const retryAt = tick.now + backoffMs(backoff, count, tick.random, error);
  const named = count >= HOLD_AFTER[reason.kind] || (error !== null && error.severity !== 'retry');
  return { ...state, trouble: { key, count, retryAt, named, reason } };
}

function heldFor(state: State, kind: HoldReason['kind']): boolean {
  return state.phase.kind === 'holding' && state.phase.reason.kind === kind;
}

/** The action worked: a failure of that kind is over. */
function calm(state: State, prefix: string): State {
  return state.trouble?.key.startsWith(prefix) === true ? { ...state, trouble: null } : state;
}

/** One line for a hold reason: what the EL answered, and what it showed. */
function describe(answer: EngineAnswer, effect?: string): string {
  const shown = effect === undefined || effect === 'moved' ? '' : `, ${effect}`;
  switch (answer.status) {
    case 'INVALID':
      return `INVALID (${answer.reason}; latestValidHash ${answer.latestValidHash ?? 'null'})${shown}`;
    case 'REJECTED':
      return `error ${answer.code} (${answer.reason})${shown}`;
    case 'UNSENT':
    case 'UNKNOWN':
      return `${answer.error.code} (${answer.error.message})${shown}`;
    case 'VALID':
    case 'SYNCING':
    case 'ACCEPTED':
      return `${answer.status}${shown}`;
  }
}
