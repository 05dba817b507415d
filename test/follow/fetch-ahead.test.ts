import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FetchedBlock, JsonBlock } from '../../src/chain/fetched-block.js';
import { FetchAhead, type FetchDeps, type FetchLimits } from '../../src/follow/fetch-ahead.js';
import { FetchWindow } from '../../src/follow/fetch-window.js';
import { SOURCE_BACKOFF } from '../../src/follow/limits.js';
import type { Lookup } from '../../src/source/source.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow } from './blocks.js';
import { MemorySource } from './memory-source.js';
import { clock } from './virtual-clock.js';

const CHAIN = grow(null, 41, 'a');
/** `requests`: at most so many under way. */
type Limits = FetchLimits & { readonly requests: number };
const WIDE: Limits = { maxBlocks: 100, maxBytes: 1_000_000_000, requests: 4 };

/** A source whose blocks come when the test says so, and the window of requests before it. */
class Window {
  readonly source = new MemorySource(CHAIN);
  readonly stop = new AbortController();
  readonly deps: FetchDeps;
  readonly blocks: FetchAhead;
  readonly #open = new Map<number, (answer: Lookup<FetchedBlock> | LockstepError) => void>();

  constructor(limits: Partial<Limits>, first = 1, target = 40) {
    this.source.meddleBlock = (id) =>
      new Promise((resolve, reject) => {
        this.#open.set(this.source.heightOf(id)!, (answer) => {
          if (answer instanceof LockstepError) reject(answer);
          else resolve(answer);
        });
      });
    const { requests, ...rest } = { ...WIDE, ...limits };
    this.deps = { source: this.source, limits: rest, window: new FetchWindow(requests), now: () => 0 };
    this.blocks = new FetchAhead(this.deps, { first, target: CHAIN[target]!.ref }, this.stop.signal);
  }

  /** The heights that were asked for and not answered yet. */
  get open(): number[] {
    return [...this.#open.keys()];
  }

  async serve(height: number, answer: Lookup<FetchedBlock> | LockstepError = block('ab'.repeat(50))): Promise<void> {
    const serve = this.#open.get(height);
    if (serve === undefined) throw new RangeError(`block ${height} was not asked for`);
    this.#open.delete(height);
    serve(answer);
    await settled();
  }

  /** Serves whatever is asked for until nothing more is. */
  async serveAll(answer?: Lookup<FetchedBlock>): Promise<void> {
    for (let next = this.open[0]; next !== undefined; next = this.open[0]) await this.serve(next, answer);
  }
}

function block(hex: string): Lookup<FetchedBlock> {
  return { kind: 'found', value: { form: 'rlp', text: Buffer.from(hex), start: 0, end: hex.length } };
}

