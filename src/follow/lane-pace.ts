/** A batch cannot be left: a stop, a reorg or a newer fence is acted on after it, so it holds the EL no longer than this. */
const MAX_HOLD_MS = 250;

/** Blocks without a forkchoice are seen by nobody and lost by a kill, so the next one is due no later than this. */
const MAX_UNAPPLIED_MS = 1_000;

/** How many of the latest calls the measured time of a block is averaged over. */
const CALLS_AVERAGED = 4;

interface LaneLimits {
  readonly maxPayloadsPerCall: number;
  readonly maxBlocksPerForkchoice: number;
}

/** How many payloads the next call carries, and after how many blocks a forkchoice is due, by what calls took before. */
export class LanePace {
  readonly #limits: LaneLimits;
  #payloads = 1;
  #msPerBlock: number | null = null;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /**
   * A call with so many payloads took this long. A growing call is at most twice the last one; after one that held the EL
   * for too long nothing is averaged.
   */
  took(blocks: number, ms: number): void {
    const now = ms / blocks;
    const before = ms > MAX_HOLD_MS ? null : this.#msPerBlock;
    this.#msPerBlock = before === null ? now : before + (now - before) / CALLS_AVERAGED;
    this.#payloads = this.#within(MAX_HOLD_MS, Math.min(this.#limits.maxPayloadsPerCall, this.#payloads * 2));
  }

  /** How many payloads may be in the next call. */
  get payloadsPerCall(): number {
    return this.#payloads;
  }

  get blocksPerForkchoice(): number {
    return this.#within(MAX_UNAPPLIED_MS, this.#limits.maxBlocksPerForkchoice);
  }

  #within(ms: number, max: number): number {
    if (this.#msPerBlock === null) return max;
    return Math.max(1, Math.min(max, Math.floor(ms / Math.max(this.#msPerBlock, Number.MIN_VALUE))));
  }
}
