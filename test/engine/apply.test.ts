import { describe, expect, it } from '@jest/globals';
import { forkchoice } from '../../src/chain/forkchoice.js';
import { payloadStatus } from '../rig/fake-engine.js';
import { A, B, NEVER, startPair } from './fixture.js';

const LABELS = { safe: A[3]!, finalized: A[2]! };
const WITH_LABELS = forkchoice(A[5]!, LABELS);
const WITHOUT = forkchoice(A[5]!, { safe: null, finalized: null });
const THREE_REPEATS = [1, 1, 1];

describe('applyForkchoice on an EL that does as the specification says', () => {
  it('has moved head and labels with one call', async () => {
    const { fake, engine } = await startPair();
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toEqual({
      effect: 'moved',
      answer: { status: 'VALID' },
      heads: { unsafe: A[5], safe: A[3], finalized: A[2] },
      foreignMove: null,
      attempts: 1,
    });
    expect(fake.callsOf('engine_forkchoiceUpdatedV3')).toHaveLength(1);
  });

  it('has moved when no labels are sent, whatever labels the EL has', async () => {
    const { fake, engine } = await startPair();
    fake.setLabels(A[1]!, A[1]!);
    expect(await engine.applyForkchoice(WITHOUT, NEVER)).toMatchObject({ effect: 'moved', attempts: 1 });
  });

  it('compares hashes and not heights', async () => {
    const { fake, engine } = await startPair({ repeatDelaysMs: [] });
    fake.forkchoiceMode = { kind: 'never-moves' };
    fake.setHead(B[5]!);
    expect(await engine.applyForkchoice(WITHOUT, NEVER)).toMatchObject({ effect: 'unmoved' });
  });
});

describe('the read-back of a forkchoice', () => {
  const ONE_ON = forkchoice(A[6]!, LABELS);

  /** How many blocks an EL is asked for that was last seen with these labels, at block 5. */
  async function asked(fc: typeof ONE_ON, shown: typeof LABELS): Promise<{ blocks: number; effect: string }> {
    const { fake, engine } = await startPair();
    fake.setHead(A[5]!);
    fake.setLabels(shown.safe, shown.finalized);
    await engine.heads(NEVER);
    const before = fake.callsOf('eth_getBlockByNumber').length;
    const { effect, heads } = await engine.applyForkchoice(fc, NEVER);
    expect(heads).toEqual({ unsafe: fc.head, ...fc.labels });
    return { blocks: fake.callsOf('eth_getBlockByNumber').length - before, effect };
  }

  it('is its head alone where it is the next block, with the labels that the EL showed', async () => {
    expect(await asked(ONE_ON, LABELS)).toEqual({ blocks: 1, effect: 'moved' });
  });

  it.each<[string, typeof ONE_ON, typeof LABELS]>([
    ['a label is new', ONE_ON, { safe: A[2]!, finalized: A[2]! }],
    ['it is more than one block', forkchoice(A[7]!, LABELS), LABELS],
    ['it is the head that the EL has', WITH_LABELS, LABELS],
    ['it is a block of another branch', forkchoice(B[6]!, LABELS), LABELS],
  ])('is head and labels where %s', async (_what, fc, shown) => {
    expect(await asked(fc, shown)).toEqual({ blocks: 3, effect: 'moved' });
  });

  it('is head and labels where the EL had to prove its identity anew', async () => {
    const { fake, engine } = await startPair();
    fake.setLabels(A[3]!, A[2]!);
    await engine.heads(NEVER);
    await engine.identify(NEVER);
    const before = fake.callsOf('eth_getBlockByNumber').length;
    await engine.applyForkchoice(WITH_LABELS, NEVER);
    expect(fake.callsOf('eth_getBlockByNumber')).toHaveLength(before + 3);
  });
});

