import { setImmediate } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { EngineAnswer } from '../../src/engine/engine.js';
import { UNKNOWN_PROFILE } from '../../src/engine/profile.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { LockstepError } from '../../src/util/errors.js';
import { Bench, ref } from './extend-bench.js';

beforeAll(initKeccak);

const BATCHED = { everyBlock: false, batches: true } as const;

/** An EL that takes batches and works long enough on each payload for the next blocks to be made ready. */
function slowBench(blocksPerForkchoice: number, maxPayloadsPerBatch = 4): Bench {
  const bench = new Bench(0);
  bench.blocksPerForkchoice = blocksPerForkchoice;
  bench.engine.profile = { ...UNKNOWN_PROFILE, maxPayloadsPerBatch };
  bench.engine.beforeCall = async (call) => {
    if (call.startsWith('np')) for (let turns = 0; turns < 30; turns += 1) await setImmediate();
  };
  return bench;
}

function answersAt3(answer: EngineAnswer): Bench {
  const bench = slowBench(20);
  bench.engine.payloadAnswers.set(3, answer);
  return bench;
}

describe('a catch-up in batches', () => {
  it('sends what is ready in one call, twice as much each time up to what the EL takes', async () => {
    const bench = slowBench(20);
    expect(await bench.extend(15, BATCHED)).toMatchObject({ blocks: 15, stop: { why: 'reached' } });
    expect(bench.engine.batches).toEqual([
      [2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
      [12, 13, 14, 15],
    ]);
    expect(bench.sent).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
  });

  it('ends a batch where a forkchoice is due, which goes out alone and names a VALID block', async () => {
    const bench = slowBench(5);
    await bench.extend(10, BATCHED);
    expect(bench.engine.batches).toEqual([
      [2, 3],
      [4, 5],
      [6, 7, 8, 9],
    ]);
    expect(bench.engine.writes.filter((write) => write.startsWith('fcu'))).toEqual(['fcu 5/-/-', 'fcu 10/-/-']);
  });

  it('has no batches where they are not wanted, and none with an EL that takes none', async () => {
    const [unwanted, untaken] = [slowBench(20), slowBench(20, 1)];
    await unwanted.extend(6, { everyBlock: false });
    await untaken.extend(6, BATCHED);
    expect([...unwanted.engine.batches, ...untaken.engine.batches]).toEqual([]);
  });

  it('goes back to single payloads where a block takes long', async () => {
    const bench = slowBench(20);
    const { beforeCall } = bench.engine;
    bench.engine.beforeCall = async (call) => {
      if (call.startsWith('np')) bench.nowMs += 200;
      await beforeCall(call);
    };
    await bench.extend(6, BATCHED);
    expect(bench.engine.batches).toEqual([]);
  });

  it('has a forkchoice after fewer blocks where they take long, so that one is due every second', async () => {
    const bench = slowBench(20);
    const { beforeCall } = bench.engine;
    bench.engine.beforeCall = async (call) => {
      if (call.startsWith('np')) bench.nowMs += 400;
      await beforeCall(call);
    };
    await bench.extend(6, BATCHED);
    expect(bench.engine.writes.filter((write) => write.startsWith('fcu'))).toEqual([
      'fcu 2/-/-',
      'fcu 4/-/-',
      'fcu 6/-/-',
    ]);
  });

  it.each<EngineAnswer>([
    { status: 'INVALID', latestValidHash: ref(2).hash, reason: 'bad', verdictOn: 'block' },
    { status: 'SYNCING' },
    { status: 'REJECTED', code: -32600, reason: 'batch too large' },
    { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') },
  ])('ends with the first answer that is not VALID ($status), and the EL is looked at first', async (answer) => {
    const bench = answersAt3(answer);
    expect(await bench.extend(15, BATCHED)).toMatchObject({
      head: ref(0),
      blocks: 0,
      stop: { why: 'batch-answer', block: ref(3), answer, first: ref(2), last: ref(3) },
    });
    expect(bench.engine.writes).toEqual(['np 1', 'np 2', 'np 3']);
  });

  it('sends nothing more after a stop', async () => {
    const bench = slowBench(20);
    const { beforeCall } = bench.engine;
    bench.engine.beforeCall = async (call) => {
      await beforeCall(call);
      if (call === 'np 2') bench.stop.abort();
    };
    expect(await bench.extend(15, BATCHED)).toMatchObject({ head: ref(0), stop: { why: 'aborted' } });
    expect(bench.engine.writes).toEqual(['np 1', 'np 2', 'np 3']);
  });

  it('sends no block that was refused before', async () => {
    const bench = slowBench(20);
    bench.refused.add(ref(3).hash);
    expect(await bench.extend(15, BATCHED)).toMatchObject({ stop: { why: 'known-refused', block: ref(3) } });
    expect(bench.engine.writes).not.toContain('np 3');
  });
});
