import type { BlockRef } from '../chain/block.js';

/** Half an hour of a chain with blocks every two seconds: labels of most chains move within that. */
const BLOCKS_MAX = 1_024;

/** The blocks that an EL was led to one after the other: while it stands at the last one, they are its chain. */
export class LedChain {
  readonly #blocks = new Map<number, BlockRef>();
  #head: BlockRef | null = null;

  ledTo(head: BlockRef): void {
    if (this.#head?.hash === head.hash) return;
    if (this.#head?.hash !== head.parentHash) this.#blocks.clear();
    this.#blocks.set(head.number, head);
    this.#blocks.delete(head.number - BLOCKS_MAX);
    this.#head = head;
  }

  at(number: number): BlockRef | undefined {
    return this.#blocks.get(number);
  }

  /** The EL may be on another chain by now. */
  forget(): void {
    this.#blocks.clear();
    this.#head = null;
  }
}
