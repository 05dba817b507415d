import type { BlockRef } from '../chain/block.js';
import type { EngineAnswer } from '../engine/engine.js';
import type { LockstepError } from '../util/errors.js';
import { REFUSED_TTL_MS } from './limits.js';
import type { ExtendStop } from './action.js';
import type { HoldReason, State, Tick } from './state.js';
import { troubled, unsettled } from './trouble.js';

/** The JSON-RPC codes that mean "this method version or these fields", not "this block" (engines 8). */
const ENCODING_CODES: readonly number[] = [-38005, -32602, -32601];
const TOO_DEEP_REORG = -38006;

interface PayloadAnswer {
  readonly block: BlockRef;
  readonly answer: EngineAnswer;
  /** The EL's head. */
  readonly head: BlockRef;
}

/** What the EL's answer to a payload changes. */
export function fromPayloadAnswer(state: State, { block, answer, head }: PayloadAnswer, tick: Tick): State {
  const oversize = answer.status === 'UNSENT' && answer.error.code === 'ENGINE_OVERSIZE' ? answer.error : null;
  if (answer.status === 'INVALID' || oversize !== null) {
    const unjudged = answer.status === 'INVALID' && answer.verdictOn !== 'block';
    const reason = unjudged
      ? unfit(block, describe(answer), adviceOn(state, block))
      : refusal(state, block, describe(answer), oversize);
    const refused = new Map(state.refused).set(block.hash, tick.now + REFUSED_TTL_MS);
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
 * An answer within a batch is no verdict yet: some ELs run batches by other code, and what they refuse there they take
 * block by block (ethrex#6464). So nothing is poisoned, the blocks are sent one by one from where the EL
 * is seen to stand, and this session of the EL gets no batch again.
 */
export function fromBatchAnswer(
  state: State,
  { block, answer }: Extract<ExtendStop, { why: 'batch-answer' }>,
  tick: Tick,
): State {
  const reason = stuck(block.number, describe(answer));
  if (answer.status === 'UNKNOWN' || (answer.status === 'UNSENT' && answer.error.code !== 'ENGINE_OVERSIZE')) {
    return fromAnswer(state, 'batch', reason, answer, tick);
  }
  return troubled({ ...state, session: { ...state.session, batches: false } }, 'batch', reason, tick);
}

/**
 * The forkchoice named a VALID block that builds on the very head at which the EL then still stands, so nothing can have
 * been in its way. op-geth calls that VALID, geth counts the depth of such a reorg below zero (engines-measured 2.0).
 */
export function showsStaleMapping(stop: Extract<ExtendStop, { why: 'forkchoice-answer' }>, head: BlockRef): boolean {
  const { answer, effect, block } = stop;
  const stayed = effect === 'unmoved' || effect === 'labels-only';
  const denied = answer.status === 'VALID' || (answer.status === 'REJECTED' && answer.code === TOO_DEEP_REORG);
  return stayed && denied && block.number > head.number;
}

/** The answers that both state-changing calls share: gone, refused at the door, unknown, or just not done. */
export function fromAnswer(state: State, call: string, reason: HoldReason, answer: EngineAnswer, tick: Tick): State {
  if (answer.status === 'UNKNOWN') return unsettled(state, answer.error, tick);
  if (answer.status === 'UNSENT') {
    return troubled(state, 'engine', { kind: 'engine-unavailable', error: answer.error }, tick);
  }
  return troubled(state, call, reason, tick);
}

export function stuck(at: number, answer: string, staleMapping = false): HoldReason {
  return { kind: 'engine-stuck', at, answer, staleMapping };
}

/** The hold keeps the words in which the EL refused the block, for as long as it is about this block. */
export function stillRefused(state: State, block: BlockRef, tick: Tick): State {
  const key = refusedKey(block);
  const known = state.trouble?.key === key ? state.trouble.reason : refusal(state, block, 'refused before', null);
  return troubled(state, key, known, tick);
}

function refusedKey({ hash }: BlockRef): string {
  return `refused:${hash}`;
}

function refusal(state: State, block: BlockRef, answer: string, error: LockstepError | null): HoldReason {
  const advice = adviceOn(state, block);
  return advice === null || error !== null
    ? { kind: 'payload-refused', block, answer, error }
    : unfit(block, answer, advice);
}

/** What the EL says against this block counts for nothing where it was given a copy of a block below. */
export function adviceOn({ session: { spoiledAbove } }: State, { number }: BlockRef): string | null {
  if (spoiledAbove === null || number <= spoiledAbove) return null;
  return `restart the EL: it was given a copy of block ${spoiledAbove}, and may misread its states above that until then`;
}

export function unfit(block: BlockRef, answer: string, advice: string | null = null): HoldReason {
  return { kind: 'engine-unfit', block, answer, advice };
}

/** One line for a hold reason: what the EL answered, and what it showed. */
export function describe(answer: EngineAnswer, effect?: string): string {
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
