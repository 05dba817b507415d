import { beforeAll, describe, expect, it } from '@jest/globals';
import type { EngineAnswer } from '../../src/engine/engine.js';
import { initKeccak } from '../../src/payload/keccak.js';
import type { ErrorCode } from '../../src/util/error-codes.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow, makeBlock } from './blocks.js';
import { Bench, CHAIN, ref } from './extend-bench.js';

beforeAll(initKeccak);

describe('an extension ends when the source', () => {
  const failing = (bench: Bench, number: number, code: ErrorCode): void => {
    bench.source.meddleBlock = (id) => {
      if (bench.source.heightOf(id) === number) throw new LockstepError(code);
      return undefined;
    };
  };

  it.each(['SOURCE_TIMEOUT', 'SOURCE_THROTTLED', 'SOURCE_SCHEMA'] as const)('answers %s', async (code) => {
    const bench = new Bench(2);
    failing(bench, 5, code);
    const outcome = await bench.extend(7);
    expect(outcome).toMatchObject({ head: ref(4), blocks: 2, stop: { why: 'source-failed', error: { code } } });
  });

  it.each([
    [{ kind: 'absent' } as const, false],
    [{ kind: 'pruned', detail: 'gone' } as const, true],
  ])('has no such block: %j', async (answer, pruned) => {
    const bench = new Bench(2);
    bench.source.meddleBlock = (id) => (bench.source.heightOf(id) === 5 ? answer : undefined);
    const outcome = await bench.extend(7);
    expect(outcome).toMatchObject({ head: ref(4), blocks: 2, stop: { why: 'absent', number: 5, pruned } });
  });

  it('serves a block that does not verify', async () => {
    const bench = new Bench(2);
    bench.source.meddleBlock = (id) =>
      bench.source.heightOf(id) === 7 ? { kind: 'found', value: makeBlock(ref(6), 'forged').fetched } : undefined;
    const stop = { why: 'block-rejected', number: 7, error: { code: 'BLOCK_HASH_MISMATCH' } };
    expect(await bench.extend(7)).toMatchObject({ head: ref(6), stop });
    expect(bench.engine.writes).not.toContain('np 7');
  });

  it('has changed to another branch', async () => {
    const bench = new Bench(4);
    bench.source.chain = [...CHAIN.slice(0, 3), ...grow(ref(2), 10, 'b')];
    const outcome = await bench.extend(7, { to: bench.source.chain[7]!.ref });
    expect(outcome).toMatchObject({ head: ref(4), blocks: 0, stop: { why: 'unlinked', number: 5 } });
    expect(bench.engine.writes).toEqual([]);
  });
});

