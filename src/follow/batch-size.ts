/** A batch cannot be left: a stop, a reorg or a newer fence is acted on after it, so it holds the EL no longer than this. */
const MAX_HOLD_MS = 250;

/** How many of the latest calls the measured time of a block is averaged over. */
const CALLS_AVERAGED = 4;

/** How many payloads the next call carries, by what the calls before it took. */
export class BatchSize {
  readonly #max: number;
  #size = 1;
  #msPerBlock: number | null = null;

  constructor(max: number) {
    this.#max = max;
  }

  /** A call with so many payloads took this long. A growing call is at most twice the last one. */
  took(blocks: number, ms: number): void {
    const now = ms / blocks;
    const before = this.#msPerBlock ?? now;
    this.#msPerBlock = before + (now - before) / (this.#msPerBlock === null ? 1 : CALLS_AVERAGED);
    const within = Math.floor(MAX_HOLD_MS / Math.max(this.#msPerBlock, Number.MIN_VALUE));
    this.#size = Math.max(1, Math.min(this.#max, this.#size * 2, within));
  }

  /** How many blocks may be in the next call. */
  get blocks(): number {
    return this.#size;
  }
}
