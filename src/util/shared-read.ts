/** A failure is not kept longer than this. */
const FAILURE_KEEP_MS = 1_000;

/** One read for all who ask at the same time, and for those who ask soon after: a crowd costs the peer no more than one. */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  readonly #keepMs: (tookMs: number) => number;
  readonly #now: () => number;
  #latest: Promise<T> | null = null;
  #keptUntil = 0;

  /** @param keepMs how long an answer is given again, counted from when it came, which took so long; a failure at most a second */
  constructor(read: () => Promise<T>, keepMs: number | ((tookMs: number) => number), now: () => number) {
    this.#read = read;
    this.#keepMs = typeof keepMs === 'number' ? () => keepMs : keepMs;
    this.#now = now;
  }

  get(): Promise<T> {
    if (this.#latest !== null && this.#now() < this.#keptUntil) return this.#latest;
    this.#keptUntil = Infinity;
    const askedAt = this.#now();
    const keep = (atMost: number): void => {
      const now = this.#now();
      this.#keptUntil = now + Math.min(atMost, this.#keepMs(now - askedAt));
    };
    this.#latest = this.#read();
    this.#latest.then(
      () => keep(Infinity),
      () => keep(FAILURE_KEEP_MS),
    );
    return this.#latest;
  }
}
