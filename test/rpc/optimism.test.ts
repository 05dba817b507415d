import { afterEach, describe, expect, it } from '@jest/globals';
import { keccak256 } from 'ethers/crypto';
import type { BlockRef } from '../../src/chain/block.js';
import type { SyncStatus } from '../../src/chain/sync-status.js';
import { LockstepError } from '../../src/util/errors.js';
import { ZERO_HASH } from '../../src/util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { closeAll, CONFIG, startRpcRig } from './fixture.js';
import { hashOf, l2Ref } from './op-chain.js';

afterEach(closeAll);

const ref = (kind: string, number: number): BlockRef => ({
  number,
  hash: hashOf(kind, number),
  parentHash: hashOf(kind, number - 1),
  timestamp: 1_700_000_000 + 2 * number,
});
const l1 = (number: number): BlockRef => ref('l1', number);
const ZERO_L1 = { hash: ZERO_HASH, number: 0, parentHash: ZERO_HASH, timestamp: 0 };
const GENESIS = { ...l2Ref(1), ...ref('l2', 0), parentHash: ZERO_HASH, sequenceNumber: 0 };

/** What the consensus client of the source tells: it stands at `safe`, derived up to `currentL1`. */
function told(safe: number, currentL1: number, more: Partial<SyncStatus> = {}): SyncStatus {
  return {
    unsafe: ref('l2', 30),
    safe: ref('l2', safe),
    finalized: ref('l2', 2),
    localSafe: ref('l2', safe),
    currentL1: l1(currentL1),
    l1: { head: l1(50), safe: l1(45), finalized: l1(40) },
    ...more,
  };
}

