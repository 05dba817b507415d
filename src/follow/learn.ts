import { type BlockRef, diverges } from '../chain/block.js';
import type { EngineAnswer } from '../engine/engine.js';
import type { LockstepError } from '../util/errors.js';
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
import type { ExtendStop, HoldReason, Observation, Outcome, Seen, SourceView, State, Tick } from './state.js';

/** The JSON-RPC codes that mean "this method version or these fields", not "this block" (engines 8). */
const ENCODING_CODES: readonly number[] = [-38005, -32602, -32601];
const TOO_DEEP_REORG = -38006;

/** What is remembered after an observation: the outcome of the last action, and what both sides show. */
export function learn(state: State, observation: Observation, tick: Tick): State {
  const afterOutcome =
    observation.outcome === null ? state : fromOutcome(state, observation.outcome, observation.source, tick);
  return fromSides(afterOutcome, observation);
}

function fromSides(state: State, { engine, source }: Observation): State {
  const sourceIdentified = state.sourceIdentified && source.kind !== 'failed';
  if (engine.kind === 'pending') return { ...state, sourceIdentified };
  if (engine.kind === 'failed') {
    const lost = engine.error.code === 'ENGINE_UNREACHABLE';
    return { ...(lost ? newSession(state) : { ...state, session: unidentified(state) }), sourceIdentified };
  }
  const standing = engine.value.heads.unsafe;
  const restarted = state.standing !== null && standing.number < state.standing.number;
  return { ...(restarted ? newSession(state) : state), standing, sourceIdentified };
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
  };
}

function unidentified(state: State): State['session'] {
  return { ...state.session, identified: false };
}

function fromOutcome(state: State, outcome: Outcome, source: Seen<SourceView>, tick: Tick): State {
  switch (outcome.of) {
    case 'wait':
    case 'recover':
      return state;
    case 'identify':
      return fromIdentify(state, outcome, tick);
    case 'compare':
      return fromCompare(state, outcome, source, tick);
    case 'extend':
      return fromExtend(state, outcome, tick);
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

function fromCompare(
  state: State,
  outcome: Extract<Outcome, { of: 'compare' }>,
  shown: Seen<SourceView>,
  tick: Tick,
): State {
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
  if (agreed && shown.kind === 'seen' && diverges(shown.value.head, source)) return split(state, height, tick);
  const session = agreed ? { ...state.session, compared: true } : state.session;
  const cleared = { ...state, suspicion: null, session };
  // The source no longer shows a block there: it lags or was restarted, which is not a divergence (reliability D6).
  return agreed
    ? calm(cleared, 'compare')
    : troubled(cleared, `compare:${height}`, { kind: 'source-gap', at: height, pruned: false }, tick);
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
  if (effect === 'moved' && answer.status === 'VALID') {
    const ignoreSyncing = state.session.ignoreSyncing || heldFor(state, 'engine-syncing');
    return {
      ...calm(state, 'forkchoice'),
      session: { ...state.session, primed: true, ignoreSyncing },
      unsettled: null,
    };
  }
  const at = state.standing?.number ?? 0;
  return fromAnswer(state, 'forkchoice', stuck(at, describe(answer, effect)), answer, tick);
}

function fromExtend(state: State, outcome: Extract<Outcome, { of: 'extend' }>, tick: Tick): State {
  const moved = outcome.blocks > 0;
  const advanced: State = moved
    ? { ...state, lastForkchoiceAt: tick.now, standing: outcome.head, trouble: null, suspicion: null }
    : state;
  const settled = moved ? { ...advanced, unsettled: null } : advanced;
  return fromStop(settled, outcome.stop, outcome.head, tick);
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
      return { ...troubled(state, `unlinked:${stop.number}`, reason, tick), suspicion };
    }
    case 'known-refused':
      return stillRefused(state, stop.block, tick);
    case 'payload-answer':
      return fromPayloadAnswer(state, { ...stop, head }, tick);
    case 'forkchoice-answer': {
      const reason = stuck(stop.block.number, describe(stop.answer, stop.effect), showsStaleMapping(stop, head));
      return fromAnswer(state, 'forkchoice', reason, stop.answer, tick);
    }
  }
}

