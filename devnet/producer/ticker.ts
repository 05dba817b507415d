import { setTimeout as wait } from 'node:timers/promises';

/** Runs work at a steady pace, never twice at once; work that takes longer than the period runs back to back. */
export class Ticker {
  private stopping: AbortController | null = null;
  private running: Promise<void> = Promise.resolve();
  private failed: unknown = null;

  constructor(
    private readonly periodMs: number,
    private readonly work: () => Promise<unknown>,
  ) {}

  start(times: number): void {
    if (this.stopping !== null) return;
    this.stopping = new AbortController();
    this.running = this.run(times, this.stopping.signal).catch((error: unknown) => {
      this.failed = error;
    });
  }

  /** What ended the ticker, or null. */
  get failure(): unknown {
    return this.failed;
  }

  /** Waits for the work in progress. */
  async stop(): Promise<void> {
    this.stopping?.abort();
    this.stopping = null;
    await this.running;
  }

  private async run(times: number, signal: AbortSignal): Promise<void> {
    let next = performance.now();
    for (let done = 0; done < times && !signal.aborted; done++) {
      await this.work();
      next = Math.max(next + this.periodMs, performance.now());
      const pauseMs = next - performance.now();
      if (pauseMs > 0) await wait(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
