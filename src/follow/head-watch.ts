import type { BlockRef } from '../chain/block.js';
import type { FetchedBlock } from '../chain/fetched-block.js';
import { claimedRef } from '../payload/claimed-ref.js';
import type { BlockId, HeadFeed, Lookup, Source } from '../source/source.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';
import { sleep } from '../util/sleep.js';
import { Wakeup } from '../util/wakeup.js';
import { FIRST_HEAD_PACE, found, type FoundHead, type Look, missed, nextLook, unsure } from './head-pace.js';
import { backoffMs, IDLE_MS, SOURCE_BACKOFF } from './limits.js';
import { PushedHeads } from './pushed-heads.js';
import type { HeadNews, Seen } from './state.js';

export interface HeadWatchOptions {
  readonly pollIntervalMs: number | 'auto';
  readonly now: () => number;
  readonly random: () => number;
  /** Nobody needs a newer head. */
  readonly paused: () => boolean;
  /** A head was looked at, or could not be. */
  readonly onRead: () => void;
  readonly onHeadNews: (news: HeadNews) => void;
}

/** Heads in a row that a subscription which is open did not bring: it is dead, whatever its connection says. */
const SILENT_HEADS_MAX = 3;

type By = FoundHead['by'];

interface MetBlock {
  readonly ref: BlockRef;
  readonly block: FetchedBlock;
}

/**
 * Watches the head of the source: by looking for the next block when it is expected (`head-pace.ts`), and by the heads
 * that the source pushes, where it does. A push is a hint like any other: the block that it names is fetched, which has
 * to be done anyway, and only a block that the source has is the head. The block is kept until it is taken, so a new
 * head costs one call.
 */
export class HeadWatch {
  readonly #source: Source;
  readonly #options: HeadWatchOptions;
  readonly #pushed: PushedHeads | null;
  readonly #wakeup = new Wakeup();
  #latest: Seen<BlockRef> = { kind: 'pending' };
  #head: BlockRef | null = null;
  #pace = FIRST_HEAD_PACE;
  #atHand: { readonly hash: Hash; readonly block: FetchedBlock } | null = null;
  #failures = 0;
  /** The source did not have the block of the last push: pushes are not looked at until a look of ours found a block. */
  #doubted = false;
  /** Heads in a row that looks met and no push named, although the source has taken the subscription. */
  #silentHeads = 0;
  /** A block was met and nobody took it: heads are enough until somebody does. */
  #unwanted = false;

  constructor(source: Source, feed: HeadFeed | null, options: HeadWatchOptions) {
    this.#source = source;
    this.#options = options;
    const { random, onHeadNews } = options;
    const onPush = (): void => this.#wakeup.notify();
    this.#pushed = feed === null ? null : new PushedHeads(feed, { random, onPush, onHeadNews });
  }

  get latest(): Seen<BlockRef> {
    return this.#latest;
  }

  /** Null before two heads are known. */
  get blockTimeMs(): number | null {
    return this.#pace.blockMs;
  }

  /** The pause may be over. */
  wake(): void {
    this.#wakeup.notify();
  }

