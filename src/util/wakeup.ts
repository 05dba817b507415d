import { LockstepError } from './errors.js';
import { sleep } from './sleep.js';

/** A wait that another part of the program can end early. News that comes while nobody waits ends the next wait. */
export class Wakeup {
  #pending = false;
  #wake: (() => void) | null = null;

  notify(): void {
    this.#pending = true;
    this.#wake?.();
  }

  /** Waits at most `ms` milliseconds. Rejects with ABORTED when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#pending) {
      try {
        await sleep(ms, signal, (wake) => (this.#wake = wake));
      } finally {
        this.#wake = null;
      }
      if (signal.aborted) throw new LockstepError('ABORTED');
    }
    this.#pending = false;
  }
}
