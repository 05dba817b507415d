import { monotonicNs } from './cpu-time.js';

/** A network link of a source stub: every answer takes the latency, and all of them share the bandwidth. */
export class Link {
  readonly #latencyMs: number;
  readonly #bytesPerMs: number;
  #freeAtMs = 0;

  constructor(latencyMs: number, bytesPerSecond: number | null) {
    this.#latencyMs = latencyMs;
    this.#bytesPerMs = bytesPerSecond === null ? Infinity : bytesPerSecond / 1_000;
  }

  /** Calls `arrive` when the last byte of an answer of that size would be through. */
  carry(sizeBytes: number, arrive: () => void): void {
    if (this.#latencyMs === 0 && this.#bytesPerMs === Infinity) {
      arrive();
      return;
    }
    const nowMs = monotonicNs() / 1e6;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs + this.#latencyMs) + sizeBytes / this.#bytesPerMs;
    setTimeout(arrive, this.#freeAtMs - nowMs);
  }
}
