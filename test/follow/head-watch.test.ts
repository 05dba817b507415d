import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BlockRef } from '../../src/chain/block.js';
import { HeadWatch } from '../../src/follow/head-watch.js';
import type { HeadNews } from '../../src/follow/state.js';
import { initKeccak } from '../../src/payload/keccak.js';
import type { HeadFeed, HeadListener } from '../../src/source/source.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow, makeBlock, type RealBlock } from './blocks.js';
import { MemorySource } from './memory-source.js';
import { clock } from './virtual-clock.js';

beforeAll(() => initKeccak());
beforeEach(() => clock.start());
afterEach(() => clock.stop());

const CHAIN = grow(null, 21, 'a');
const BLOCK_MS = 2_000;

/** A feed that a test speaks for. */
class MemoryFeed implements HeadFeed {
  readonly name = 'ws://memory';
  subscriptions = 0;
  /** Null while nobody listens. */
  listener: HeadListener | null = null;
  end: (error: LockstepError) => void = () => undefined;
  refuses: LockstepError | null = null;

  subscribe(listener: HeadListener, signal: AbortSignal): Promise<never> {
    this.subscriptions += 1;
    return new Promise<never>((_resolve, reject) => {
      this.end = (error) => {
        this.listener = null;
        reject(error);
      };
      if (this.refuses !== null) return this.end(this.refuses);
      signal.addEventListener('abort', () => this.end(new LockstepError('ABORTED')));
      this.listener = listener;
      return listener.onOpen();
    });
  }

  push(...blocks: RealBlock[]): void {
    for (const { ref } of blocks) this.listener?.onHead(ref);
  }
}

class Watching {
  readonly source = new MemorySource(CHAIN);
  readonly stop = new AbortController();
  readonly news: HeadNews[] = [];
  readonly watch: HeadWatch;
  /** Each head that the watch showed, and each failure, where it differs from the one before. */
  readonly shown: string[] = [];
  paused = false;
  /** Whoever follows takes the block of every new head, as an extension does. */
  takes = true;

  constructor(
    readonly feed: MemoryFeed | null = null,
    pollIntervalMs: number | 'auto' = 'auto',
  ) {
    this.watch = new HeadWatch(this.source, feed, {
      pollIntervalMs,
      now: () => clock.now(),
      random: () => 0,
      paused: () => this.paused,
      onRead: () => this.#note(),
      onHeadNews: (news) => void this.news.push(news),
    });
    void this.watch.run(this.stop.signal);
  }

  static async learned(feed: MemoryFeed | null = null): Promise<Watching> {
    const watching = new Watching(feed);
    await clock.advance(1);
    await watching.grows(20);
    watching.source.calls.length = 0;
    watching.news.length = 0;
    watching.shown.length = 0;
    return watching;
  }

  get tip(): RealBlock {
    return this.source.chain.at(-1)!;
  }

  add(branch = 'a', parent: BlockRef = this.tip.ref): RealBlock {
    const block = makeBlock(parent, branch);
    this.source.chain = [...this.source.chain.slice(0, block.ref.number), block];
    return block;
  }

  /** One block every two seconds, pushed where there is a feed. */
  async grows(blocks: number, pushes = true): Promise<void> {
    for (let made = 0; made < blocks; made += 1) {
      await clock.advance(BLOCK_MS / 2);
      const block = this.add();
      if (pushes) this.feed?.push(block);
      await clock.advance(BLOCK_MS / 2);
    }
  }

  /** Everything that was asked of the source, and forgets about it. */
  asked(): string[] {
    return this.source.calls.splice(0);
  }

  #note(): void {
    const { latest } = this.watch;
    const what = latest.kind === 'seen' ? `${latest.value.number}` : latest.kind;
    if (this.shown.at(-1) !== what) this.shown.push(what);
    if (latest.kind === 'seen' && this.takes) this.watch.takeBlock(latest.value.hash);
  }
}