describe('optimism_syncStatus', () => {
  it('has the blocks of the EL with their L1 origin, and L1 as the consensus client told it', async () => {
    const { call, hooks } = await startRpcRig();
    hooks.onStatus(told(12, 44));
    expect(await call('optimism_syncStatus')).toEqual({
      current_l1: l1(44),
      current_l1_finalized: l1(40),
      head_l1: l1(50),
      safe_l1: l1(45),
      finalized_l1: l1(40),
      unsafe_l2: l2Ref(20),
      safe_l2: l2Ref(12),
      finalized_l2: l2Ref(6),
      pending_safe_l2: l2Ref(12),
      local_safe_l2: l2Ref(12),
      cross_unsafe_l2: l2Ref(20),
    });
  });

  it('has the key order and the integers of op-node (opstack 8)', async () => {
    const { call } = await startRpcRig();
    const status = (await call('optimism_syncStatus')) as JsonObject;
    expect(JSON.stringify(status['safe_l2'])).toBe(JSON.stringify(l2Ref(12)));
    expect(Object.keys(status).slice(0, 3)).toEqual(['current_l1', 'current_l1_finalized', 'head_l1']);
  });

  it('has no current_l1 of a status whose safe head the EL has not reached, but that of the one before', async () => {
    const { call, hooks } = await startRpcRig();
    hooks.onStatus(told(10, 43));
    hooks.onStatus(told(14, 47));
    expect(await call('optimism_syncStatus')).toMatchObject({ current_l1: l1(43), head_l1: l1(50) });
  });

  it('has no current_l1 of a status whose safe head is another block than the EL has', async () => {
    const { call, hooks } = await startRpcRig();
    hooks.onStatus(told(10, 43, { safe: ref('fork', 10) }));
    expect(await call('optimism_syncStatus')).toMatchObject({ current_l1: ZERO_L1, local_safe_l2: l2Ref(12) });
  });

  it('has the local safe head of the consensus client where the EL has that block', async () => {
    const { call, hooks, advance } = await startRpcRig();
    hooks.onStatus(told(12, 44, { localSafe: ref('l2', 18) }));
    expect(await call('optimism_syncStatus')).toMatchObject({ local_safe_l2: l2Ref(18), current_l1: l1(44) });
    hooks.onStatus(told(12, 46, { localSafe: ref('fork', 18) }));
    advance(200);
    expect(await call('optimism_syncStatus')).toMatchObject({ local_safe_l2: l2Ref(12), current_l1: ZERO_L1 });
  });

  it('has zeros for L1 without a consensus client, and says so once', async () => {
    const { call, noL1Said, advance } = await startRpcRig({ consensus: false });
    for (let times = 0; times < 2; times++, advance(1_000)) {
      const status = await call('optimism_syncStatus');
      expect(status).toMatchObject({ head_l1: ZERO_L1, current_l1: ZERO_L1, safe_l1: ZERO_L1, safe_l2: l2Ref(12) });
    }
    expect(noL1Said()).toBe(1);
  });

  it('has genesis, which is safe and final, for a label that the EL does not have (op #20295)', async () => {
    const { call, el } = await startRpcRig();
    [el.safe, el.finalized] = [null, null];
    const genesis = { ...GENESIS, l1origin: { hash: hashOf('l1', 7), number: 7 } };
    expect(await call('optimism_syncStatus')).toMatchObject({ safe_l2: genesis, finalized_l2: genesis });
  });

  it('has an L1 origin of zeros for a genesis that no configuration tells of', async () => {
    const { call, el } = await startRpcRig({ consensus: false });
    [el.unsafe, el.safe, el.finalized] = [0, null, null];
    const genesis = { ...GENESIS, l1origin: { hash: ZERO_HASH, number: 0 } };
    expect(await call('optimism_syncStatus')).toMatchObject({ unsafe_l2: genesis, safe_l2: genesis });
  });

  it('has the finalized block for a safe label that is lost (op-geth after a restart)', async () => {
    const { call, el } = await startRpcRig();
    el.safe = null;
    expect(await call('optimism_syncStatus')).toMatchObject({ safe_l2: l2Ref(6), pending_safe_l2: l2Ref(6) });
  });

  it('is refused on a chain that is not of the OP Stack', async () => {
    const { refused, el } = await startRpcRig();
    el.isOpStack = false;
    expect(await refused('optimism_syncStatus')).toMatchObject({ code: -32000, data: { reason: 'not-op-stack' } });
  });

  it('is refused with the code and the fix of the error while the EL is away', async () => {
    const { refused, el } = await startRpcRig();
    await el.close();
    expect(await refused('optimism_syncStatus')).toMatchObject({ code: -32000, data: { code: 'ENGINE_UNREACHABLE' } });
  });

  it('costs the EL one read, however many ask at a time', async () => {
    const { call, el } = await startRpcRig();
    const statuses = await Promise.all(Array.from({ length: 40 }, () => call('optimism_syncStatus')));
    expect(new Set(statuses.map((status) => JSON.stringify(status))).size).toBe(1);
    expect(el.methods.filter((method) => method === 'eth_getBlockByNumber')).toHaveLength(3);
  });

  it('reads no block whole whose origin the loop has told', async () => {
    const { call, el, hooks } = await startRpcRig();
    for (const number of [6, 12, 20]) {
      const { l1origin } = l2Ref(number) as { l1origin: { hash: `0x${string}`; number: number } };
      const l1Origin = { ...l1origin, timestamp: 1, sequenceNumber: 3 };
      hooks.onBlock({ ref: ref('l2', number), transactionCount: 1, l1Origin } as Parameters<typeof hooks.onBlock>[0]);
    }
    expect(await call('optimism_syncStatus')).toMatchObject({ unsafe_l2: { sequenceNumber: 3 } });
    expect(el.methods).not.toContain('eth_getBlockByHash');
  });
});

describe('what proxyd asks a consensus client for (operators.md 2)', () => {
  it('is there, and gives it no reason to leave the node out or to ban it', async () => {
    const { call, hooks } = await startRpcRig();
    hooks.onStatus(told(12, 44));
    const status = (await call('optimism_syncStatus')) as Record<string, { number: number; timestamp: number }>;
    const output = (await call('optimism_outputAtBlock', [
      `0x${status['safe_l2']!.number.toString(16)}`,
    ])) as JsonObject;
    expect(status['head_l1']!.timestamp).toBeGreaterThan(0);
    expect(status['head_l1']!.number - status['current_l1']!.number).toBeLessThanOrEqual(10);
    expect(status['safe_l2']!.number).toBeLessThanOrEqual(status['local_safe_l2']!.number);
    expect(output['blockRef']).toEqual(status['safe_l2']);
    expect(await call('opp2p_peerStats')).toMatchObject({ connected: 0 });
  });
});

/** OP Stack specification, proposals.md: keccak256(version | state root | storage root | block hash). */
function outputOf(number: number, storageRoot: string): string {
  const words = [ZERO_HASH, hashOf('root', number), storageRoot, hashOf('l2', number)];
  return keccak256(`0x${words.map((word) => word.slice(2)).join('')}`);
}

