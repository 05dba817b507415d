import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningEl } from '../../devnet/els/el.js';
import { readHeads, readRef } from '../../devnet/heads.js';
import { createProducer, type Producer } from '../../devnet/producer/producer.js';
import { rpcClient, type RpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { isJsonObject, type JsonObject } from '../../src/util/json.js';
import { PRODUCER, Scratch } from './scratch.js';

let scratch: Scratch;
let el: RunningEl;
let http: RpcClient;
let producer: Producer;

beforeAll(async () => {
  scratch = new Scratch();
  el = await scratch.launch('ethereumjs', 'el');
  http = rpcClient(el.httpUrl);
  producer = await createProducer(el, PRODUCER);
});

afterAll(() => scratch.remove());

async function transactionsOf(number: number): Promise<JsonObject[]> {
  const block = await http.call('eth_getBlockByNumber', [`0x${number.toString(16)}`, true]);
  const transactions = isJsonObject(block) ? block['transactions'] : null;
  return Array.isArray(transactions) ? transactions.filter(isJsonObject) : [];
}

describe('the block producer', () => {
  it('makes linked blocks with the wanted number of transactions', async () => {
    const blocks = await producer.produce(8);
    expect(blocks.map((block) => block.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    blocks.slice(1).forEach((block, index) => expect(block.parentHash).toBe(blocks[index]!.hash));
    expect(producer.head).toEqual(blocks[7]);
    for (const number of [1, 5, 8]) expect(await transactionsOf(number)).toHaveLength(PRODUCER.txsPerBlock);
  });

  it('lets safe and finalized trail the head at the set distances', async () => {
    const { unsafe, safe, finalized } = await readHeads(http);
    expect(unsafe).toEqual(producer.head);
    expect(safe).toEqual(await readRef(http, unsafe.number - PRODUCER.safeDistance));
    expect(finalized).toEqual(await readRef(http, unsafe.number - PRODUCER.finalizedDistance));
    expect(producer.labels).toEqual({ safe, finalized });
  });

  it('holds the labels where it is told to, and lets them trail again', async () => {
    await producer.setLabels({ safe: 6, finalized: 5 });
    await producer.produce(1);
    const held = await readHeads(http);
    expect([held.unsafe.number, held.safe?.number, held.finalized?.number]).toEqual([9, 6, 5]);
    await producer.setLabels('trail');
    const trailing = await readHeads(http);
    expect([trailing.unsafe.number, trailing.safe?.number, trailing.finalized?.number]).toEqual([9, 7, 5]);
  });

  it('makes the same chain from the same seed on another EL', async () => {
    const other = await scratch.launch('ethereumjs', 'other');
    const again = await createProducer(other, PRODUCER);
    const blocks = await again.produce(8);
    expect(blocks[7]).toEqual(await readRef(http, 8));
    await other.kill();
  });

  it('replaces blocks by siblings when it forks, and builds on them afterwards', async () => {
    const ancestor = await readRef(http, 6);
    const before = await readRef(http, 7);
    const branch = await producer.fork(6, 4);
    expect(branch.map((block) => block.number)).toEqual([7, 8, 9, 10]);
    expect(branch[0]!.parentHash).toBe(ancestor!.hash);
    expect(branch[0]!.hash).not.toBe(before!.hash);
    const [next] = await producer.produce(1);
    expect(next).toMatchObject({ number: 11, parentHash: branch[3]!.hash });
    expect((await readHeads(http)).unsafe).toEqual(next);
  });

  it('forks below its own finalized block when it is told to', async () => {
    const branch = await producer.fork(3, 2);
    const { unsafe, safe, finalized } = await readHeads(http);
    expect(unsafe).toEqual(branch[1]);
    expect([safe?.number, finalized?.number]).toEqual([3, 1]);
  });

  it('takes the EL back to a block of its chain, and builds another one on it afterwards', async () => {
    const [lost] = await producer.produce(1);
    await producer.rewind(4);
    const { unsafe, safe, finalized } = await readHeads(http);
    expect([unsafe.number, safe?.number, finalized?.number]).toEqual([4, 2, 0]);
    expect(producer.head).toEqual(unsafe);
    const [next, ...others] = await producer.produce(lost!.number - 4);
    expect(next).toMatchObject({ number: 5, parentHash: unsafe.hash });
    expect(others.at(-1)!.number).toBe(lost!.number);
    expect(others.at(-1)!.hash).not.toBe(lost!.hash);
  });

  it('ticks until it is stopped, or as often as it is told to', async () => {
    const ticking = await createProducer(el, { ...PRODUCER, blockTimeMs: 10 });
    const start = ticking.head.number;
    ticking.start(3);
    await waitUntil('three blocks', () => ticking.head.number === start + 3, 10_000);
    await ticking.stop();
    ticking.start();
    await waitUntil('two more blocks', () => ticking.head.number >= start + 5, 10_000);
    await ticking.stop();
    const { number } = ticking.head;
    expect(ticking.failure).toBeNull();
    expect((await readHeads(http)).unsafe.number).toBe(number);
  });
});

describe('the transactions of the producer', () => {
  it('are of every type, with blobs and withdrawal requests when these are asked for', async () => {
    const other = await scratch.launch('ethereumjs', 'types');
    const options = { ...PRODUCER, txsPerBlock: 12, blobs: true, requests: true };
    await (await createProducer(other, options)).produce(6);
    const types = new Set<unknown>();
    http = rpcClient(other.httpUrl);
    for (let number = 1; number <= 6; number++) {
      for (const transaction of await transactionsOf(number)) types.add(transaction['type']);
    }
    expect([...types].sort()).toEqual(['0x0', '0x1', '0x2', '0x3', '0x4']);
    const [plain, requesting] = await Promise.all(
      ['0x5', '0x6'].map((tag) => http.call('eth_getBlockByNumber', [tag, false])),
    );
    const requestsHash = (block: unknown): unknown => (isJsonObject(block) ? block['requestsHash'] : undefined);
    expect(requestsHash(requesting)).not.toBe(requestsHash(plain));
    await other.kill();
  });
});
