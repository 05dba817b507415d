import { asLockstepError } from '../util/errors.js';
import { sleep } from '../util/sleep.js';
import { backoffMs, SOURCE_BACKOFF } from './limits.js';
import type { Seen } from './state.js';

interface PollerOptions<T> {
  readonly read: (signal: AbortSignal) => Promise<T>;
  /** The pause after a read that worked; asked each time. */
  readonly pauseMs: (random: number) => number;
  /** While this says so, nothing is read and the last value stands. */
  readonly paused: () => boolean;
  /** A new value or a new failure is there. */
  readonly onRead: (seen: Seen<T>) => void;
  readonly random: () => number;
}

const JITTER = 0.3;

/** Equal tickers would meet the nodes behind one URL in the same order each time, and many followers a source at once. */
export function jittered(intervalMs: number, random: number): number {
  return intervalMs * (1 - JITTER * random);
}

/** How often a paused poller looks whether it may go on. */
const PAUSE_STEP_MS = 100;

/** Reads one thing of the source over and over, at its own pace and with its own backoff. */
export class Poller<T> {
  readonly #options: PollerOptions<T>;
  #latest: Seen<T> = { kind: 'pending' };
  #failures = 0;

  constructor(options: PollerOptions<T>) {
    this.#options = options;
  }

  get latest(): Seen<T> {
    return this.#latest;
  }

  /** Runs until the signal aborts; rejects only for a bug. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        if (this.#options.paused()) {
          await sleep(PAUSE_STEP_MS, signal);
          continue;
        }
        await sleep(await this.#read(signal), signal);
      } catch (thrown) {
        const error = asLockstepError(thrown);
        if (error.code === 'ABORTED') return;
        throw error;
      }
    }
  }

  /** Reads once and says how long to pause before the next read. */
  async #read(signal: AbortSignal): Promise<number> {
    try {
      const value = await this.#options.read(signal);
      this.#failures = 0;
      this.#publish({ kind: 'seen', value });
      return this.#options.pauseMs(this.#options.random());
    } catch (thrown) {
      const error = asLockstepError(thrown);
      if (error.code === 'ABORTED' || error.code === 'INTERNAL') throw error;
      this.#failures += 1;
      this.#publish({ kind: 'failed', error });
      return backoffMs(SOURCE_BACKOFF, this.#failures, this.#options.random(), error);
    }
  }

  #publish(seen: Seen<T>): void {
    this.#latest = seen;
    this.#options.onRead(seen);
  }
}
