import type { Logger } from '../util/log.js';
import { EXIT } from '../util/exit-codes.js';
import type { LockstepError } from '../util/errors.js';
import { sleep } from '../util/sleep.js';
import { preflight, type Preflight, type PreflightInput } from './preflight.js';

/** How often the checks are repeated while source or EL are not there yet. */
const BOOT_RETRY_MS = 1_000;

export type Booted = NonNullable<Preflight['passed']>;

/**
 * Repeats the pre-flight until it passes. A side that is not reachable yet is waited for, up to `timeoutMs`; anything
 * else ends the boot at once. Nothing is written to the EL. Rejects with ABORTED when the signal aborts.
 */
export async function boot(
  input: PreflightInput,
  options: { readonly timeoutMs: number; readonly log: Logger; readonly now: () => number },
  signal: AbortSignal,
): Promise<Booted | LockstepError> {
  const { log, now } = options;
  const deadline = now() + options.timeoutMs;
  let said = '';
  for (;;) {
    const { rows, error, passed } = await preflight(input, signal);
    if (passed !== null) {
      for (const row of rows)
        log[row.result === 'warn' ? 'warn' : 'info']({ check: row.name, detail: row.detail }, 'Check passed');
      return passed;
    }
    if (error === null) throw new RangeError('the pre-flight failed without an error');
    if (error.exitCode !== EXIT.unavailable || now() >= deadline) return error;
    if (error.message !== said) log.warn({ code: error.code, err: error.message, fix: error.fix }, 'Waiting to start');
    said = error.message;
    await sleep(BOOT_RETRY_MS, signal);
  }
}
