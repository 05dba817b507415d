import { LockstepError } from './errors.js';

/**
 * Waits `ms` milliseconds. Rejects with ABORTED as soon as the signal aborts, and leaves no timer or listener behind.
 * `onStart` is given what ends the wait early.
 */
export function sleep(ms: number, signal: AbortSignal, onStart?: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new LockstepError('ABORTED'));
    };
    if (signal.aborted) {
      reject(new LockstepError('ABORTED'));
      return;
    }
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', onAbort, { once: true });
    onStart?.(end);
  });
}
