import pRetry from 'p-retry';
import { LockstepError } from './errors.js';
import { sleep } from './sleep.js';

export interface RetryPolicy {
  /** How often the work is started at most, the first time included. */
  readonly attempts: number;
  /** The first wait is drawn from 0 up to this, the next from 0 up to twice this, and so on. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** No attempt starts later than this after the first. */
  readonly totalMs: number;
}

/** Chance and time, replaceable where real waiting is not wanted. */
export interface RetryTiming {
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const REAL_TIMING: RetryTiming = { random: Math.random, nowMs: () => performance.now(), wait: sleep };

/** No repetition is faster than this, whatever was drawn (reliability I18). */
const MIN_DELAY_MS = 50;

/**
 * Repeats a read that failed with an error of severity 'retry', after a full-jitter exponential delay or the server's
 * own Retry-After if that is longer. For reads only: what changes state must be observed and not sent again.
 * @throws the error of the last attempt, whatever is not worth repeating at once, or ABORTED.
 */
export function retryRead<T>(
  read: () => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
  timing: RetryTiming = REAL_TIMING,
): Promise<T> {
  const startMs = timing.nowMs();
  return pRetry(read, {
    retries: policy.attempts - 1,
    minTimeout: 0,
    shouldRetry: async ({ error, retriesConsumed }) => {
      if (!isRepeatable(error)) return false;
      const delayMs = delayBefore(retriesConsumed, error, policy, timing.random());
      if (timing.nowMs() + delayMs - startMs > policy.totalMs) return false;
      await timing.wait(delayMs, signal);
      return true;
    },
  });
}

function isRepeatable(error: Error): error is LockstepError {
  return error instanceof LockstepError && error.severity === 'retry' && error.code !== 'ABORTED';
}

function delayBefore(retry: number, error: LockstepError, policy: RetryPolicy, random: number): number {
  // A kept-alive connection that the peer closed as we wrote says nothing about its health: the first time is free.
  const stale = retry === 0 && error.data['phase'] === 'exchange' && error.code.endsWith('_UNREACHABLE');
  const drawnMs = stale ? 0 : random * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** retry);
  const askedMs = error.data['retryAfterMs'];
  return Math.max(MIN_DELAY_MS, Math.round(drawnMs), typeof askedMs === 'number' ? askedMs : 0);
}
