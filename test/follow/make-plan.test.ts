import { beforeAll, describe, expect, it } from '@jest/globals';
import { initKeccak } from '../../src/payload/keccak.js';
import { LockstepError } from '../../src/util/errors.js';
import { ANCESTOR, own, RecoveryBench, SOURCE, theirs } from './recovery-bench.js';

beforeAll(initKeccak);

describe('a plan', () => {
  it('leads from the common ancestor over every block of the source, and writes nothing', async () => {
    const bench = new RecoveryBench(27);
    const plan = await bench.soundPlan();
    expect(plan).toEqual({
      id: 1,
      ancestor: ANCESTOR,
      blocks: SOURCE.slice(21, 60).map(({ ref }) => ref),
      engineHead: own(27),
      replaced: own(21),
    });
    expect(bench.engine.writes).toEqual([]);
  });

  it('ends 32 blocks above the head of the EL where the source is further', async () => {
    const plan = await new RecoveryBench(25).soundPlan();
    expect(plan.blocks.at(-1)).toEqual(theirs(57));
  });

  it('has no blocks where the source stands at the ancestor by now', async () => {
    const bench = new RecoveryBench(25);
    bench.source.chain = SOURCE.slice(0, 26);
    const result = await bench.plan({ target: ANCESTOR });
    expect(result).toMatchObject({ kind: 'planned', plan: { ancestor: ANCESTOR, blocks: [] } });
  });

  it('keeps the blocks that it verified, so that nothing is fetched twice', async () => {
    const bench = new RecoveryBench(25);
    await bench.soundPlan();
    expect(bench.payloads.get(theirs(21).hash)?.ref).toEqual(theirs(21));
    expect(bench.planned.filter((step) => step.startsWith('block'))).toHaveLength(37);
  });

  it('looks again where one of several nodes of the source lacks a block', async () => {
    const bench = new RecoveryBench(27);
    const looks = new Set<number>();
    const firstTime = (height: number): boolean => looks.size < looks.add(height).size;
    bench.source.meddleRef = (id) => (firstTime(bench.source.heightOf(id)!) ? { kind: 'absent' } : undefined);
    bench.source.meddleBlock = (id) => (firstTime(100 + bench.source.heightOf(id)!) ? { kind: 'absent' } : undefined);
    expect(await bench.plan()).toMatchObject({ kind: 'planned', plan: { ancestor: ANCESTOR } });
  });

  it('looks at few heights: as many as halving them needs', async () => {
    const bench = new RecoveryBench(50);
    await bench.soundPlan();
    const looks = bench.source.calls.filter((call) => call.startsWith('ref')).length;
    expect(looks).toBeLessThanOrEqual(2 * Math.log2(30) + 4);
  });
});

describe('there is no plan', () => {
  it('where the source has another block at the height of the finalized one', async () => {
    const result = await new RecoveryBench(27).plan({ floor: own(23) });
    expect(result).toEqual({ kind: 'finalized-differs', source: theirs(23), engine: own(23) });
  });

  it('in the pause after a recovery, where no more than the finalized block is looked at', async () => {
    const bench = new RecoveryBench(27);
    const paused = { pausedUntil: 5 };
    expect(await bench.plan({ ...paused, floor: SOURCE[19]!.ref })).toEqual({ kind: 'pausing', until: 5 });
    expect(bench.source.calls).toHaveLength(1);
    expect(await bench.plan({ ...paused, floor: own(23) })).toMatchObject({ kind: 'finalized-differs' });
  });

  it('where the fork lies deeper than is allowed', async () => {
    expect(await new RecoveryBench(27).plan({ maxDepth: 6 })).toEqual({ kind: 'too-deep', maxDepth: 6 });
    expect(await new RecoveryBench(27).plan({ maxDepth: 7 })).toMatchObject({ kind: 'planned' });
  });

  it('where the source lacks a height on the way, or a block of the plan', async () => {
    const bench = new RecoveryBench(27);
    bench.source.meddleRef = (id) => ('number' in id && id.number < 25 ? { kind: 'absent' } : undefined);
    expect(await bench.plan()).toMatchObject({ kind: 'stopped', stop: { why: 'absent' } });
    const other = new RecoveryBench(27);
    other.source.meddleBlock = (id) => (other.source.heightOf(id) === 24 ? { kind: 'absent' } : undefined);
    expect(await other.plan()).toMatchObject({ kind: 'stopped', stop: { why: 'absent', number: 24 } });
  });

  it('where the source answers from two branches, so that a link is missing', async () => {
    const bench = new RecoveryBench(27);
    bench.source.meddleBlock = (id) =>
      bench.source.heightOf(id) === 24 ? { kind: 'found', value: bench.source.chain[25]!.fetched } : undefined;
    expect(await bench.plan()).toMatchObject({ kind: 'stopped' });
  });

  it('where one side cannot be read', async () => {
    const bench = new RecoveryBench(27);
    const error = new LockstepError('SOURCE_TIMEOUT');
    bench.source.meddleRef = () => {
      throw error;
    };
    expect(await bench.plan()).toEqual({ kind: 'stopped', stop: { why: 'source-failed', error } });
    const other = new RecoveryBench(27);
    const lost = new LockstepError('ENGINE_UNREACHABLE');
    other.engine.beforeCall = () => {
      throw lost;
    };
    expect(await other.plan()).toEqual({ kind: 'engine-failed', error: lost });
  });
});