describe('optimism_outputAtBlock', () => {
  it('is computed from the header from Isthmus on', async () => {
    const { call, el } = await startRpcRig();
    expect(await call('optimism_outputAtBlock', ['0xb'])).toMatchObject({
      version: ZERO_HASH,
      outputRoot: outputOf(11, hashOf('pass', 11)),
      blockRef: l2Ref(11),
      withdrawalStorageRoot: hashOf('pass', 11),
      stateRoot: hashOf('root', 11),
      syncStatus: { unsafe_l2: l2Ref(20) },
    });
    expect(el.methods).not.toContain('eth_getProof');
  });

  it('is computed with a proof of the message passer before Isthmus', async () => {
    const { call, el } = await startRpcRig();
    const output = await call('optimism_outputAtBlock', ['0x5']);
    expect(output).toMatchObject({ outputRoot: outputOf(5, hashOf('pass', 99)), blockRef: l2Ref(5) });
    expect(el.methods).toContain('eth_getProof');
  });

  it('is refused above the head of the EL', async () => {
    const { refused } = await startRpcRig();
    expect(await refused('optimism_outputAtBlock', ['0x15'])).toMatchObject({
      code: -32000,
      data: { reason: 'not-found' },
    });
  });

  it.each<[string, JsonValue]>([
    ['nothing', []],
    ['a number', [5]],
    ['a number as text', ['5']],
    ['leading zeros', ['0x05']],
    ['a tag', ['latest']],
    ['beyond the safe integers', ['0xffffffffffffffff']],
    ['twenty megabytes less a lot', [`0x${'f'.repeat(50_000)}`]],
    ['null', [null]],
    ['an object', [{ blockNumber: '0x5' }]],
    ['one too many', ['0x5', true]],
    ['names instead of a list', { block: '0x5' }],
    ['text instead of a list', '0x5'],
  ])('is refused for %s', async (_what, params) => {
    const { refused, el } = await startRpcRig();
    expect(await refused('optimism_outputAtBlock', params)).toMatchObject({ code: -32602 });
    expect(el.methods).toEqual([]);
  });
});

describe('optimism_rollupConfig', () => {
  it('is that of the consensus client of the source, which is asked once', async () => {
    const { call, consensus } = await startRpcRig();
    expect(await call('optimism_rollupConfig')).toEqual(CONFIG);
    expect(await call('optimism_rollupConfig')).toEqual(CONFIG);
    expect(consensus.reads).toBe(1);
  });

  it('is asked for again after a minute, and a second after a failure', async () => {
    const { call, refused, consensus, advance } = await startRpcRig();
    consensus.config = new LockstepError('SOURCE_TIMEOUT');
    const failure = { code: -32000, data: { code: 'SOURCE_TIMEOUT' } };
    expect(await refused('optimism_rollupConfig')).toMatchObject(failure);
    consensus.config = CONFIG;
    expect(await refused('optimism_rollupConfig')).toMatchObject(failure);
    advance(1_000);
    expect(await call('optimism_rollupConfig')).toEqual(CONFIG);
    advance(60_000);
    await call('optimism_rollupConfig');
    expect(consensus.reads).toBe(3);
  });

  it.each([
    ['without a consensus client', 'no-consensus-client', { consensus: false }, CONFIG],
    ['where it is not served', 'config-not-served', {}, null],
    ['where it is far too large', 'config-too-large', {}, { ...CONFIG, x: 'x'.repeat(70_000) }],
    [
      'where it is of another chain',
      'other-chain',
      {},
      { ...CONFIG, genesis: { l2: { hash: hashOf('fork', 0), number: 0 } } },
    ],
  ])('is refused %s', async (_what, reason, options, config) => {
    const { refused, consensus } = await startRpcRig(options);
    consensus.config = config;
    expect(await refused('optimism_rollupConfig')).toMatchObject({ code: -32000, data: { reason } });
  });
});

describe('optimism_safeHeadAtL1Block', () => {
  it('is refused: a follower does not track it', async () => {
    const { refused } = await startRpcRig();
    const error = await refused('optimism_safeHeadAtL1Block', ['0x5']);
    expect(error).toMatchObject({ code: -32004, data: { reason: 'not-tracked' } });
    expect(isJsonObject(error['data'])).toBe(true);
  });
});
