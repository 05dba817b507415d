import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EngineAnswer } from '../../src/engine/engine.js';
import { aim } from '../../src/follow/aim.js';
import type { Outcome } from '../../src/follow/action.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow } from './blocks.js';
import { MemoryEngine } from './memory-engine.js';
import { MemorySource } from './memory-source.js';

const CHAIN = grow(null, 9, 'a');
const FROM = CHAIN[3]!.ref;
const TARGET = CHAIN[8]!.ref;

let source: MemorySource;
let engine: MemoryEngine;
let stop: AbortController;

beforeAll(initKeccak);

beforeEach(() => {
  source = new MemorySource(CHAIN);
  engine = new MemoryEngine(CHAIN.slice(0, 4).map(({ ref }) => ref));
  engine.forkchoiceAnswers.set(8, { effect: 'unmoved', answer: { status: 'SYNCING' } });
  stop = new AbortController();
});

async function aimed(): Promise<Extract<Outcome, { of: 'el-sync' }>['stop']> {
  const apply = (fc: Parameters<MemoryEngine['applyForkchoice']>[0]) => engine.applyForkchoice(fc);
  const outcome = await aim({ do: 'el-sync', from: FROM, target: TARGET }, { source, engine, apply }, stop.signal);
  if (outcome.of !== 'el-sync') throw new Error('another outcome');
  return outcome.stop;
}

describe('an EL is pointed at a far block', () => {
  it('with its payload and a forkchoice without labels, whose SYNCING is what is expected', async () => {
    engine.peersNow = 2;
    expect(await aimed()).toEqual({ why: 'aimed', peers: 2 });
    expect(engine.writes).toEqual(['np 8', 'fcu 8/-/-']);
    expect(source.calls).toEqual(['block 8 by hash', 'ref 3', 'ref 8']);
  });

  it.each<EngineAnswer>([{ status: 'VALID' }, { status: 'ACCEPTED' }])('also where it answers %j', async (answer) => {
    engine.payloadAnswers.set(8, answer);
    engine.forkchoiceAnswers.set(8, { effect: 'moved', answer: { status: 'VALID' } });
    expect(await aimed()).toMatchObject({ why: 'aimed' });
  });

  it('only with a block that recomputes to the hash that was asked for', async () => {
    source.meddleBlock = () => ({ kind: 'found', value: CHAIN[7]!.fetched });
    expect(await aimed()).toMatchObject({ why: 'block-rejected', number: 8 });
    expect(engine.writes).toEqual([]);
  });

  it.each([
    ['its own head', 3],
    ['the target', 8],
  ])('only while the source shows %s', async (_what, height) => {
    const other = grow(null, 9, 'b')[height]!.ref;
    source.meddleRef = (id) => ('number' in id && id.number === height ? { kind: 'found', value: other } : undefined);
    expect(await aimed()).toEqual({ why: 'unlinked', number: height });
    source.meddleRef = () => ({ kind: 'absent' });
    expect(await aimed()).toMatchObject({ why: 'absent' });
    expect(engine.writes).toEqual([]);
  });

  it('only where one answer of the source has both, as two nodes may be on two branches', async () => {
    const asked: (readonly number[])[] = [];
    const plain = new MemorySource(CHAIN);
    source.refsAt = (heights) => {
      asked.push(heights);
      return plain.refsAt(heights);
    };
    expect(await aimed()).toMatchObject({ why: 'aimed' });
    expect(asked).toEqual([[3, 8]]);
  });

  it('not when the source fails or lockstep stops', async () => {
    source.meddleRef = () => Promise.reject(new LockstepError('SOURCE_THROTTLED'));
    expect(await aimed()).toMatchObject({ why: 'source-failed', error: { code: 'SOURCE_THROTTLED' } });
    source.meddleRef = () => {
      stop.abort();
      return undefined;
    };
    expect(await aimed()).toEqual({ why: 'aborted' });
    expect(engine.writes).toEqual([]);
  });

  it('and gets no forkchoice when it refuses the payload', async () => {
    engine.payloadAnswers.set(8, { status: 'INVALID', latestValidHash: null, reason: 'bad', verdictOn: 'block' });
    expect(await aimed()).toMatchObject({ why: 'payload-answer', answer: { status: 'INVALID' } });
    expect(engine.writes).toEqual(['np 8']);
  });

  it('and may refuse the forkchoice', async () => {
    engine.forkchoiceAnswers.set(8, { effect: 'unmoved', answer: { status: 'REJECTED', code: -38002, reason: 'x' } });
    expect(await aimed()).toMatchObject({ why: 'forkchoice-answer', effect: 'unmoved', answer: { code: -38002 } });
  });
});
