/** Below this rate compressing costs a source less time than it saves; inflating pays up to 250 MB/s (performance 4.5). */
const WORTH_BELOW_BYTES_PER_MS = 60_000;

/** A link has to be so much faster before compression is given up again. */
const HYSTERESIS = 1.25;

/** Smaller replies are over before anything can be measured of the link. */
const LARGE_BYTES = 64 * 1024;

/** So many large replies that came plain are measured together. */
const REPLIES_MEASURED = 16;

/** So many large replies come compressed before one is asked for plain, to measure the link. */
const REPLIES_PER_PROBE = 64;

/** The body of a reply as it came: its bytes before inflation, and when its first and its last byte were there. */
export interface Transfer {
  readonly sizeBytes: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Whether replies are asked for compressed: where the link is slower than compressing them, by what plain replies took.
 * Bodies that came side by side shared the link. Pure: time is an argument.
 */
export class Compression {
  #isWorth: boolean;
  #bytes = 0;
  #ms = 0;
  #replies = 0;
  #busyUntilMs = -Infinity;
  #sinceProbe = 0;

  /** `isWorth`: what is assumed before anything was measured. */
  constructor(isWorth: boolean) {
    this.#isWorth = isWorth;
  }

  /** Whether to ask for the next reply compressed. */
  get wanted(): boolean {
    return this.#isWorth && !this.#isProbe;
  }

  get #isProbe(): boolean {
    return this.#sinceProbe >= REPLIES_PER_PROBE;
  }

  came({ sizeBytes, fromMs, toMs }: Transfer, wasCompressed: boolean): void {
    if (sizeBytes < LARGE_BYTES) return;
    const ms = Math.max(0, toMs - Math.max(fromMs, this.#busyUntilMs));
    this.#busyUntilMs = toMs;
    if (wasCompressed) {
      this.#sinceProbe += 1;
      return;
    }
    this.#bytes += sizeBytes;
    this.#ms += ms;
    this.#replies += 1;
    if (this.#isWorth ? this.#isProbe : this.#replies >= REPLIES_MEASURED) this.#decide();
  }

  #decide(): void {
    const threshold = WORTH_BELOW_BYTES_PER_MS * (this.#isWorth ? HYSTERESIS : 1);
    this.#isWorth = this.#bytes < threshold * this.#ms;
    this.#bytes = 0;
    this.#ms = 0;
    this.#replies = 0;
    this.#sinceProbe = 0;
  }
}