describe('a source that is looked at', () => {
  it('is asked for the next block, whole, and that is the head and at hand', async () => {
    const watching = await Watching.learned();
    watching.takes = false;
    await clock.advance(BLOCK_MS / 2);
    const block = watching.add();
    await clock.advance(BLOCK_MS / 2);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: block.ref });
    expect(watching.watch.takeBlock(block.ref.hash)).toEqual(block.fetched);
    expect(watching.watch.takeBlock(block.ref.hash)).toBeNull();
    expect(new Set(watching.asked())).toEqual(new Set(['block 41']));
  });

  it('costs less than two calls per block, all of them for blocks', async () => {
    const watching = await Watching.learned();
    await watching.grows(40);
    const asked = watching.asked();
    expect(asked.length).toBeLessThan(80);
    expect(asked.filter((call) => !call.startsWith('block'))).toEqual([]);
    expect(watching.news).toHaveLength(40);
    expect(watching.news.every((news) => news.kind === 'head' && news.by === 'probe')).toBe(true);
  });

  it('is asked for its head only, while nobody takes the blocks', async () => {
    const watching = await Watching.learned();
    watching.takes = false;
    await watching.grows(20);
    const blocks = watching.asked().filter((call) => call.startsWith('block'));
    expect(new Set(blocks).size).toBeLessThanOrEqual(2);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: watching.tip.ref });
  });

  it('is asked nothing while no newer head is needed, and for its head soon afterwards', async () => {
    const watching = await Watching.learned();
    watching.paused = true;
    await watching.grows(10);
    expect(watching.asked()).toEqual([]);
    watching.paused = false;
    watching.watch.wake();
    await clock.advance(150);
    expect(watching.asked()).toEqual(['head']);
    expect(watching.shown).toEqual(['50']);
  });

  it('shows another block beside the head when it is asked for its head, and one above it by its parent', async () => {
    const watching = await Watching.learned();
    const beside = watching.add('b', watching.source.chain[39]!.ref);
    await clock.advance(3 * BLOCK_MS);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: beside.ref });
    const other = grow(watching.source.chain[38]!.ref, 4, 'c');
    watching.source.chain = [...watching.source.chain.slice(0, 39), ...other.slice(0, 3)];
    await clock.advance(3 * BLOCK_MS);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: other[2]!.ref });
  });

  it('shows that it went back within three block times', async () => {
    const watching = await Watching.learned();
    watching.source.chain = watching.source.chain.slice(0, 31);
    await clock.advance(4 * BLOCK_MS);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: watching.source.chain[30]!.ref });
  });

  it('fails as long as it cannot be read, with growing pauses, and is asked for its head afterwards', async () => {
    const watching = await Watching.learned();
    const error = new LockstepError('SOURCE_TIMEOUT');
    const fail = (): never => {
      throw error;
    };
    watching.source.meddleBlock = fail;
    watching.source.beforeRead = fail;
    await clock.advance(60_000);
    expect(watching.watch.latest).toEqual({ kind: 'failed', error });
    expect(watching.asked().length).toBeLessThan(20);
    watching.source.meddleBlock = () => undefined;
    watching.source.beforeRead = () => undefined;
    await clock.advance(15_000);
    expect(watching.asked().at(-1)).toBe('head');
    expect(watching.watch.latest.kind).toBe('seen');
  });

  it.each([
    ['is not a block', Buffer.from('0xc0')],
    ['is a block of another height', CHAIN[3]!.fetched.text],
  ])('whose next block %s is asked for its head', async (_what, text) => {
    const watching = await Watching.learned();
    watching.source.meddleBlock = () => ({ kind: 'found', value: { form: 'rlp', text, start: 2, end: text.length } });
    await watching.grows(5);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: watching.tip.ref });
    expect(watching.asked()).toContain('head');
  });

  it('ends with the signal', async () => {
    const watching = await Watching.learned();
    watching.stop.abort();
    await watching.grows(3);
    expect(watching.asked()).toEqual([]);
  });
});

