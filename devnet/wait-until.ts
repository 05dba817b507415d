import { setTimeout as wait } from 'node:timers/promises';

const STEP_MS = 20;

/**
 * Polls until `condition` gives a value that is neither false, null nor undefined, and returns it.
 * @throws Error naming `what` when `deadlineMs` have passed; an error of the last poll is its cause.
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs: number,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + deadlineMs;
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
    await wait(STEP_MS);
  } while (performance.now() < deadline);
  throw new Error(`${what}: not within ${deadlineMs} ms`, { cause });
}
