import { describe, expect, it } from '@jest/globals';
import type { FetchedBlock } from '../../src/chain/fetched-block.js';
import { FetchAhead, type FetchDeps } from '../../src/follow/fetch-ahead.js';
import { FetchWindow } from '../../src/follow/fetch-window.js';
import type { Lookup } from '../../src/source/source.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow } from './blocks.js';
import { MemorySource } from './memory-source.js';

const CHAIN = grow(null, 100, 'a');

interface Scene {
  readonly blockBytes: number;
  readonly perRequest: number;
  readonly maxBlocks: number;
  readonly target: number;
}

/** A source that answers at once with blocks of one size, and a catch-up of which nothing was taken yet. */
class Together {
  readonly source = new MemorySource(CHAIN);
  readonly blocks: FetchAhead;

  constructor(scene: Partial<Scene> = {}, meddle?: MemorySource['meddleBlock']) {
    const { blockBytes, perRequest, maxBlocks, target } = {
      ...{ blockBytes: 1_000, perRequest: 16, maxBlocks: 100, target: 99 },
      ...scene,
    };
    this.source.blocksPerRequest = perRequest;
    this.source.meddleBlock = async (id) => (await meddle?.(id)) ?? block(this.source.heightOf(id)!, blockBytes);
    const limits = { maxBlocks, maxBytes: 64_000_000 };
    const deps: FetchDeps = { source: this.source, limits, window: new FetchWindow(4), now: () => 0 };
    this.blocks = new FetchAhead(deps, { first: 1, target: CHAIN[target]!.ref }, new AbortController().signal);
  }

  async taken(count: number): Promise<number[]> {
    const heights: number[] = [];
    while (heights.length < count) {
      const found = await this.blocks.take();
      heights.push(found.kind === 'found' && found.value.form === 'rlp' ? found.value.start : NaN);
    }
    return heights;
  }
}

/** Its height stands where the offset would. */
function block(height: number, bytes: number): Lookup<FetchedBlock> {
  return { kind: 'found', value: { form: 'rlp', text: Buffer.alloc(bytes), start: height, end: bytes } };
}

const heights = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('small blocks', () => {
  it('are asked for together, once the first one has shown how small they are', async () => {
    const together = new Together();
    await settled();
    expect(together.source.calls).toEqual(['block 1', 'blocks 2 to 17']);
    expect(await together.taken(17)).toEqual(heights(1, 17));
  });

  it('are asked for when there is room for all of a request', async () => {
    const together = new Together();
    await settled();
    together.source.calls.length = 0;
    await together.taken(16);
    expect(together.source.calls).toEqual(['blocks 18 to 33']);
  });

  it('are handed out in order up to the target, and asked for alone where fewer than 32 are left', async () => {
    const together = new Together({ target: 60 });
    expect(await together.taken(60)).toEqual(heights(1, 60));
    const { calls } = together.source;
    expect(calls.slice(0, 4)).toEqual(['block 1', 'blocks 2 to 17', 'blocks 18 to 33', 'block 34']);
    expect(calls.at(-1)).toBe('block 60 by hash');
    expect(calls.filter((call) => call.startsWith('blocks'))).toHaveLength(2);
  });

  it('are as many as the source takes, and as half of what may be ahead', async () => {
    for (const scene of [{ perRequest: 5 }, { maxBlocks: 10 }]) {
      const together = new Together(scene);
      await settled();
      expect(together.source.calls.slice(0, 2)).toEqual(['block 1', 'blocks 2 to 6']);
    }
  });

  it('are asked for alone where the source wants that', async () => {
    const together = new Together({ perRequest: 1 });
    expect(await together.taken(5)).toEqual(heights(1, 5));
    expect(together.source.calls.filter((call) => call.startsWith('blocks'))).toEqual([]);
  });
});

describe('larger blocks', () => {
  it('are fewer in one request', async () => {
    const together = new Together({ blockBytes: 40_000 });
    await settled();
    expect(together.source.calls.slice(0, 2)).toEqual(['block 1', 'blocks 2 to 4']);
  });

  it('are asked for alone from half of the size of a request on', async () => {
    const together = new Together({ blockBytes: 70_000 });
    expect(await together.taken(5)).toEqual(heights(1, 5));
    expect(together.source.calls.filter((call) => call.startsWith('blocks'))).toEqual([]);
  });
});

describe('what does not come together', () => {
  it('is asked for alone: one block of a request', async () => {
    let isFirst = true;
    const together = new Together({}, (id) => {
      if (!('number' in id) || id.number !== 5 || !isFirst) return undefined;
      isFirst = false;
      return { kind: 'absent' };
    });
    expect(await together.taken(17)).toEqual(heights(1, 17));
    expect(together.source.calls).toContain('block 5');
    expect(together.source.calls).not.toContain('block 6');
  });

  it('is asked for alone: all blocks of a request that failed', async () => {
    const together = new Together();
    together.source.blocksAt = (asked) => {
      together.source.calls.push(`refused ${asked.length}`);
      together.source.blocksPerRequest = 1;
      return Promise.reject(new LockstepError('SOURCE_RPC_ERROR'));
    };
    expect(await together.taken(20)).toEqual(heights(1, 20));
    expect(together.source.calls.filter((call) => call.startsWith('refused'))).toEqual(['refused 16']);
  });
});
