import type { EngineAnswer } from '../../src/engine/engine.js';
import { learn } from '../../src/follow/learn.js';
import type { ExtendStop, Outcome } from '../../src/follow/action.js';
import type { HoldReason, State, Trouble } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, engineView, NOW, observation, SETTLED, sourceView, TICK } from './examples.js';

/** The EL at block 5, the source at block 8; the next block is 6. */
export const VIEW = observation(engineView(A, 5), sourceView(A, 8));
export const NEXT = at(A, 6);
export const TIMEOUT = new LockstepError('ENGINE_TIMEOUT');
export const CUT = new LockstepError('ENGINE_UNREACHABLE');
export const THROTTLED = new LockstepError('SOURCE_THROTTLED');

const STUCK: HoldReason = { kind: 'engine-stuck', at: 5, answer: 'SYNCING', staleMapping: false };

/** An answer of every status. */
export const ANSWERS: Record<EngineAnswer['status'], EngineAnswer> = {
  VALID: { status: 'VALID' },
  INVALID: { status: 'INVALID', latestValidHash: at(A, 5).hash, reason: 'bad root', verdictOn: 'block' },
  SYNCING: { status: 'SYNCING' },
  ACCEPTED: { status: 'ACCEPTED' },
  REJECTED: { status: 'REJECTED', code: -38002, reason: 'invalid forkchoice state' },
  UNSENT: { status: 'UNSENT', error: CUT },
  UNKNOWN: { status: 'UNKNOWN', error: TIMEOUT },
};

/** What a state holds against the next actions. */
export interface Learned {
  readonly trouble?: { readonly key: string; readonly reason: HoldReason['kind'] };
  readonly unsettledMs?: number;
  readonly refused?: boolean;
}

/** What is remembered after an outcome, both sides being as in VIEW. */
export function after(outcome: Outcome, before: State = SETTLED): State {
  return learn(before, { ...VIEW, outcome }, TICK);
}

export function summary({ trouble, unsettled, refused }: State): Learned {
  return {
    ...(trouble !== null && { trouble: { key: trouble.key, reason: trouble.reason.kind } }),
    ...(unsettled !== null && { unsettledMs: unsettled.until - NOW }),
    ...(refused.has(NEXT.hash) && { refused: true }),
  };
}

/** An extension that brought the EL to block 5, `blocks` of them its own. */
export function stopped(stop: ExtendStop, blocks = 0): Outcome {
  return { of: 'extend', head: at(A, 5), blocks, stop };
}

export const SUSPICION: NonNullable<State['suspicion']> = {
  height: 5,
  seen: 1,
  divergence: { source: at(B, 5), engine: at(A, 5) },
};

export function trouble(key: string, count: number): Trouble {
  return { key, count, retryAt: NOW, named: false, reason: STUCK };
}

export function unsettled(waitMs: number): NonNullable<State['unsettled']> {
  return { until: NOW, waitMs, error: TIMEOUT };
}
