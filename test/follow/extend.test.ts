import { beforeAll, describe, expect, it } from '@jest/globals';
import { initKeccak } from '../../src/payload/keccak.js';
import { grow } from './blocks.js';
import { Bench, labels, ref } from './extend-bench.js';

beforeAll(initKeccak);

describe('an extension', () => {
  it('replays every block up to the target and has each one become the head', async () => {
    const bench = new Bench(2);
    const outcome = await bench.extend(5);
    expect(outcome).toEqual({ of: 'extend', head: ref(5), blocks: 3, stop: { why: 'reached' } });
    expect(bench.engine.writes).toEqual(['np 3', 'fcu 3/-/-', 'np 4', 'fcu 4/-/-', 'np 5', 'fcu 5/-/-']);
    expect(bench.sent).toEqual([3, 4, 5]);
  });

  it('over a long gap sends a forkchoice every few blocks and one for the last', async () => {
    const bench = new Bench(0);
    const outcome = await bench.extend(10, { everyBlock: false });
    expect(outcome).toMatchObject({ blocks: 10, stop: { why: 'reached' } });
    expect(bench.engine.writes.filter((write) => write.startsWith('fcu'))).toEqual([
      'fcu 4/-/-',
      'fcu 8/-/-',
      'fcu 10/-/-',
    ]);
  });

  it('has never more than one state-changing call under way', async () => {
    const bench = new Bench(0);
    let open = 0;
    let most = 0;
    bench.engine.beforeCall = async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
    };
    await bench.extend(6);
    expect(bench.engine.writes).toHaveLength(12);
    expect(most).toBe(1);
  });

  it('has the next blocks fetched while the EL works on one', async () => {
    const bench = new Bench(0);
    let fetched = 0;
    bench.engine.beforeCall = async (call) => {
      if (call !== 'np 2') return;
      await new Promise((resolve) => setImmediate(resolve));
      fetched = bench.source.calls.length;
    };
    await bench.extend(6);
    expect(fetched).toBeGreaterThan(3);
  });

  it('uses up what it asked for when its slice of time is over, and ends', async () => {
    const bench = new Bench(0);
    bench.clockAfter(2, 30_000);
    const outcome = await bench.extend(20, { everyBlock: false });
    const asked = bench.source.calls.filter((call) => call.startsWith('block')).length;
    expect(asked).toBeLessThan(20);
    expect(outcome).toEqual({ of: 'extend', head: ref(asked), blocks: asked, stop: { why: 'slice' } });
    expect(bench.engine.headsNow.unsafe).toEqual(ref(asked));
  });

  it('uses up what it asked for when there is an order, and ends', async () => {
    const bench = new Bench(0);
    bench.orderedAfter(2);
    const outcome = await bench.extend(20, { everyBlock: false });
    expect(outcome.blocks).toBeLessThan(20);
    expect(outcome.stop).toEqual({ why: 'slice' });
  });

  it('goes on until its slice of time is over', async () => {
    const bench = new Bench(0);
    bench.clockAfter(2, 29_999);
    expect(await bench.extend(20, { everyBlock: false })).toMatchObject({ blocks: 20, stop: { why: 'reached' } });
  });
});

describe('labels on the way', () => {
  it('follow the head up as far as the source has them', async () => {
    const bench = new Bench(2);
    bench.sourceLabels = labels(5, 4);
    await bench.extend(7, { ground: bench.ground({ trusted: labels(2, 1) }) });
    expect(bench.engine.writes.filter((write) => write.startsWith('fcu'))).toEqual([
      'fcu 3/2/1',
      'fcu 4/4/4',
      'fcu 5/5/4',
      'fcu 6/5/4',
      'fcu 7/5/4',
    ]);
  });

  it('move while the extension runs', async () => {
    const bench = new Bench(2);
    bench.sourceLabels = labels(2, 2);
    bench.engine.beforeCall = (call) => {
      if (call === 'np 4') bench.sourceLabels = labels(4, 3);
    };
    await bench.extend(5);
    expect(bench.engine.writes.filter((write) => write.startsWith('fcu'))).toEqual([
      'fcu 3/2/2',
      'fcu 4/4/3',
      'fcu 5/4/3',
    ]);
  });

  it('below the first block are taken where the EL was read at their height, and only there', async () => {
    const known = new Map([
      [3, ref(3)],
      [4, null],
    ]);
    const bench = new Bench(5);
    bench.sourceLabels = labels(4, 3);
    await bench.extend(6, { ground: bench.ground({ known }) });
    expect(bench.engine.writes).toEqual(['np 6', 'fcu 6/3/3']);
  });

  it('of another branch are not taken', async () => {
    const other = grow(ref(2), 4, 'b').map((block) => block.ref);
    const bench = new Bench(2);
    bench.sourceLabels = { safe: other[1]!, finalized: other[0]! };
    await bench.extend(6);
    expect(bench.engine.writes.filter((write) => /\/\d/.test(write))).toEqual([]);
  });

  it('never go back, also when the source loses them', async () => {
    const bench = new Bench(2);
    bench.sourceLabels = labels(4, 3);
    bench.engine.beforeCall = (call) => {
      if (call === 'np 5') bench.sourceLabels = labels(1, 0);
    };
    await bench.extend(6, { ground: bench.ground({ trusted: labels(2, 1) }) });
    expect(bench.engine.writes.at(-1)).toBe('fcu 6/4/3');
  });
});
