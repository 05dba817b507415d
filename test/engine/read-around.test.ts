import { describe, expect, it } from '@jest/globals';
import { forkchoice } from '../../src/chain/forkchoice.js';
import type { Engine } from '../../src/engine/engine.js';
import type { FakeAnswer, FakeEngine } from '../rig/fake-engine.js';
import { A, B, NEVER, startPair } from './fixture.js';

const LABELS = { safe: A[3]!, finalized: A[2]! };
const TO_5 = forkchoice(A[5]!, LABELS);
const TO_6 = forkchoice(A[6]!, LABELS);
const BLOCK = 'eth_getBlockByNumber';

/** An EL whose profile says that it carries out the calls of a batch in order. */
async function startGeth(told: string[] = []): Promise<{ fake: FakeEngine; engine: Engine }> {
  const pair = await startPair({ onCall: ({ method }) => void told.push(method) });
  pair.fake.script('engine_getClientVersionV1', { result: [{ name: 'go-ethereum', version: '1.17.7' }] });
  await pair.engine.identify(NEVER);
  pair.fake.calls.length = 0;
  pair.fake.httpRequests = 0;
  told.length = 0;
  return pair;
}

describe('a forkchoice for an EL that carries out a batch in order', () => {
  it('is read back in the same request, head and labels', async () => {
    const { fake, engine } = await startGeth();
    expect(await engine.applyForkchoice(TO_5, NEVER)).toEqual({
      effect: 'moved',
      answer: { status: 'VALID' },
      heads: { unsafe: A[5], safe: A[3], finalized: A[2] },
      foreignMove: null,
      attempts: 1,
    });
    expect([fake.httpRequests, fake.callsOf(BLOCK).length]).toEqual([1, 3]);
  });

  it('for the next block is read back by its head alone, which is also read before it', async () => {
    const { fake, engine } = await startGeth();
    await engine.applyForkchoice(TO_5, NEVER);
    fake.calls.length = 0;
    const { effect, heads, foreignMove } = await engine.applyForkchoice(TO_6, NEVER);
    expect([effect, heads]).toEqual(['moved', { unsafe: A[6], safe: A[3], finalized: A[2] }]);
    expect(foreignMove).toBe(false);
    expect(fake.calls.map(({ method, params }) => [method, ...(method === BLOCK ? params : [])])).toEqual([
      [BLOCK, 'latest', false],
      ['engine_forkchoiceUpdatedV3'],
      [BLOCK, 'latest', false],
    ]);
    expect(fake.httpRequests).toBe(2);
  });

  it('for the next block and its labels is read back as a whole, and its head is read before it', async () => {
    const { fake, engine } = await startGeth();
    await engine.applyForkchoice(TO_5, NEVER);
    fake.calls.length = 0;
    const labels = { safe: A[4]!, finalized: A[2]! };
    expect(await engine.applyForkchoice(forkchoice(A[6]!, labels), NEVER)).toMatchObject({
      effect: 'moved',
      heads: { unsafe: A[6], ...labels },
      foreignMove: false,
    });
    expect(fake.callsOf(BLOCK).map(({ params }) => params[0])).toEqual(['latest', 'latest', 'safe', 'finalized']);
  });

  it.each<[string, FakeAnswer, boolean | null]>([
    ['at the block that is to be its head by now', { result: { number: '0x6', ...hashesOf(6) } }, true],
    ['at another block of the same height', { result: { number: '0x5', ...hashesOf(5), hash: B[6]!.hash } }, true],
    ['at a lower block, as after a restart', { result: { number: '0x4', ...hashesOf(4) } }, null],
    ['nowhere, as it answers an error', { error: { code: -32000, message: 'busy' } }, null],
    ['nowhere, as it answers no block', { result: true }, null],
  ])('tells whether others lead the EL: it stood %s', async (_, found, foreignMove) => {
    const { fake, engine } = await startGeth();
    await engine.applyForkchoice(TO_5, NEVER);
    fake.script(BLOCK, found);
    expect(await engine.applyForkchoice(TO_6, NEVER)).toMatchObject({ effect: 'moved', foreignMove });
  });

  it('for the block at which the EL stands tells nothing of others', async () => {
    const { engine } = await startGeth();
    await engine.applyForkchoice(TO_5, NEVER);
    expect(await engine.applyForkchoice(TO_5, NEVER)).toMatchObject({ effect: 'moved', foreignMove: null });
  });

  it('is told as one call, with the time of all', async () => {
    const told: string[] = [];
    const { engine } = await startGeth(told);
    await engine.applyForkchoice(TO_5, NEVER);
    expect(told).toEqual(['engine_forkchoiceUpdatedV3']);
  });

  it.each([
    ['shows the head from before it, as if the read had overtaken it', { result: { number: '0x4', ...hashesOf(4) } }],
    ['is an error', { error: { code: -32000, message: 'busy' } }],
    ['is no block', { result: true }],
  ])('is read back once more where what came with it %s', async (_, answer) => {
    const { fake, engine } = await startGeth();
    fake.script(BLOCK, answer);
    expect(await engine.applyForkchoice(TO_5, NEVER)).toMatchObject({ effect: 'moved', attempts: 1 });
    expect([fake.httpRequests, fake.callsOf('engine_forkchoiceUpdatedV3').length]).toEqual([2, 1]);
  });

  it('is repeated as ever where the EL moves later', async () => {
    const { fake, engine } = await startGeth();
    fake.forkchoiceMode = { kind: 'moves-at', call: 2 };
    expect(await engine.applyForkchoice(TO_5, NEVER)).toMatchObject({ effect: 'moved', attempts: 2 });
  });

  it('that is refused is read back by itself, since it may have moved the head all the same', async () => {
    const { fake, engine } = await startGeth();
    fake.forkchoiceMode = { kind: 'rejects-after-moving' };
    expect(await engine.applyForkchoice(TO_5, NEVER)).toMatchObject({
      answer: { status: 'REJECTED', code: -38002 },
      effect: 'head-only',
    });
    expect(fake.httpRequests).toBe(2);
  });

  it.each([true, false])('whose reply is lost is read back by itself; it took effect: %s', async (applied) => {
    const { fake, engine } = await startGeth();
    fake.fault('engine_forkchoiceUpdatedV3', { kind: 'lost', how: 'reset', applied });
    const { answer, effect } = await engine.applyForkchoice(TO_5, NEVER);
    expect([answer.status, effect]).toEqual(['UNKNOWN', applied ? 'moved' : 'unmoved']);
    expect(fake.callsOf('engine_forkchoiceUpdatedV3')).toHaveLength(1);
  });

  it.each(['[]', '{}', '[{"jsonrpc":"2.0","id":1,"result":{}}]'])('is UNKNOWN where the reply is %s', async (body) => {
    const { fake, engine } = await startGeth();
    fake.fault('engine_forkchoiceUpdatedV3', { kind: 'body', body });
    expect(await engine.applyForkchoice(TO_5, NEVER)).toMatchObject({ answer: { status: 'UNKNOWN' }, effect: 'moved' });
  });

  it('is not sent once the signal has aborted', async () => {
    const { fake, engine } = await startGeth();
    await expect(engine.applyForkchoice(TO_5, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    expect(fake.httpRequests).toBe(0);
  });
});

describe('a forkchoice for an EL of which nothing is known', () => {
  it('is answered before it is read back', async () => {
    const { fake, engine } = await startPair();
    await engine.applyForkchoice(TO_5, NEVER);
    expect(fake.httpRequests).toBe(2);
  });
});

function hashesOf(number: number): { hash: string; parentHash: string; timestamp: string } {
  const { hash, parentHash, timestamp } = A[number]!;
  return { hash, parentHash, timestamp: `0x${timestamp.toString(16)}` };
}
