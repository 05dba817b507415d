import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'undici';
import { fullForm, rawForm } from './block-forms.js';
import { buildChain, createKeccak256, type FixtureBlock, quantity } from './chain.js';
import { Children } from './children.js';
import { CallCounter } from './els/call-counter.js';
import { prepareFloor } from './floor.js';
import { orderedTrieRoot } from './ordered-trie.js';
import { figuresChart } from './performance-page.js';
import { medianResult, percentileResult, resultTable } from './results.js';
import { fromHex } from './rlp.js';
import { floorRun, genesisOf } from './runs.js';
import { median, percentile } from './statistics.js';
import type { SourceOptions } from './stub-messages.js';
import { ElHandle, SourceHandle } from './stubs.js';
import { loadTransactionPool, type TransactionPool } from './transactions.js';

const POOL_SIZE = 12;
const SHAPE = { blocks: 4, transactionsPerBlock: 5 };
const FREE = { newPayloadMs: 0, forkchoiceMs: 0 };

interface Vector {
  readonly rpcBlock: { transactionsRoot: string; transactions: unknown[] };
  readonly params: [{ transactions: string[] }, ...unknown[]];
}

let folder: string;
let pool: TransactionPool;
let chain: FixtureBlock[];
const children = new Children();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-test-'));
  pool = loadTransactionPool(POOL_SIZE, folder);
  chain = await buildChain(SHAPE, pool);
});

afterAll(async () => {
  await children.endAll();
  rmSync(folder, { recursive: true, force: true });
});

function source(knobs: Partial<SourceOptions>): Promise<SourceHandle> {
  const near = { latencyMs: 0, bytesPerSecond: null, raw: true, live: null, onDemand: false };
  const served = { shape: SHAPE, poolSize: POOL_SIZE, cacheFolder: folder };
  return SourceHandle.start(children, { chain: served, ...near, ...knobs });
}

async function rpc(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return response.json();
}

function call(
  method: string,
  ...params: unknown[]
): { jsonrpc: string; id: number; method: string; params: unknown[] } {
  return { jsonrpc: '2.0', id: 1, method, params };
}

describe('the fixtures', () => {
  it('have the transactions roots that real clients compute', async () => {
    const file = new URL('../vectors/blocks.json', import.meta.url);
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];
    const keccak = await createKeccak256();
    for (const { rpcBlock, params } of vectors) {
      const root = orderedTrieRoot(params[0].transactions.map(fromHex), keccak);
      expect(`0x${root.toString('hex')}`).toBe(rpcBlock.transactionsRoot);
    }
    expect(vectors.length).toBeGreaterThan(10);
  });

  it('are a linked chain that comes out the same every time, also from the cache', async () => {
    const again = await buildChain(SHAPE, loadTransactionPool(POOL_SIZE, folder));
    expect(again.map(({ hash }) => hash)).toEqual(chain.map(({ hash }) => hash));
    chain.slice(1).forEach((block, index) => expect(block.header['parentHash']).toBe(chain[index]?.hash));
    expect(chain[1]?.transactions).toHaveLength(1 + SHAPE.transactionsPerBlock);
  });
});

describe('the EL stub', () => {
  it('counts a serial replay as the floor and shows the head that the last forkchoice named', async () => {
    const el = await ElHandle.start(children);
    const run = await floorRun(el, chain, prepareFloor(chain), FREE);
    expect([run.newPayloads, run.forkchoices]).toEqual([SHAPE.blocks, SHAPE.blocks]);
    expect(run.wallMs).toBeGreaterThan(0);
    const batch = [call('eth_getBlockByNumber', 'latest', false), call('eth_getBlockByNumber', 'safe', false)];
    const [latest, safe] = (await rpc(el.url, batch)) as { result: unknown }[];
    expect(latest?.result).toMatchObject({ number: '0x4', hash: chain[4]?.hash, parentHash: chain[3]?.hash });
    expect(safe?.result).toBeNull();
  });

  it('measures the CPU of the process it is told to watch', async () => {
    const el = await ElHandle.start(children);
    const { window } = await el.begin({ genesis: genesisOf(chain), ...FREE, fromNumber: 1, targetNumber: 1 });
    await el.watch(process.pid);
    const params = [{ blockNumber: '0x1', blockHash: '0x01', parentHash: chain[0]?.hash, timestamp: '0x1' }];
    const triple = { headBlockHash: '0x01', safeBlockHash: chain[0]?.hash, finalizedBlockHash: chain[0]?.hash };
    await rpc(el.url, call('engine_newPayloadV3', ...params));
    await rpc(el.url, call('engine_forkchoiceUpdatedV3', triple, null));
    expect((await window).cpuNs).toBeGreaterThan(0);
  });

  it('does not take a block whose parent it does not know', async () => {
    const el = await ElHandle.start(children);
    await el.begin({ genesis: genesisOf(chain), ...FREE, fromNumber: 1, targetNumber: null });
    const params = [{ blockNumber: '0x2', blockHash: '0x02', parentHash: '0x01', timestamp: '0x1' }];
    const answer = await rpc(el.url, call('engine_newPayloadV3', ...params));
    expect(answer).toMatchObject({ result: { status: 'SYNCING' } });
  });
});

