import { beforeAll, describe, expect, it } from '@jest/globals';
import type { EngineAnswer } from '../../src/engine/engine.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { copyOf } from './blocks.js';
import { ANCESTOR, own, OWN, RecoveryBench, SOURCE, theirs } from './recovery-bench.js';

beforeAll(initKeccak);

const INVALID: EngineAnswer = { status: 'INVALID', latestValidHash: null, reason: 'bad', verdictOn: 'block' };

describe('a sibling', () => {
  it('is inserted and made the head', async () => {
    const bench = new RecoveryBench(25);
    expect(await bench.climb('sibling')).toEqual({ why: 'climbed' });
    expect(bench.engine.writes).toEqual(['np 21', 'fcu 21/-/-']);
    expect(bench.engine.headsNow.unsafe).toEqual(theirs(21));
  });

  it('comes with labels of the chain that both share, never with those of the branch that is left', async () => {
    const bench = new RecoveryBench(25);
    await bench.climb('sibling', { ground: bench.ground({ safe: own(24), finalized: own(12) }) });
    expect(bench.engine.writes.at(-1)).toBe('fcu 21/12/12');
  });

  it('comes with newer labels of the source, as far as they are on the chain that both share', async () => {
    const bench = new RecoveryBench(25);
    bench.sourceLabels = { safe: theirs(21), finalized: theirs(18) };
    await bench.climb('sibling');
    expect(bench.engine.writes.at(-1)).toBe('fcu 21/21/18');
    const stray = new RecoveryBench(25);
    stray.sourceLabels = { safe: own(21), finalized: theirs(18) };
    await stray.climb('sibling');
    expect(stray.engine.writes.at(-1)).toBe('fcu 21/18/18');
  });

  it('that the EL refuses counts against the block, and is not sent again', async () => {
    const bench = new RecoveryBench(25);
    bench.engine.payloadAnswers.set(21, INVALID);
    expect(await bench.climb('sibling')).toEqual({ why: 'refused', block: theirs(21), answer: INVALID });
    bench.refused.add(theirs(21).hash);
    const stop = { why: 'known-refused', block: theirs(21) };
    expect(await bench.climb('sibling')).toEqual({ why: 'not-sent', stop });
    expect(bench.engine.writes).toEqual(['np 21']);
  });

  it('that is beyond the window of the EL becomes nothing: no forkchoice follows', async () => {
    const bench = new RecoveryBench(25);
    bench.engine.payloadAnswers.set(21, { status: 'ACCEPTED' });
    const answer = { status: 'ACCEPTED' };
    expect(await bench.climb('sibling')).toEqual({ why: 'answered', to: 'payload', answer, effect: null });
    expect(bench.engine.writes).toEqual(['np 21']);
  });
});

describe('a forkchoice for the ancestor', () => {
  it('is one call where the EL takes any depth', async () => {
    const bench = new RecoveryBench(45);
    expect(await bench.climb('forkchoice')).toEqual({ why: 'climbed' });
    expect(bench.engine.writes).toEqual(['fcu 20/-/-']);
  });

  it('goes down in steps where the EL takes so many blocks at a time, none of them with a label above the ancestor', async () => {
    const bench = new RecoveryBench(45);
    bench.engine.profile = { ...bench.engine.profile, maxResetDepth: 10 };
    bench.sourceLabels = { safe: theirs(30), finalized: theirs(18) };
    await bench.climb('forkchoice', { ground: bench.ground({ safe: own(40), finalized: own(12) }) });
    expect(bench.engine.writes).toEqual(['fcu 35/12/12', 'fcu 25/12/12', 'fcu 20/18/18']);
  });

  it('names the head of the EL first, where no forkchoice did so in this session', async () => {
    const bench = new RecoveryBench(25);
    await bench.climb('forkchoice', { primed: false });
    expect(bench.engine.writes).toEqual(['fcu 25/-/-', 'fcu 20/-/-']);
  });

  it('ends where a step moves nothing', async () => {
    const bench = new RecoveryBench(45);
    bench.engine.profile = { ...bench.engine.profile, maxResetDepth: 10 };
    bench.engine.forkchoiceAnswers.set(25, { answer: { status: 'VALID' }, effect: 'unmoved' });
    const stop = { why: 'answered', to: 'forkchoice', answer: { status: 'VALID' }, effect: 'unmoved' };
    expect(await bench.climb('forkchoice')).toEqual(stop);
    expect(bench.engine.headsNow.unsafe).toEqual(own(35));
  });
});

