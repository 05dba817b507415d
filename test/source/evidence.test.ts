import { afterEach, describe, expect, it } from '@jest/globals';
import type { JsonValue } from '../../src/util/json.js';
import type { Answer } from '../rig/http-server.js';
import { closeAll, error, failure, hash, type Methods, never, refOf, result, sourceOf } from './fixture.js';

afterEach(closeAll);

const DEPOSIT = `0x${'0d'.repeat(20)}`;
const WITHDRAWALS = '0x00000961ef480eb55e80d19ad83579a64c007002';
const SYSTEM = '0xfffffffffffffffffffffffffffffffffffffffe';
const log = (data: string): JsonValue => ({
  address: DEPOSIT,
  topics: [hash(1)],
  data,
  logIndex: '0x0',
  removed: false,
});
const entry = (data: string): JsonValue => ({ address: DEPOSIT, topics: [hash(1)], data });

const queue = (call: JsonValue | undefined): Answer =>
  result(JSON.stringify(call).includes(WITHDRAWALS) ? '0x0a' : '0x0b');
const RECEIPTS = [{ logs: [log('0x01'), log('0x02')] }, { logs: [] }, { logs: [log('0x03')] }];
const METHODS: Methods = { eth_getBlockReceipts: () => result(RECEIPTS), eth_call: queue };

describe('the evidence of execution requests', () => {
  it('is the logs in order, and both queues at the parent, by hash', async () => {
    const { server, source } = await sourceOf(METHODS);
    expect(await source.requestEvidence(refOf(9), never())).toEqual({
      kind: 'found',
      value: { logs: ['0x01', '0x02', '0x03'].map(entry), withdrawalQueue: '0x0a', consolidationQueue: '0x0b' },
    });
    const calls = server.received.flatMap((request) => request.calls);
    expect(calls.filter(({ method }) => method === 'eth_getBlockReceipts').map(({ params }) => params)).toEqual([
      [hash(0x1009)],
    ]);
    const reads = calls.filter(({ method }) => method === 'eth_call').map(({ params }) => params);
    expect(reads).toHaveLength(2);
    expect(reads).toContainEqual([{ from: SYSTEM, to: WITHDRAWALS, data: '0x' }, { blockHash: hash(0x1008) }]);
  });

  it('is asked for by height where the source knows no hashes', async () => {
    const byHeight = (id: JsonValue | undefined, height: string, answer: Answer): Answer =>
      id === height ? answer : error(-32602, 'must be a string');
    const { server, source } = await sourceOf({
      eth_getBlockReceipts: (id) => byHeight(id, '0x9', result(RECEIPTS)),
      eth_call: (call, id) => byHeight(id, '0x8', queue(call)),
    });
    expect((await source.requestEvidence(refOf(9), never())).kind).toBe('found');
    expect(server.methods).toHaveLength(6);
  });

  it.each<[string, string, Methods]>([
    ['absent', 'the block is unknown', { eth_getBlockReceipts: () => result(null) }],
    ['pruned', 'the receipts are pruned', { eth_getBlockReceipts: () => error(4444) }],
  ])('is %s when %s', async (kind, _, methods) => {
    const { source } = await sourceOf({ ...METHODS, ...methods });
    expect((await source.requestEvidence(refOf(9), never())).kind).toBe(kind);
  });

  it('has no queues when the state of the parent is gone, and the logs all the same', async () => {
    const { source } = await sourceOf({ ...METHODS, eth_call: () => error(-32000, 'missing trie node') });
    const found = await source.requestEvidence(refOf(9), never());
    expect(found).toMatchObject({ kind: 'found', value: { withdrawalQueue: null, consolidationQueue: null } });
    expect(found.kind === 'found' && found.value.logs.length).toBeGreaterThan(0);
  });

  it.each<[string, string, Methods]>([
    ['SOURCE_RPC_ERROR', 'receipts are not served', { eth_getBlockReceipts: () => error(-32601) }],
    ['SOURCE_RPC_ERROR', 'calls are not served', { eth_call: () => error(-32601) }],
    ['SOURCE_SCHEMA', 'a queue is no data', { eth_call: () => result('0xabc') }],
    ['SOURCE_SCHEMA', 'the receipts are no array', { eth_getBlockReceipts: () => result({}) }],
    ['SOURCE_SCHEMA', 'a receipt has no logs', { eth_getBlockReceipts: () => result([{}]) }],
    ['SOURCE_SCHEMA', 'a log is no object', { eth_getBlockReceipts: () => result([{ logs: ['x'] }]) }],
    ['SOURCE_SCHEMA', 'log data is no data', { eth_getBlockReceipts: () => result([{ logs: [log('0x1')] }]) }],
    [
      'SOURCE_SCHEMA',
      'an address is short',
      { eth_getBlockReceipts: () => result([{ logs: [{ address: '0x12', topics: [], data: '0x' }] }]) },
    ],
    [
      'SOURCE_SCHEMA',
      'a topic is short',
      { eth_getBlockReceipts: () => result([{ logs: [{ address: DEPOSIT, topics: ['0x12'], data: '0x' }] }]) },
    ],
  ])('is %s when %s', async (code, _, methods) => {
    const { source } = await sourceOf({ ...METHODS, ...methods });
    expect((await failure(source.requestEvidence(refOf(9), never()))).code).toBe(code);
  });
});
