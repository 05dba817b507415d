import { beforeAll, describe, expect, it } from '@jest/globals';
import type { BlockRef } from '../../src/chain/block.js';
import { FetchWindow } from '../../src/follow/fetch-window.js';
import { PlannedBlocks } from '../../src/follow/planned-blocks.js';
import { initKeccak } from '../../src/payload/keccak.js';
import type { Plan } from '../../src/recovery/plan.js';
import { LockstepError } from '../../src/util/errors.js';
import { makeBlock } from './blocks.js';
import { own, RecoveryBench, SOURCE, theirs } from './recovery-bench.js';

beforeAll(initKeccak);

/** A plan from block 20 to block 57, with the payloads of its first blocks. */
class Planned {
  readonly bench = new RecoveryBench(25);
  readonly stop = new AbortController();

  private constructor(readonly plan: Plan) {}

  /** `kept`: the highest block whose payload was kept from planning. */
  static async with(kept: number): Promise<Planned> {
    const bench = new RecoveryBench(25);
    const planned = new Planned(await bench.soundPlan());
    for (const { number, hash } of planned.plan.blocks) {
      const payload = bench.payloads.get(hash);
      if (number <= kept && payload !== null) planned.bench.payloads.keep(payload);
    }
    return planned;
  }

  above(from: BlockRef): PlannedBlocks {
    const { source, payloads } = this.bench;
    const limits = { maxBlocks: 2, maxBytes: 1_000_000 };
    const deps = { source, limits, payloads, window: new FetchWindow(2), now: () => 0 };
    return new PlannedBlocks(this.plan, from, deps, this.stop.signal);
  }

  get calls(): readonly string[] {
    return this.bench.source.calls;
  }
}

/** The heights of the next `count` blocks, or what there was in place of one. */
async function next(blocks: PlannedBlocks, count: number): Promise<(number | string)[]> {
  const got: (number | string)[] = [];
  while (got.length < count) {
    const prepared = await blocks.next();
    got.push(prepared.kind === 'ready' ? prepared.payload.ref.number : prepared.stop.why);
  }
  return got;
}

describe('the blocks of a plan', () => {
  it('are those that were kept from planning, and nothing is asked for', async () => {
    const planned = await Planned.with(57);
    const heights = await next(planned.above(theirs(20)), 37);
    expect(heights).toEqual(planned.plan.blocks.map(({ number }) => number));
    expect(planned.calls).toEqual([]);
  });

  it('are fetched by their hashes from the first one on that was not kept', async () => {
    const planned = await Planned.with(22);
    expect(await next(planned.above(theirs(20)), 4)).toEqual([21, 22, 23, 24]);
    expect(planned.calls.slice(0, 2)).toEqual(['block 23 by hash', 'block 24 by hash']);
  });

  it('go on above the block that the EL stands at', async () => {
    const planned = await Planned.with(57);
    expect(await next(planned.above(theirs(40)), 2)).toEqual([41, 42]);
  });

  it('are those of the plan, whatever the source has at their heights by now', async () => {
    const planned = await Planned.with(20);
    const { source } = planned.bench;
    source.chain = SOURCE.slice(0, 21);
    source.meddleBlock = (id) => {
      const block = 'hash' in id ? SOURCE.find(({ ref }) => ref.hash === id.hash) : undefined;
      return block === undefined ? { kind: 'absent' } : { kind: 'found', value: block.fetched };
    };
    expect(await next(planned.above(theirs(20)), 2)).toEqual([21, 22]);
  });

  it.each([
    ['lacks it', { kind: 'absent' } as const, 'absent'],
    ['fails', new LockstepError('SOURCE_TIMEOUT'), 'source-failed'],
    ['serves another one', { kind: 'found', value: makeBlock(own(22), 'other').fetched } as const, 'unlinked'],
  ])('end before a block where the source %s', async (_what, answer, why) => {
    const planned = await Planned.with(21);
    planned.bench.source.meddleBlock = (id) => {
      if (planned.bench.source.heightOf(id) !== 23) return undefined;
      if (answer instanceof LockstepError) throw answer;
      return answer;
    };
    expect(await next(planned.above(theirs(20)), 3)).toEqual([21, 22, why]);
  });

  it('stop with a slice when they are to finish: at once where nothing is on its way', async () => {
    const blocks = (await Planned.with(57)).above(theirs(20));
    expect(await next(blocks, 1)).toEqual([21]);
    blocks.finish();
    expect(await next(blocks, 1)).toEqual(['slice']);
  });

  it('stop with a slice when they are to finish: after those that are on their way', async () => {
    const blocks = (await Planned.with(20)).above(theirs(20));
    expect(await next(blocks, 1)).toEqual([21]);
    blocks.finish();
    const rest = await next(blocks, 3);
    expect(rest.at(-1)).toBe('slice');
    expect(rest[0]).toBe(22);
  });

  it('stop when they are told to', async () => {
    const planned = await Planned.with(20);
    planned.stop.abort();
    expect(await next(planned.above(theirs(20)), 1)).toEqual(['aborted']);
  });

  it('are at an end after the last one', async () => {
    const blocks = (await Planned.with(57)).above(theirs(57));
    await expect(blocks.next()).rejects.toThrow('no block of the plan is left');
  });
});