describe('a copied sibling', () => {
  it('is the head for a moment, and then the ancestor is', async () => {
    const bench = new RecoveryBench(25);
    const ground = bench.ground({ safe: own(20), finalized: own(12) });
    expect(await bench.climb('copied-sibling', { ground })).toEqual({ why: 'climbed' });
    expect(bench.engine.writes).toEqual(['np 20', 'fcu 20/12/12', 'fcu 20/20/12']);
    expect(bench.engine.headsNow.unsafe).toEqual(ANCESTOR);
  });

  it('that the EL refuses says nothing against the block it was copied from', async () => {
    const bench = new RecoveryBench(25);
    bench.engine.payloadAnswers.set(20, INVALID);
    const copy = copyOf(SOURCE[20]!).ref;
    expect(await bench.climb('copied-sibling')).toEqual({ why: 'copy-refused', copy, answer: INVALID });
    bench.refused.add(copy.hash);
    const stop = { why: 'not-sent', stop: { why: 'known-refused', block: copy } };
    expect(await bench.climb('copied-sibling')).toEqual(stop);
    expect(bench.engine.writes).toEqual(['np 20']);
  });
});

describe('an EL that is spoiled by copies', () => {
  it.each([
    ['by a rung', 25, (bench: RecoveryBench) => bench.climb('copied-sibling'), 20],
    ['by a cure', 20, (bench: RecoveryBench) => bench.unmap(), 21],
    ['but not by another rung', 25, (bench: RecoveryBench) => bench.climb('sibling'), null],
  ])('is told of, %s', async (_case, head, move, above) => {
    const bench = new RecoveryBench(head);
    bench.engine.profile = { ...bench.engine.profile, copySpoils: true };
    await move(bench);
    expect(bench.spoiledAbove).toBe(above);
  });
});

describe('debug_setHead', () => {
  it('is followed by a forkchoice, since the labels are gone', async () => {
    const bench = new RecoveryBench(25);
    expect(await bench.climb('set-head')).toEqual({ why: 'climbed' });
    expect(bench.engine.writes).toEqual(['sethead 20', 'fcu 20/-/-']);
  });

  it('is not sent where the EL has another block at that height by now', async () => {
    const bench = new RecoveryBench(25);
    const plan = { ...(await bench.soundPlan()), ancestor: theirs(22) };
    const stop = { why: 'not-sent', stop: { why: 'unlinked', number: 22 } };
    expect(await bench.climb('set-head', { plan })).toEqual(stop);
    expect(bench.engine.writes).toEqual([]);
  });
});

describe('stale mappings', () => {
  it('are cured by a copy of the next block, and then that block', async () => {
    const bench = new RecoveryBench(20);
    expect(await bench.unmap()).toEqual({ why: 'climbed' });
    expect(bench.engine.writes).toEqual(['np 21', 'np 21', 'fcu 21/-/-', 'fcu 21/-/-']);
    expect(bench.engine.headsNow.unsafe).toEqual(theirs(21));
  });

  it('are left alone where the next block of the source is not the one that was final here (I1)', async () => {
    const bench = new RecoveryBench(20);
    expect(await bench.unmap(own(21))).toEqual({ why: 'not-sent', stop: { why: 'unlinked', number: 21 } });
    expect(bench.engine.writes).toEqual([]);
    expect(await bench.unmap(theirs(21))).toEqual({ why: 'climbed' });
  });

  it('are left alone where the next block of the source is none of this branch', async () => {
    const bench = new RecoveryBench(25);
    const stop = { why: 'not-sent', stop: { why: 'unlinked', number: 26 } };
    expect(await bench.unmap()).toEqual(stop);
    expect(bench.engine.writes).toEqual([]);
  });
});

describe('a stop', () => {
  it.each(['sibling', 'forkchoice', 'copied-sibling', 'set-head'] as const)('ends a climb by %s', async (rung) => {
    const bench = new RecoveryBench(25);
    const plan = {
      id: 1,
      ancestor: ANCESTOR,
      blocks: SOURCE.slice(21).map(({ ref }) => ref),
      engineHead: own(25),
      replaced: OWN[21]!.ref,
    };
    bench.stop.abort();
    expect(await bench.climb(rung, { plan })).toEqual({ why: 'not-sent', stop: { why: 'aborted' } });
    expect(bench.engine.writes).toEqual([]);
  });
});