describe('applyForkchoice on an EL that answers VALID and does something else', () => {
  it.each([2, 3, 4])('has moved when the EL moves at call %d', async (call) => {
    const { fake, engine } = await startPair({ repeatDelaysMs: THREE_REPEATS });
    fake.forkchoiceMode = { kind: 'moves-at', call };
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({ effect: 'moved', attempts: call });
    expect(fake.callsOf('engine_forkchoiceUpdatedV3')).toHaveLength(call);
  });

  it('counts as unmoved after one call and every repeat', async () => {
    const { fake, engine } = await startPair({ repeatDelaysMs: THREE_REPEATS });
    fake.forkchoiceMode = { kind: 'never-moves' };
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toEqual({
      effect: 'unmoved',
      answer: { status: 'VALID' },
      heads: { unsafe: A[4], safe: null, finalized: null },
      foreignMove: null,
      attempts: 4,
    });
    expect(fake.callsOf('engine_forkchoiceUpdatedV3')).toHaveLength(4);
  });

  it('repeats an identical call, never another', async () => {
    const { fake, engine } = await startPair({ repeatDelaysMs: THREE_REPEATS });
    fake.forkchoiceMode = { kind: 'never-moves' };
    await engine.applyForkchoice(WITH_LABELS, NEVER);
    const sent = fake.callsOf('engine_forkchoiceUpdatedV3').map((call) => JSON.stringify(call.params));
    expect(new Set(sent).size).toBe(1);
  });

  it('repeats twice only on a geth, which never changes its mind', async () => {
    const { fake, engine } = await startPair({ repeatDelaysMs: [1, 1, 1, 1, 1] });
    fake.script('engine_getClientVersionV1', { result: [{ name: 'go-ethereum', version: '1.17.7' }] });
    fake.forkchoiceMode = { kind: 'never-moves' };
    await engine.identify(NEVER);
    expect(await engine.applyForkchoice(WITHOUT, NEVER)).toMatchObject({ effect: 'unmoved', attempts: 3 });
  });

  it('gives a geth every repeat once it has moved late, and says so: behaviour counts more than the name', async () => {
    const surprises: string[] = [];
    const options = { repeatDelaysMs: [1, 1, 1, 1, 1], onSurprise: (detail: string) => void surprises.push(detail) };
    const { fake, engine } = await startPair(options);
    fake.script('engine_getClientVersionV1', { result: [{ name: 'go-ethereum', version: '1.17.7' }] });
    await engine.identify(NEVER);
    fake.forkchoiceMode = { kind: 'never-moves' };
    expect(await engine.applyForkchoice(WITHOUT, NEVER)).toMatchObject({ effect: 'unmoved', attempts: 3 });
    fake.setHead(A[5]!);
    await engine.heads(NEVER);
    await engine.heads(NEVER);
    expect(surprises).toEqual(['it took block 5 for its head late, which no geth was seen to do']);
    fake.setHead(A[4]!);
    expect(await engine.applyForkchoice(WITHOUT, NEVER)).toMatchObject({ effect: 'unmoved', attempts: 6 });
  });

  it('does not call a geth late that went elsewhere, or moved by another forkchoice', async () => {
    const surprises: string[] = [];
    const { fake, engine } = await startPair({ onSurprise: (detail) => void surprises.push(detail) });
    fake.script('engine_getClientVersionV1', { result: [{ name: 'go-ethereum', version: '1.17.7' }] });
    await engine.identify(NEVER);
    fake.forkchoiceMode = { kind: 'never-moves' };
    await engine.applyForkchoice(WITHOUT, NEVER);
    fake.setHead(B[5]!);
    await engine.heads(NEVER);
    await engine.applyForkchoice(forkchoice(A[6]!, { safe: null, finalized: null }), NEVER);
    fake.setHead(A[5]!);
    await engine.heads(NEVER);
    expect(surprises).toEqual([]);
  });

  it('tells labels-only from unmoved when the EL applies just the labels', async () => {
    const { fake, engine } = await startPair({ repeatDelaysMs: THREE_REPEATS });
    fake.forkchoiceMode = { kind: 'labels-only' };
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({
      effect: 'labels-only',
      heads: { unsafe: A[4], safe: A[3], finalized: A[2] },
      attempts: 4,
    });
    expect(await engine.applyForkchoice(WITHOUT, NEVER)).toMatchObject({ effect: 'unmoved' });
  });

  it('sends once more when only the labels are missing, and has moved when they follow', async () => {
    const { fake, engine } = await startPair({ repeatDelaysMs: [] });
    fake.forkchoiceMode = { kind: 'labels-at-second' };
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({ effect: 'moved', attempts: 2 });
  });

  it('is head-only when the labels do not follow the second call either', async () => {
    const { fake, engine } = await startPair({ repeatDelaysMs: THREE_REPEATS });
    fake.forkchoiceMode = { kind: 'head-never-labels' };
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({
      effect: 'head-only',
      heads: { unsafe: A[5], safe: null, finalized: null },
      attempts: 2,
    });
  });

  it('is head-only when one of the two labels is another block', async () => {
    const { fake, engine } = await startPair();
    fake.forkchoiceMode = { kind: 'head-never-labels' };
    fake.setLabels(A[3]!, A[1]!);
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({ effect: 'head-only' });
  });
});