describe('a source that pushes its heads', () => {
  it('costs one call per block: that for the block', async () => {
    const watching = await Watching.learned(new MemoryFeed());
    await watching.grows(40);
    expect(watching.asked()).toEqual(Array.from({ length: 40 }, (_, index) => `block ${41 + index} by hash`));
    expect(watching.news.every((news) => news.kind === 'head' && news.by === 'newheads')).toBe(true);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: watching.tip.ref });
  });

  it('is followed over heads that came at once: only the newest is fetched', async () => {
    const watching = await Watching.learned(new MemoryFeed());
    const blocks = [watching.add(), watching.add(), watching.add()];
    watching.feed?.push(...blocks);
    await clock.advance(1);
    expect(watching.asked()).toEqual(['block 43 by hash']);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: blocks[2]!.ref });
  });

  it('is not asked for a head that it had pushed before, nor for one below', async () => {
    const watching = await Watching.learned(new MemoryFeed());
    watching.feed?.push(watching.tip, watching.source.chain[30]!);
    await clock.advance(1);
    expect(watching.asked()).toEqual([]);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: watching.tip.ref });
  });

  it('is followed by looks when it falls silent, and subscribed to anew', async () => {
    const watching = await Watching.learned(new MemoryFeed());
    await watching.grows(8, false);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: watching.tip.ref });
    expect(watching.news.some(({ kind }) => kind === 'lost')).toBe(true);
    expect(watching.feed?.subscriptions).toBeGreaterThan(1);
    watching.asked();
    await watching.grows(1);
    await watching.grows(10);
    expect(watching.asked().slice(-10)).toEqual(
      Array.from({ length: 10 }, (_, index) => `block ${50 + index} by hash`),
    );
  });

  it('costs one call for each head of another chain, which is not believed, and less than that soon', async () => {
    const watching = await Watching.learned(new MemoryFeed());
    const foreign = grow({ ...CHAIN[0]!.ref, number: 99 }, 10, 'foreign');
    for (let made = 0; made < 10; made += 1) {
      watching.feed?.push(foreign[made]!);
      await watching.grows(1, false);
    }
    const unknown = watching.asked().filter((call) => call === 'block of unknown hash by hash');
    expect(unknown.length).toBeLessThanOrEqual(10);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: watching.tip.ref });
    expect(watching.shown).toEqual(Array.from({ length: 10 }, (_, index) => `${41 + index}`));
    expect(watching.news.some(({ kind }) => kind === 'unknown-push')).toBe(true);
  });

  it('costs one call where many forged heads come between two blocks', async () => {
    const watching = await Watching.learned(new MemoryFeed());
    for (let forged = 0; forged < 50; forged += 1) {
      watching.feed?.push(makeBlock(watching.tip.ref, `forged ${forged}`));
      await clock.advance(10);
    }
    expect(watching.asked().filter((call) => call.endsWith('by hash'))).toHaveLength(1);
  });

  it('is left for the looks while it refuses the subscription, which is asked for ever more rarely', async () => {
    const feed = new MemoryFeed();
    feed.refuses = new LockstepError('SOURCE_RPC_ERROR');
    const watching = await Watching.learned(feed);
    await watching.grows(300);
    expect(watching.watch.latest).toEqual({ kind: 'seen', value: watching.tip.ref });
    expect(feed.subscriptions).toBeLessThan(35);
    feed.refuses = null;
    await clock.advance(60_000);
    await watching.grows(20);
    watching.asked();
    await watching.grows(10);
    expect(watching.asked()).toHaveLength(10);
  });

  it('is subscribed to until the signal aborts', async () => {
    const watching = await Watching.learned(new MemoryFeed());
    watching.stop.abort();
    await clock.advance(200_000);
    expect(watching.feed).toMatchObject({ listener: null, subscriptions: 1 });
  });
});
