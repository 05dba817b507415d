import { sameBlock, type BlockRef } from '../chain/block.js';
import type { LockstepError } from '../util/errors.js';
import {
  backoffMs,
  ENGINE_BACKOFF,
  HOLD_AFTER,
  SOURCE_BACKOFF,
  UNSETTLED_MAX_MS,
  UNSETTLED_RESET_MS,
  UNSETTLED_TIMEOUT_MS,
} from './limits.js';
import type { HoldReason, State, Tick } from './state.js';

/** Counts the failure; its pause grows with the count and belongs to the side that has to get better. */
export function troubled(state: State, key: string, reason: HoldReason, tick: Tick): State {
  const count = state.trouble?.key === key ? state.trouble.count + 1 : 1;
  const backoff = reason.kind.startsWith('engine') ? ENGINE_BACKOFF : SOURCE_BACKOFF;
  const error = 'error' in reason ? reason.error : null;
  const retryAt = tick.now + backoffMs(backoff, count, tick.random, error);
  const named = count >= HOLD_AFTER[reason.kind] || (error !== null && error.severity !== 'retry');
  return { ...state, trouble: { key, count, retryAt, named, reason } };
}

/** The action worked: a failure of that kind is over. */
export function calm(state: State, prefix: string): State {
  return state.trouble?.key.startsWith(prefix) === true ? { ...state, trouble: null } : state;
}

/** The outcome of a call is unknown: nothing is sent until it can be told, or the wait is over. */
export function unsettled(state: State, error: LockstepError, tick: Tick): State {
  const first = error.code === 'ENGINE_TIMEOUT' ? UNSETTLED_TIMEOUT_MS : UNSETTLED_RESET_MS;
  const again = state.unsettled === null ? 0 : state.unsettled.waitMs * 2;
  const waitMs = Math.min(UNSETTLED_MAX_MS, Math.max(first, again));
  return { ...state, unsettled: { until: tick.now + waitMs, waitMs, error } };
}

/**
 * How many reads in a row have found another block at the source than this one. Those against a block that was final here
 * and got lost prove nothing against the one that the EL has there by now (I9).
 */
export function differingReads({ suspicion }: State, own: BlockRef): number {
  if (suspicion?.height !== own.number) return 0;
  const { divergence, seen } = suspicion;
  return divergence === null || sameBlock(divergence.engine, own) ? seen : 0;
}
