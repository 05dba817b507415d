import type { BlockRef } from '../chain/block.js';
import type { Source } from '../source/source.js';
import { LockstepError } from '../util/errors.js';
import { askAgain } from './ask-again.js';
import type { FetchAhead } from './fetch-ahead.js';
import { prepare, type Prepared } from './prepare.js';

/** The payloads of an extension, in order. */
export interface NextBlocks {
  /** The next payload, or why there is none. One call at a time; the block after it is verified meanwhile. */
  next(): Promise<Prepared>;
  /** The EL has executed the blocks up to this one: nothing is kept of them. */
  executed(number: number): void;
  /** Hands out what is on its way, and then stops with `slice`. */
  finish(): void;
}

/**
 * Hands out the payloads of an extension in order, each confirmed by a hash that came from elsewhere: the target by its
 * own, every other block by the parent hash of its successor. A header that was changed on the way recomputes to some
 * hash too, so without this it would reach the EL before the break shows.
 */
export class ConfirmedBlocks implements NextBlocks {
  readonly #blocks: FetchAhead;
  readonly #target: BlockRef;
  readonly #source: Source;
  readonly #signal: AbortSignal;
  #ahead: Promise<Prepared>;

  constructor(blocks: FetchAhead, plan: { from: BlockRef; to: BlockRef }, source: Source, signal: AbortSignal) {
    this.#blocks = blocks;
    this.#target = plan.to;
    this.#source = source;
    this.#signal = signal;
    this.#ahead = this.#prepare(plan.from);
  }

  async next(): Promise<Prepared> {
    const current = await this.#ahead;
    if (current.kind === 'stop') return current;
    const { ref } = current.payload;
    if (ref.number >= this.#target.number) return current;
    this.#ahead = this.#prepare(ref);
    const successor = await this.#ahead;
    if (successor.kind === 'ready') return current;
    return (await this.#isOnSource(ref)) ? current : successor;
  }

  executed(number: number): void {
    this.#blocks.executed(number);
  }

  finish(): void {
    this.#blocks.finish();
  }

  #prepare(parent: BlockRef): Promise<Prepared> {
    return prepare(this.#blocks, parent, this.#target, this.#source, this.#signal);
  }

  /** Without a successor the source itself has to confirm the block, so that a gap does not cost the block before it. */
  async #isOnSource(ref: BlockRef): Promise<boolean> {
    if (this.#signal.aborted) return false;
    try {
      const found = await askAgain(() => this.#source.refAt({ number: ref.number }, this.#signal));
      return found.kind === 'found' && found.value.hash === ref.hash;
    } catch (thrown) {
      if (thrown instanceof LockstepError && thrown.code !== 'INTERNAL') return false;
      throw thrown;
    }
  }
}
