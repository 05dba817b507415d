import type { BlockRef } from '../chain/block.js';

const AUTO_MIN_MS = 200;
const AUTO_MAX_MS = 6_000;
const AUTO_UNKNOWN_MS = 500;

/** Half of the shorter of two estimates of the block time: by timestamps, and by arrival (blocks can outrun the clock). */
export class BlockTime {
  #last: { readonly head: BlockRef; readonly at: number } | null = null;
  #estimateMs: number | null = null;

  learn(head: BlockRef, at: number): void {
    const last = this.#last;
    if (last !== null && head.number <= last.head.number) return;
    if (last !== null) {
      const blocks = head.number - last.head.number;
      const byClockMs = ((head.timestamp - last.head.timestamp) * 1_000) / blocks;
      const measuredMs = Math.min(byClockMs, (at - last.at) / blocks);
      this.#estimateMs = this.#estimateMs === null ? measuredMs : (this.#estimateMs * 3 + measuredMs) / 4;
    }
    this.#last = { head, at };
  }

  /** The pause until the next look at the head: the one that is set, or one that follows the blocks. */
  pollMs(set: number | 'auto'): number {
    if (set !== 'auto') return set;
    if (this.#estimateMs === null) return AUTO_UNKNOWN_MS;
    return Math.min(AUTO_MAX_MS, Math.max(AUTO_MIN_MS, this.#estimateMs / 2));
  }
}