/** Lets everything run that is due. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('blocks fetched ahead', () => {
  it('are handed out in order, in whatever order they come', async () => {
    const window = new Window({}, 1, 4);
    const named = (height: number): Lookup<FetchedBlock> => block(`a${height}`);
    await window.serve(1, named(1));
    for (const height of [3, 2]) await window.serve(height, named(height));
    await window.serve(4, named(4));
    for (const height of [1, 2, 3, 4]) expect(await window.blocks.take()).toEqual(named(height));
  });

  it('are asked for by number, and the target by its hash', async () => {
    const window = new Window({}, 38, 40);
    await window.serveAll();
    expect(window.source.calls).toEqual(['block 38', 'block 39', 'block 40 by hash']);
  });

  it('end at the target', async () => {
    const window = new Window({}, 40, 40);
    await window.serveAll();
    await window.blocks.take();
    await expect(window.blocks.take()).rejects.toThrow(RangeError);
  });

  it('start with one request, and with as many as the window says after it', async () => {
    const window = new Window({ requests: 4 });
    expect(window.open).toEqual([1]);
    await window.serve(1);
    expect(window.open).toEqual([2, 3, 4]);
    await window.serve(2);
    expect(window.open).toEqual([3, 4, 5, 6]);
    await window.serve(3);
    expect(window.open).toEqual([4, 5, 6, 7]);
  });

  it('are half as many under way after a request that timed out, or was limited in its rate and repeated', async () => {
    const window = new Window({ requests: 4 });
    for (const height of [1, 2]) await window.serve(height);
    expect(window.open).toEqual([3, 4, 5, 6]);
    window.source.setbacks += 1;
    await window.serve(3);
    expect(window.open).toEqual([4, 5, 6]);
    await window.serve(4);
    expect(window.open).toEqual([5, 6]);
    await window.serve(5);
    expect(window.open).toEqual([6, 7]);
  });

  it('are asked for as many at a time as in the range before', async () => {
    const before = new Window({ requests: 8 }, 1, 4);
    await before.serveAll();
    const { source, deps, stop } = before;
    source.calls.length = 0;
    const after = new FetchAhead(deps, { first: 5, target: CHAIN[40]!.ref }, stop.signal);
    expect(source.calls).toHaveLength(deps.window.requests);
    expect(deps.window.requests).toBeGreaterThan(4);
    after.finish();
  });
});

describe('the window', () => {
  it('holds so many blocks, those under way included, and moves on with each block taken', async () => {
    const window = new Window({ maxBlocks: 3 });
    await window.serveAll();
    expect(window.source.calls).toHaveLength(3);
    await window.blocks.take();
    expect(window.open).toEqual([4]);
  });

  it('holds so many bytes', async () => {
    const window = new Window({ maxBytes: 450 });
    await window.serveAll(block('ab'.repeat(50)));
    expect(window.source.calls).toHaveLength(4);
    await window.blocks.take();
    expect(window.open).toEqual([]);
    window.blocks.executed(1);
    await window.serveAll(block('ab'.repeat(50)));
    expect(window.source.calls).toHaveLength(5);
  });

  it('expects of requests under way what blocks came to before', async () => {
    const window = new Window({ maxBytes: 450, requests: 100 });
    await window.serve(1);
    await window.serve(2);
    await window.serve(3);
    expect(window.open.length + 3).toBe(4);
  });

  it('holds two blocks however large they are', async () => {
    const window = new Window({ maxBytes: 1 });
    await window.serveAll(block('ab'.repeat(1_000)));
    expect(window.source.calls).toHaveLength(2);
    for (const height of [1, 2]) {
      await window.blocks.take();
      expect(window.open).toEqual([]);
      window.blocks.executed(height);
      expect(window.open).toEqual([height + 2]);
      await window.serve(height + 2);
    }
  });

  it.each<[string, JsonBlock]>([
    ['its transactions', { form: 'json', block: { transactions: ['0x', '0x'] } }],
    ['three times their text, where they were not parsed', { form: 'json', block: {}, items: Buffer.alloc(1_333) }],
  ])('counts a block in JSON by %s', async (_, value) => {
    const window = new Window({ maxBytes: 20_000 });
    await window.serveAll({ kind: 'found', value });
    expect(window.source.calls).toHaveLength(3);
  });

  it('counts a block in parts by their text', async () => {
    const parts: Lookup<FetchedBlock> = {
      kind: 'found',
      value: { form: 'parts', block: {}, transactions: [`0x${'ab'.repeat(1_000)}`, '0xab'] },
    };
    const window = new Window({ maxBytes: 16_000 });
    await window.serveAll(parts);
    expect(window.source.calls).toHaveLength(3);
  });

  it('gives no room to what is not there', async () => {
    const window = new Window({ maxBytes: 250, requests: 1 });
    for (let looks = 0; looks < 4; looks += 1) await window.serve(1, { kind: 'absent' });
    await window.serve(2, { kind: 'pruned', detail: 'gone' });
    await window.serveAll();
    expect(window.source.calls).toHaveLength(7);
    expect(await window.blocks.take()).toEqual({ kind: 'absent' });
    expect(await window.blocks.take()).toEqual({ kind: 'pruned', detail: 'gone' });
  });
});

describe('a block that is not there', () => {
  it('is asked for once more, because the next node behind the URL may have it (S11)', async () => {
    const window = new Window({}, 1, 1);
    await window.serve(1, { kind: 'absent' });
    await window.serve(1);
    expect(await window.blocks.take()).toMatchObject({ kind: 'found' });
  });
});

describe('an error of the source', () => {
  beforeEach(() => clock.start());
  afterEach(() => clock.stop());

  it('stands at its own place: blocks before and after it are handed out', async () => {
    const window = new Window({ requests: 8 }, 1, 4);
    const error = new LockstepError('SOURCE_AUTH');
    await window.serve(1);
    await window.serve(2, error);
    await window.serveAll();
    expect((await window.blocks.take()).kind).toBe('found');
    await expect(window.blocks.take()).rejects.toBe(error);
    expect((await window.blocks.take()).kind).toBe('found');
    expect((await window.blocks.take()).kind).toBe('found');
  });

  it('costs nothing that was fetched: while blocks before it are unused, its block is asked for again', async () => {
    const window = new Window({ requests: 8 }, 1, 4);
    await window.serve(1);
    await window.serve(2, new LockstepError('SOURCE_THROTTLED'));
    await window.serveAll();
    await clock.advance(SOURCE_BACKOFF.minMs - 1);
    expect(window.open).toEqual([]);
    await clock.advance(1);
    expect(window.open).toEqual([2]);
    await window.serve(2);
    for (let taken = 1; taken <= 4; taken += 1) expect((await window.blocks.take()).kind).toBe('found');
    expect(window.source.calls).toEqual(['block 1', 'block 2', 'block 3', 'block 4 by hash', 'block 2']);
  });

  it('is handed out when its block is next and fails once more', async () => {
    const window = new Window({ requests: 8 }, 1, 4);
    const [first, second] = [new LockstepError('SOURCE_TIMEOUT'), new LockstepError('SOURCE_UNREACHABLE')];
    await window.serve(1);
    await window.serve(2, first);
    await window.blocks.take();
    const taken = expect(window.blocks.take()).rejects.toBe(second);
    await settled();
    await window.serve(2, second);
    await taken;
  });

  it('is handed out at once where its block is waited for', async () => {
    const window = new Window({}, 1, 4);
    const error = new LockstepError('SOURCE_UNREACHABLE');
    const taken = expect(window.blocks.take()).rejects.toBe(error);
    await window.serve(1, error);
    await taken;
  });

  it('that nobody takes bothers nobody, and is not asked about after an abort', async () => {
    const window = new Window({});
    await window.serve(1, new LockstepError('SOURCE_TIMEOUT'));
    expect(window.open).toEqual([2]);
    window.stop.abort();
    await clock.advance(60_000);
    expect(window.open).toEqual([2]);
    await expect(window.blocks.take()).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('that is none of ours is a bug and named so', async () => {
    const window = new Window({});
    window.source.meddleBlock = () => Promise.reject(new TypeError('oops'));
    await window.serve(1);
    await window.blocks.take();
    await expect(window.blocks.take()).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('blocks that are to finish', () => {
  it('are handed out as far as they were asked for, and then are over', async () => {
    const window = new Window({ requests: 2 });
    await window.serve(1);
    window.blocks.finish();
    await window.serveAll();
    expect(window.source.calls).toEqual(['block 1', 'block 2', 'block 3']);
    for (let taken = 1; taken <= 3; taken += 1) expect((await window.blocks.take()).kind).toBe('found');
    expect(await window.blocks.take()).toEqual({ kind: 'over' });
  });
});

describe('after an abort', () => {
  it('nothing more is asked for', async () => {
    const window = new Window({ requests: 1 });
    window.stop.abort();
    await window.serve(1);
    expect(window.source.calls).toEqual(['block 1']);
    expect((await window.blocks.take()).kind).toBe('found');
    await expect(window.blocks.take()).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