interface PayloadAnswer {
  readonly block: BlockRef;
  readonly answer: EngineAnswer;
  /** The EL's head. */
  readonly head: BlockRef;
}

function fromPayloadAnswer(state: State, { block, answer, head }: PayloadAnswer, tick: Tick): State {
  const oversize = answer.status === 'UNSENT' && answer.error.code === 'ENGINE_OVERSIZE' ? answer.error : null;
  if (answer.status === 'INVALID' || oversize !== null) {
    const refused = new Map(state.refused).set(block.hash, tick.now + REFUSED_TTL_MS);
    const unjudged = answer.status === 'INVALID' && answer.verdictOn !== 'block';
    const reason = unjudged ? unfit(block, describe(answer)) : refusal(block, describe(answer), oversize);
    return troubled({ ...state, refused }, refusedKey(block), reason, tick);
  }
  if (answer.status === 'REJECTED' && ENCODING_CODES.includes(answer.code)) {
    return troubled(state, `encoding:${block.hash}`, unfit(block, describe(answer)), tick);
  }
  if (answer.status === 'SYNCING' && block.parentHash === head.hash && !state.session.ignoreSyncing) {
    return troubled(state, 'payload:unexecuted', { kind: 'engine-snap-sync', at: block.number }, tick);
  }
  return fromAnswer(state, 'payload', stuck(block.number, describe(answer)), answer, tick);
}

/**
 * The forkchoice named a VALID block that builds on the very head at which the EL then still stands, so nothing can have
 * been in its way. op-geth calls that VALID, geth counts the depth of such a reorg below zero (engines-measured 2.0).
 */
function showsStaleMapping(stop: Extract<ExtendStop, { why: 'forkchoice-answer' }>, head: BlockRef): boolean {
  const { answer, effect, block } = stop;
  const stayed = effect === 'unmoved' || effect === 'labels-only';
  const denied = answer.status === 'VALID' || (answer.status === 'REJECTED' && answer.code === TOO_DEEP_REORG);
  return stayed && denied && block.number > head.number;
}

/** The answers that both state-changing calls share: gone, refused at the door, unknown, or just not done. */
function fromAnswer(state: State, call: string, reason: HoldReason, answer: EngineAnswer, tick: Tick): State {
  if (answer.status === 'UNKNOWN') return unsettled(state, answer.error, tick);
  if (answer.status === 'UNSENT') {
    return troubled(state, 'engine', { kind: 'engine-unavailable', error: answer.error }, tick);
  }
  return troubled(state, call, reason, tick);
}

function unsettled(state: State, error: LockstepError, tick: Tick): State {
  const first = error.code === 'ENGINE_TIMEOUT' ? UNSETTLED_TIMEOUT_MS : UNSETTLED_RESET_MS;
  const again = state.unsettled === null ? 0 : state.unsettled.waitMs * 2;
  const waitMs = Math.min(UNSETTLED_MAX_MS, Math.max(first, again));
  return { ...state, unsettled: { until: tick.now + waitMs, waitMs, error } };
}

function stuck(at: number, answer: string, staleMapping = false): HoldReason {
  return { kind: 'engine-stuck', at, answer, staleMapping };
}

/** The hold keeps the words in which the EL refused the block, for as long as it is about this block. */
function stillRefused(state: State, block: BlockRef, tick: Tick): State {
  const key = refusedKey(block);
  const known = state.trouble?.key === key ? state.trouble.reason : refusal(block, 'refused before', null);
  return troubled(state, key, known, tick);
}

function refusedKey({ hash }: BlockRef): string {
  return `refused:${hash}`;
}

function refusal(block: BlockRef, answer: string, error: LockstepError | null): HoldReason {
  return { kind: 'payload-refused', block, answer, error };
}

function unfit(block: BlockRef, answer: string): HoldReason {
  return { kind: 'engine-unfit', block, answer };
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
