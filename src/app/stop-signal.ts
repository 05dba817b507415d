import { EXIT } from '../util/exit-codes.js';
import { asLockstepError } from '../util/errors.js';
import type { Logger } from '../util/log.js';

/** Every wait is abortable, so a stop takes well under this; whatever still hangs then is cut. */
const STOP_DEADLINE_MS = 4_500;

/**
 * Aborts on the first SIGTERM or SIGINT; a second one ends the process at once with 130. A rejection or exception that
 * nobody handled is a bug: nothing may be written after it, so the process ends at once with 70.
 */
export function onStopSignal(log: Logger): AbortSignal {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      log.warn({ signal: name }, 'Second signal: stopping at once');
      process.exit(EXIT.forced);
    }
    log.info({ signal: name }, 'Stopping');
    stop.abort();
    setTimeout(() => {
      log.warn('Something did not stop in time: exiting all the same');
      process.exit(EXIT.clean);
    }, STOP_DEADLINE_MS).unref();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  const onBug = (thrown: unknown): void => {
    const error = asLockstepError(thrown);
    log.fatal({ code: error.code, exit: EXIT.internal, err: error }, 'Unhandled error: stopping without another write');
    process.exit(EXIT.internal);
  };
  process.on('unhandledRejection', onBug);
  process.on('uncaughtException', onBug);
  return stop.signal;
}

/** For what goes on until SIGTERM or SIGINT, or until nobody takes its output. A second signal ends the process at once. */
export function untilStopped<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onStop = (): void => stop.abort();
  process.once('SIGTERM', onStop);
  process.once('SIGINT', onStop);
  // Also of a pipe whose reader has ended (EPIPE).
  process.stdout.on('error', onStop);
  return work(stop.signal);
}