describe('applyForkchoice with any answer but VALID', () => {
  it('shows the head that a -38002 has moved, and does not send again', async () => {
    const { fake, engine } = await startPair();
    fake.forkchoiceMode = { kind: 'rejects-after-moving' };
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({
      effect: 'head-only',
      answer: { status: 'REJECTED', code: -38002 },
      heads: { unsafe: A[5], safe: null, finalized: null },
      attempts: 1,
    });
    expect(fake.callsOf('engine_forkchoiceUpdatedV3')).toHaveLength(1);
  });

  it.each(['SYNCING', 'ACCEPTED', 'INVALID'])('reads back after %s and does not send again', async (status) => {
    const { fake, engine } = await startPair();
    fake.script('engine_forkchoiceUpdatedV3', {
      result: { payloadStatus: payloadStatus(status, null), payloadId: null },
    });
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({
      effect: 'unmoved',
      answer: { status },
      heads: { unsafe: A[4] },
      attempts: 1,
    });
    expect(fake.callsOf('engine_forkchoiceUpdatedV3')).toHaveLength(1);
  });

  it('is UNKNOWN after a deadline, and shows what the EL did meanwhile', async () => {
    const { fake, engine } = await startPair({ timeoutMs: 1_000 });
    fake.fault('engine_forkchoiceUpdatedV3', { kind: 'lost', how: 'hang', applied: true });
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({
      effect: 'moved',
      answer: { status: 'UNKNOWN', error: { code: 'ENGINE_TIMEOUT' } },
      heads: { unsafe: A[5], safe: A[3], finalized: A[2] },
      attempts: 1,
    });
    expect(fake.callsOf('engine_forkchoiceUpdatedV3')).toHaveLength(1);
  });

  it('reads back after a request that was refused unread', async () => {
    const { fake, engine } = await startPair();
    fake.fault('engine_forkchoiceUpdatedV3', { kind: 'status', status: 403, body: 'invalid host specified' });
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({
      effect: 'unmoved',
      answer: { status: 'UNSENT', error: { code: 'ENGINE_FORBIDDEN' } },
      heads: { unsafe: A[4] },
      attempts: 1,
    });
  });

  it('stops repeating when a repeat is answered otherwise', async () => {
    const { fake, engine } = await startPair({ repeatDelaysMs: THREE_REPEATS });
    fake.forkchoiceMode = { kind: 'never-moves' };
    const valid = { result: { payloadStatus: payloadStatus('VALID', A[5]!.hash), payloadId: null } };
    const refusal = { error: { code: -38006, message: 'reorg depth 18446744073709551615 exceeds limit 32' } };
    fake.script('engine_forkchoiceUpdatedV3', valid, refusal);
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toMatchObject({
      effect: 'unmoved',
      answer: { status: 'REJECTED', code: -38006 },
      attempts: 2,
    });
  });
});

describe('applyForkchoice when the EL cannot be read back', () => {
  it.each([
    ['an unreadable reply', { kind: 'body', body: '<html>' } as const],
    ['a server error', { kind: 'status', status: 500, body: '' } as const],
  ])('keeps the answer after %s, and sends nothing more', async (_what, fault) => {
    const { fake, engine } = await startPair();
    fake.fault('eth_getBlockByNumber', fault);
    expect(await engine.applyForkchoice(WITH_LABELS, NEVER)).toEqual({
      effect: 'unread',
      answer: { status: 'VALID' },
      heads: null,
      foreignMove: null,
      attempts: 1,
    });
  });
});