describe('an extension ends when the EL', () => {
  const after = async (bench: Bench): Promise<string[]> => {
    await bench.extend(7);
    return bench.engine.writes;
  };

  it.each([
    { status: 'INVALID', latestValidHash: null, reason: 'bad', verdictOn: 'form' } as const,
    { status: 'SYNCING' } as const,
    { status: 'ACCEPTED' } as const,
    { status: 'REJECTED', code: -32602, reason: 'no' } as const,
    { status: 'UNSENT', error: new LockstepError('ENGINE_AUTH') } as const,
    { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') } as const,
  ])('answers $status to a payload, and is sent nothing more', async (answer) => {
    const bench = new Bench(2);
    bench.engine.payloadAnswers.set(4, answer);
    const outcome = await bench.extend(7);
    expect(outcome).toEqual({
      of: 'extend',
      head: ref(3),
      blocks: 1,
      stop: { why: 'payload-answer', block: ref(4), answer },
    });
    expect(bench.engine.writes).toEqual(['np 3', 'fcu 3/-/-', 'np 4']);
  });

  it.each(['unmoved', 'labels-only', 'unread'] as const)(
    'is %s by a forkchoice, and is sent nothing more',
    async (effect) => {
      const bench = new Bench(2);
      const answer = { status: 'VALID' } as const;
      bench.engine.forkchoiceAnswers.set(4, { answer, effect });
      const outcome = await bench.extend(7);
      const stop = { why: 'forkchoice-answer', block: ref(4), answer, effect };
      expect(outcome).toEqual({ of: 'extend', head: ref(3), blocks: 1, stop });
      expect(bench.engine.writes.at(-1)).toBe('fcu 4/-/-');
    },
  );

  it('moves its head and not its labels, which counts as a block', async () => {
    const bench = new Bench(2);
    bench.engine.forkchoiceAnswers.set(4, { answer: { status: 'VALID' }, effect: 'head-only' });
    const outcome = await bench.extend(7);
    expect(outcome).toMatchObject({ head: ref(4), blocks: 2, stop: { why: 'forkchoice-answer', effect: 'head-only' } });
    expect(bench.engine.writes.at(-1)).toBe('fcu 4/-/-');
  });

  it('refused this very block before, which is not sent', async () => {
    const bench = new Bench(2);
    bench.refused.add(ref(5).hash);
    expect(await bench.extend(7)).toMatchObject({ head: ref(4), stop: { why: 'known-refused', block: ref(5) } });
    expect(bench.engine.writes.at(-1)).toBe('fcu 4/-/-');
  });

  it('shows the block that it did not answer for: the forkchoice did its work', async () => {
    const bench = new Bench(2);
    const answer = { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') } as const;
    bench.engine.forkchoiceAnswers.set(4, { answer, effect: 'moved' });
    expect(await after(bench)).toContain('np 7');
  });

  it('shows a block by a forkchoice whose answer is lost, after another one: it may be the work of that one (I17)', async () => {
    const bench = new Bench(2);
    const answer = { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') } as const;
    bench.engine.forkchoiceAnswers.set(4, { answer, effect: 'moved' });
    const outcome = await bench.extend(7, { doubtful: true });
    const stop = { why: 'forkchoice-answer', block: ref(4), answer, effect: 'moved' };
    expect(outcome).toEqual({ of: 'extend', head: ref(4), blocks: 2, stop });
    expect(bench.engine.writes.at(-1)).toBe('fcu 4/-/-');
  });
});

describe('blocks that are VALID and not yet the head', () => {
  it('become it when a later block cannot be had', async () => {
    const bench = new Bench(0);
    bench.source.meddleBlock = (id) => (bench.source.heightOf(id) === 4 ? { kind: 'absent' } : undefined);
    const outcome = await bench.extend(10, { everyBlock: false });
    expect(outcome).toMatchObject({ head: ref(3), blocks: 3, stop: { why: 'absent', number: 4 } });
    expect(bench.engine.writes).toEqual(['np 1', 'np 2', 'np 3', 'fcu 3/-/-']);
  });

  it('have their own forkchoice judged like any other', async () => {
    const bench = new Bench(0);
    bench.source.meddleBlock = (id) => (bench.source.heightOf(id) === 3 ? { kind: 'absent' } : undefined);
    bench.engine.forkchoiceAnswers.set(2, { answer: { status: 'SYNCING' }, effect: 'unmoved' });
    const stop = { why: 'forkchoice-answer', block: ref(2), effect: 'unmoved' };
    expect(await bench.extend(10, { everyBlock: false })).toMatchObject({ head: ref(0), blocks: 0, stop });
  });

  it.each<EngineAnswer>([
    { status: 'INVALID', latestValidHash: ref(2).hash, reason: 'bad', verdictOn: 'block' },
    { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') },
  ])('wait when the EL answers $status to a later one, because no other answer may hide it', async (answer) => {
    const bench = new Bench(0);
    bench.engine.payloadAnswers.set(3, answer);
    const outcome = await bench.extend(10, { everyBlock: false });
    expect(outcome).toMatchObject({ head: ref(0), blocks: 0, stop: { why: 'payload-answer', answer } });
    expect(bench.engine.writes).toEqual(['np 1', 'np 2', 'np 3']);
  });
});

describe('after a stop', () => {
  const stopAt = (bench: Bench, at: string): void => {
    bench.engine.beforeCall = (call) => {
      if (call === at) bench.stop.abort();
    };
  };

  it.each(['np 3', 'fcu 3/-/-', 'np 5'])('during %s nothing more is sent', async (call) => {
    const bench = new Bench(2);
    stopAt(bench, call);
    expect(await bench.extend(7)).toMatchObject({ stop: { why: 'aborted' } });
    expect(bench.engine.writes.at(-1)).toBe(call);
  });

  it('VALID blocks stay as they are', async () => {
    const bench = new Bench(0);
    stopAt(bench, 'np 2');
    expect(await bench.extend(10, { everyBlock: false })).toMatchObject({ head: ref(0), blocks: 0 });
    expect(bench.engine.writes).toEqual(['np 1', 'np 2']);
  });

  it('that came before the first call nothing is sent', async () => {
    const bench = new Bench(2);
    bench.stop.abort();
    expect(await bench.extend(7)).toMatchObject({ blocks: 0, stop: { why: 'aborted' } });
    expect(bench.engine.writes).toEqual([]);
  });

  it('a source that answers all the same is not asked for more', async () => {
    const bench = new Bench(2);
    bench.source.meddleBlock = () => {
      bench.stop.abort();
      return undefined;
    };
    expect(await bench.extend(7)).toMatchObject({ blocks: 0, stop: { why: 'aborted' } });
    expect(bench.source.calls).toEqual(['block 3']);
  });
});

describe('a bug', () => {
  it('in the source is not taken for a failure of the source', async () => {
    const bench = new Bench(2);
    bench.source.meddleBlock = () => Promise.reject(new TypeError('oops'));
    await expect(bench.extend(7)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