  /** The whole block of this hash, once, where a look has brought it. */
  takeBlock(hash: Hash): FetchedBlock | null {
    if (this.#atHand?.hash !== hash) return null;
    const { block } = this.#atHand;
    this.#atHand = null;
    return block;
  }

  /** Runs until the signal aborts; rejects only for a bug. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#looking(signal), this.#pushed?.run(signal)]);
  }

  async #looking(signal: AbortSignal): Promise<void> {
    try {
      for (;;) await this.#step(signal);
    } catch (thrown) {
      const error = asLockstepError(thrown);
      if (error.code !== 'ABORTED') throw error;
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { paused, now, pollIntervalMs } = this.#options;
    if (paused()) {
      // Whoever pauses the looks takes blocks meanwhile.
      this.#unwanted = false;
      return this.#wakeup.wait(IDLE_MS, signal);
    }
    const push = this.#nextPush();
    const look = nextLook(this.#pace, { pollIntervalMs, pushed: this.#isPushed() }, now());
    const waitMs = look.atMs - now();
    if (push === null && waitMs > 0) return this.#wakeup.wait(waitMs, signal);
    const failure = await this.#try(() => (push === null ? this.#look(look.ask, signal) : this.#follow(push, signal)));
    if (failure !== null) await sleep(this.#fail(failure), signal);
  }

  /** The newest push that can be the next head. One at or below the head changes nothing: looks tell of a reorg there. */
  #nextPush(): { readonly ref: BlockRef; readonly atMs: number } | null {
    const push = this.#pushed?.take() ?? null;
    if (push === null || this.#doubted || this.#head === null || push.number <= this.#head.number) return null;
    return { ref: push, atMs: this.#options.now() };
  }

  async #try(work: () => Promise<void>): Promise<LockstepError | null> {
    try {
      await work();
      return null;
    } catch (thrown) {
      const error = asLockstepError(thrown);
      if (error.code === 'ABORTED' || error.code === 'INTERNAL') throw error;
      return error;
    }
  }

  async #follow({ ref, atMs }: { ref: BlockRef; atMs: number }, signal: AbortSignal): Promise<void> {
    if (this.#isUnwanted()) {
      await this.#readHead(this.#options.now(), signal);
      if (this.#head !== null && this.#head.number >= ref.number) return;
    } else {
      const met = await this.#fetch({ hash: ref.hash }, signal);
      if (typeof met === 'object' && met.ref.hash === ref.hash) return this.#meet(met, 'push', atMs);
    }
    this.#doubted = true;
    this.#options.onHeadNews({ kind: 'unknown-push', number: ref.number });
  }

  async #look(ask: Look['ask'], signal: AbortSignal): Promise<void> {
    const sentAtMs = this.#options.now();
    if (ask === 'latest' || this.#head === null || this.#isUnwanted()) return this.#readHead(sentAtMs, signal);
    const number = this.#head.number + 1;
    const met = await this.#fetch({ number }, signal);
    this.#failures = 0;
    if (met === 'absent') this.#pace = missed(this.#pace, { sentAtMs, doneAtMs: this.#options.now() });
    else if (met === 'unreadable' || met.ref.number !== number) this.#pace = unsure(this.#pace);
    else this.#meet(met, 'next', sentAtMs);
  }

  #isUnwanted(): boolean {
    if (this.#atHand !== null) this.#unwanted = true;
    this.#atHand = null;
    return this.#unwanted;
  }

  async #readHead(sentAtMs: number, signal: AbortSignal): Promise<void> {
    const head = await this.#source.head(signal);
    if (this.#head?.hash === head.hash) this.#pace = missed(this.#pace, { sentAtMs, doneAtMs: this.#options.now() });
    else this.#advance(head, 'latest', sentAtMs);
    this.#publish({ kind: 'seen', value: head });
  }

  async #fetch(id: BlockId, signal: AbortSignal): Promise<MetBlock | 'absent' | 'unreadable'> {
    const lookup: Lookup<FetchedBlock> = await this.#source.block(id, signal);
    if (lookup.kind !== 'found') return lookup.kind === 'absent' ? 'absent' : 'unreadable';
    try {
      return { ref: claimedRef(lookup.value), block: lookup.value };
    } catch (thrown) {
      // Whoever follows the head meets the block too, and says what is wrong with it.
      if (thrown instanceof LockstepError && thrown.code.startsWith('BLOCK_')) return 'unreadable';
      throw thrown;
    }
  }

  #meet({ ref, block }: MetBlock, by: By, atMs: number): void {
    this.#atHand = { hash: ref.hash, block };
    this.#advance(ref, by, atMs);
    this.#publish({ kind: 'seen', value: ref });
  }

  #advance(head: BlockRef, by: By, atMs: number): void {
    const doneAtMs = by === 'push' ? atMs : this.#options.now();
    this.#pace = found(this.#pace, { number: head.number, timestamp: head.timestamp, by, sentAtMs: atMs, doneAtMs });
    this.#options.onHeadNews({ kind: 'head', by: by === 'push' ? 'newheads' : 'probe' });
    if (by !== 'push') this.#doubted = false;
    this.#judgeFeed();
    this.#head = head;
  }

  /** The next head is waited for, as the last ones were pushed. */
  #isPushed(): boolean {
    const highest = this.#pushed?.highest ?? null;
    return highest !== null && this.#silentHeads === 0 && !this.#doubted;
  }

  /** A look may be faster than the push, so what counts is whether the head before the new one was pushed by now. */
  #judgeFeed(): void {
    if (this.#pushed?.isOpen !== true || this.#head === null) return;
    const named = this.#pushed.highest !== null && this.#pushed.highest >= this.#head.number;
    this.#silentHeads = named ? 0 : this.#silentHeads + 1;
    if (this.#silentHeads < SILENT_HEADS_MAX) return;
    this.#silentHeads = 0;
    this.#pushed.drop();
  }

  #fail(error: LockstepError): number {
    this.#failures += 1;
    this.#pace = unsure(this.#pace);
    this.#publishFailure(error);
    return backoffMs(SOURCE_BACKOFF, this.#failures, this.#options.random(), error);
  }

  #publish(seen: Seen<BlockRef>): void {
    this.#failures = 0;
    this.#latest = seen;
    this.#options.onRead();
  }

  #publishFailure(error: LockstepError): void {
    this.#latest = { kind: 'failed', error };
    this.#options.onRead();
  }
}
