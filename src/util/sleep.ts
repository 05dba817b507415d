import { LockstepError } from './errors.js';

/** Waits `ms` milliseconds. Rejects with ABORTED as soon as the signal aborts, and leaves no timer or listener behind. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new LockstepError('ABORTED'));
    };
    if (signal.aborted) {
      reject(new LockstepError('ABORTED'));
      return;
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
