import type { BlockRef } from '../chain/block.js';
import type { HeadFeed } from '../source/source.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import { sleep } from '../util/sleep.js';
import { backoffMs, HEAD_FEED_BACKOFF } from './limits.js';
import type { HeadNews } from './state.js';

interface PushedHeadsOptions {
  readonly random: () => number;
  readonly onPush: () => void;
  readonly onHeadNews: (news: HeadNews) => void;
}

/** Keeps a subscription to the source's heads, one after the other, and of what it brings the newest. */
export class PushedHeads {
  readonly #feed: HeadFeed;
  readonly #options: PushedHeadsOptions;
  #newest: BlockRef | null = null;
  #current: AbortController | null = null;
  #open = false;
  #highest: number | null = null;
  /** Subscriptions in a row that ended before they brought a head. */
  #failures = 0;

  constructor(feed: HeadFeed, options: PushedHeadsOptions) {
    this.#feed = feed;
    this.#options = options;
  }

  /** The source has taken the subscription. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** The highest head that this subscription has brought. */
  get highest(): number | null {
    return this.#highest;
  }

  /** The newest head since the last time. */
  take(): BlockRef | null {
    const newest = this.#newest;
    this.#newest = null;
    return newest;
  }

  /** Ends this subscription, which brings nothing, and begins another one after a pause. */
  drop(): void {
    this.#current?.abort();
  }

  /** Runs until the signal aborts; rejects only for a bug. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) await this.#pause(await this.#subscription(signal), signal);
    } catch (thrown) {
      const error = asLockstepError(thrown);
      if (error.code !== 'ABORTED') throw error;
    }
  }

  async #subscription(signal: AbortSignal): Promise<LockstepError> {
    const current = new AbortController();
    this.#current = current;
    const listener = { onOpen: () => this.#opened(), onHead: (head: BlockRef) => this.#take(head) };
    try {
      return await this.#feed.subscribe(listener, AbortSignal.any([signal, current.signal]));
    } catch (thrown) {
      const error = asLockstepError(thrown);
      if (error.code === 'INTERNAL' || signal.aborted) throw error;
      const silent = new LockstepError('SOURCE_TIMEOUT', {
        detail: `${this.#feed.name}: new heads, and none was pushed`,
      });
      return error.code === 'ABORTED' ? silent : error;
    } finally {
      this.#open = false;
      this.#newest = null;
      this.#highest = null;
    }
  }

  async #pause(error: LockstepError, signal: AbortSignal): Promise<void> {
    this.#failures += 1;
    this.#options.onHeadNews({ kind: 'lost', error });
    await sleep(backoffMs(HEAD_FEED_BACKOFF, this.#failures, this.#options.random(), error), signal);
  }

  #opened(): void {
    this.#open = true;
    this.#options.onHeadNews({ kind: 'open', source: this.#feed.name });
  }

  #take(head: BlockRef): void {
    this.#failures = 0;
    this.#newest = head;
    this.#highest = Math.max(this.#highest ?? 0, head.number);
    this.#options.onPush();
  }
}
