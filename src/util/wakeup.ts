import { sleep } from './sleep.js';

/** A wait that another part of the program can end early. News that comes while nobody waits ends the next wait. */
export class Wakeup {
  #pending = false;
  #wake: AbortController | null = null;

  notify(): void {
    this.#pending = true;
    this.#wake?.abort();
  }

  /** Waits at most `ms` milliseconds. Rejects with ABORTED when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#pending) {
      const wake = new AbortController();
      this.#wake = wake;
      try {
        await sleep(ms, AbortSignal.any([signal, wake.signal]));
      } catch (thrown) {
        if (signal.aborted || !wake.signal.aborted) throw thrown;
      } finally {
        this.#wake = null;
      }
    }
    this.#pending = false;
  }
}
