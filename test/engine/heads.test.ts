import { describe, expect, it } from '@jest/globals';
import { NOT_SYNCING } from '../../src/engine/engine.js';
import { A, NEVER, startPair } from './fixture.js';

const ERROR = { error: { code: -32000, message: 'no' } };

describe('heads', () => {
  it('are the three labels of one HTTP request', async () => {
    const { fake, engine } = await startPair();
    fake.setLabels(A[3]!, A[1]!);
    expect(await engine.heads(NEVER)).toEqual({ unsafe: A[4], safe: A[3], finalized: A[1] });
    expect(fake.httpRequests).toBe(1);
    expect(fake.calls.map((call) => call.params)).toEqual([
      ['latest', false],
      ['safe', false],
      ['finalized', false],
    ]);
  });

  it.each([null, -32000, -39001] as const)('have null for a label that the EL answers with %p', async (dialect) => {
    const { fake, engine } = await startPair();
    fake.absentLabel = dialect;
    expect(await engine.heads(NEVER)).toEqual({ unsafe: A[4], safe: null, finalized: null });
    fake.setLabels(null, A[2]!);
    expect(await engine.heads(NEVER)).toEqual({ unsafe: A[4], safe: null, finalized: A[2] });
  });

  it('are refused without a latest block', async () => {
    const { fake, engine } = await startPair();
    fake.script('eth_getBlockByNumber', { result: null });
    await expect(engine.heads(NEVER)).rejects.toMatchObject({ code: 'ENGINE_SCHEMA' });
    fake.script('eth_getBlockByNumber', ERROR);
    await expect(engine.heads(NEVER)).rejects.toMatchObject({ code: 'ENGINE_RPC_ERROR', data: { rpcCode: -32000 } });
  });

  it.each(['number', 'hash', 'parentHash', 'timestamp'])('are refused when a label lacks its %s', async (field) => {
    const { fake, engine } = await startPair();
    const good = { number: '0x1', hash: A[1]!.hash, parentHash: A[0]!.hash, timestamp: '0x5' };
    fake.script('eth_getBlockByNumber', { result: good }, { result: { ...good, [field]: '0x' } });
    await expect(engine.heads(NEVER)).rejects.toMatchObject({ code: 'ENGINE_SCHEMA' });
  });
});

describe('refAt', () => {
  it('is the canonical block at the height, or null above the head', async () => {
    const { engine } = await startPair();
    expect(await engine.refAt(3, NEVER)).toEqual(A[3]);
    expect(await engine.refAt(5, NEVER)).toBeNull();
  });

  it('refuses a block of another height', async () => {
    const { fake, engine } = await startPair();
    const other = { number: '0x2', hash: A[2]!.hash, parentHash: A[1]!.hash, timestamp: '0x5' };
    fake.script('eth_getBlockByNumber', { result: other });
    await expect(engine.refAt(3, NEVER)).rejects.toMatchObject({ code: 'ENGINE_SCHEMA' });
  });
});

/** As reth 2.5.1 shows them in the middle of a sync, cut. */
const RETH_STAGES = [
  { name: 'Headers', block: '0x10' },
  { name: 'Bodies', block: '0xd' },
  { name: 'Execution', block: '0x6' },
  { name: 'Finish', block: '0x0' },
];

describe('syncing', () => {
  it.each([
    ['an object', { result: { currentBlock: '0x1' } }, { busy: true, underway: true, at: 1, work: 1 }],
    [
      'an object with blocks to go',
      { result: { currentBlock: '0x1', highestBlock: '0x9' } },
      { busy: true, underway: true, at: 1, work: 1 },
    ],
    [
      'an object of a reth, which counts by stages and never names a target',
      { result: { currentBlock: '0x0', highestBlock: '0x0', stages: RETH_STAGES } },
      { busy: false, underway: true, at: 6, work: 35 },
    ],
    [
      'an object for a lagging transaction index',
      { result: { currentBlock: '0x0', highestBlock: '0x0', txIndexRemainingBlocks: '0x1' } },
      NOT_SYNCING,
    ],
    ['false', { result: false }, NOT_SYNCING],
    ['an error, as from an EL without peers', ERROR, NOT_SYNCING],
  ])('with %s', async (_what, answer, expected) => {
    const { fake, engine } = await startPair();
    fake.script('eth_syncing', answer);
    expect(await engine.syncing(NEVER)).toEqual(expected);
  });

  it('refuses an answer that is neither', async () => {
    const { fake, engine } = await startPair();
    fake.script('eth_syncing', { result: 'yes' });
    await expect(engine.syncing(NEVER)).rejects.toMatchObject({ code: 'ENGINE_SCHEMA' });
  });
});