describe('the source stub', () => {
  it('serves raw and full blocks by number, hash and label, in batches, and counts the calls', async () => {
    const stub = await source({});
    const head = chain[4] as FixtureBlock;
    const raw = await rpc(stub.url, call('debug_getRawBlock', '0x4'));
    expect(raw).toMatchObject({ result: JSON.parse(rawForm(head)) as unknown });
    const full = (await rpc(stub.url, [
      call('eth_getBlockByNumber', 'latest', true),
      call('eth_getBlockByHash', head.hash, true),
      call('eth_getBlockByNumber', 'safe', false),
      call('eth_getBlockByNumber', '0x5', false),
    ])) as { result: unknown }[];
    const expected = JSON.parse(fullForm(head)) as unknown;
    expect(full.map(({ result }) => result)).toEqual([expected, expected, expect.anything(), null]);
    const { calls, httpRequests } = await stub.count();
    expect(httpRequests).toBe(2);
    expect(calls).toMatchObject({ debug_getRawBlock: 1, 'eth_getBlockByNumber safe': 1, eth_getBlockByHash: 1 });
    expect((await stub.count()).calls).toEqual({});
  });

  it('can lack raw blocks, be far away, and have a head that moves', async () => {
    const stub = await source({ raw: false, latencyMs: 5, bytesPerSecond: 1e6, live: { from: 2, blockTimeMs: 1 } });
    expect(await rpc(stub.url, call('debug_getRawBlock', '0x1'))).toMatchObject({ error: { code: -32601 } });
    expect(await rpc(stub.url, call('eth_blockNumber'))).toMatchObject({ result: '0x2' });
    stub.goLive();
    while ((await stub.count()).headNumber < 4) await rpc(stub.url, call('eth_chainId'));
    expect(await rpc(stub.url, call('eth_blockNumber'))).toMatchObject({ result: '0x4' });
    await stub.close();
  });
});

describe('the source stub with a head that moves', () => {
  it('pushes each new head, and says when it published it', async () => {
    const stub = await source({ live: { from: 2, blockTimeMs: 1 } });
    const socket = new WebSocket(stub.webSocketUrl);
    const messages: unknown[] = [];
    await new Promise<void>((resolve) => {
      socket.addEventListener('open', () => socket.send(JSON.stringify(call('eth_subscribe', 'newHeads'))));
      socket.addEventListener('message', ({ data }) => {
        messages.push(JSON.parse(String(data)));
        if (messages.length === 1) stub.goLive();
        if (messages.length === 3) resolve();
      });
    });
    socket.close();
    expect(messages[0]).toMatchObject({ id: 1, result: '0x1' });
    const heads = messages.slice(1).map((message) => (message as { params: { result: unknown } }).params.result);
    expect(heads).toMatchObject([3, 4].map((number) => ({ number: quantity(number), hash: chain[number]?.hash })));
    expect((await stub.count()).published.map(([number]) => number)).toEqual([3, 4]);
    await stub.close();
  });
});

describe('the call counter', () => {
  it('counts every element of a batch by its method, and passes the answers on', async () => {
    const stub = await source({});
    const counter = await CallCounter.before(stub.url);
    const answers = await rpc(counter.url, [call('eth_chainId'), call('eth_blockNumber'), call('eth_chainId')]);
    expect(answers).toHaveLength(3);
    expect([...counter.calls]).toEqual([
      ['eth_chainId', 2],
      ['eth_blockNumber', 1],
    ]);
    counter.close();
    await stub.close();
  });
});

describe('the results', () => {
  const name = { id: 'X', name: 'a figure', unit: 'ms', gate: 1, aim: 0.5 };

  it('take the median and miss a gate only when the best sample misses it too', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect(medianResult(name, [0.9, 1.2, 1.3])).toMatchObject({ value: 1.2, passed: true });
    expect(medianResult(name, [1.1, 1.2, 1.3])).toMatchObject({ value: 1.2, passed: false });
  });

  it('take a percentile of one run as it is', () => {
    const samples = Array.from({ length: 200 }, (_, index) => index + 1);
    expect([percentile(samples, 50), percentile(samples, 99), percentile([7], 99)]).toEqual([100, 198, 7]);
    expect(percentileResult({ ...name, gate: 100 }, 99, samples)).toMatchObject({ value: 198, passed: false });
  });

  it('come out of a chart as bars, one for each gate', () => {
    const results = [medianResult(name, [0.4]), medianResult({ ...name, id: 'Y', gate: null }, [3])];
    const chart = figuresChart({ machine: {}, results });
    expect(chart.match(/<rect x=/g)).toHaveLength(1);
    expect(chart).toContain('X  a figure');
  });

  it('are a table that says what was met', () => {
    const table = resultTable([
      medianResult(name, [0.4]),
      medianResult(name, [0.8]),
      medianResult(name, [0.8, 2]),
      medianResult(name, [2]),
    ]);
    const verdicts = table.split('\n').map((line) => line.slice(line.lastIndexOf('  ') + 2));
    expect(verdicts.slice(1)).toEqual(['aim met', 'ok', 'ok at best', 'MISSED']);
  });
});
