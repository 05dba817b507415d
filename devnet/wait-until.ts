import { setTimeout as wait } from 'node:timers/promises';

/** A pause grows with what was waited already: each poll costs the processor time that the awaited thing needs. */
const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 200;
const PAUSE_SHARE = 0.1;

/**
 * Polls until `condition` gives a value that is neither false, null nor undefined, and returns it.
 * @throws Error naming `what` when `deadlineMs` have passed; an error of the last poll is its cause.
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs: number,
): Promise<Exclude<T, false | null | undefined>> {
  const begin = performance.now();
  const deadline = begin + deadlineMs;
  let cause: unknown;
  do {
    try {
      const value = await condition();
      cause = undefined;
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
    } catch (error) {
      cause = error;
    }
    const share = (performance.now() - begin) * PAUSE_SHARE;
    await wait(Math.min(Math.max(share, PAUSE_MIN_MS), PAUSE_MAX_MS));
  } while (performance.now() < deadline);
  throw new Error(`${what}: not within ${deadlineMs} ms`, { cause });
}
