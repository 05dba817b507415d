import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningEl } from '../../devnet/els/el.js';
import { readHeads, readRef } from '../../devnet/heads.js';
import { createProducer, type Producer } from '../../devnet/producer/producer.js';
import { divert } from '../../devnet/rig/private-branch.js';
import { rpcClient, type RpcClient } from '../../devnet/rpc.js';
import { replayInto } from '../../devnet/rig/replay.js';
import { PRODUCER, Scratch } from './scratch.js';

let scratch: Scratch;
let producer: Producer;
let follower: RunningEl;
let http: RpcClient;

beforeAll(async () => {
  scratch = new Scratch();
  const source = await scratch.launch('ethereumjs', 'source');
  producer = await createProducer(source, PRODUCER);
  await producer.produce(10);
  follower = await scratch.launch('ethereumjs', 'follower');
  http = rpcClient(follower.httpUrl);
  await replayInto(follower, source.httpUrl, { head: 10, safe: 8, finalized: 6 });
});

afterAll(() => scratch.remove());

describe('a private branch', () => {
  it('leaves the chain of the source below its head, and ends where it is told to', async () => {
    const branch = await divert(follower, PRODUCER, {
      depth: 3,
      length: 5,
      branch: 1,
      labels: { safe: 9, finalized: 6 },
    });
    expect(branch.ancestor).toMatchObject({ number: 7 });
    const { unsafe, safe, finalized } = await readHeads(http);
    expect(unsafe).toEqual(branch.tip);
    expect([unsafe.number, safe?.number, finalized?.number]).toEqual([12, 9, 6]);
    expect((await readRef(http, 7))!.hash).toBe(branch.ancestor.hash);
    expect((await readRef(http, 10))!.hash).not.toBe(producer.head.hash);
  });

  it('grows out of the head when it has no depth, and differs from every other branch', async () => {
    const { head } = producer;
    const [next] = await producer.produce(1);
    const second = await divert(follower, PRODUCER, { depth: 2, length: 1, branch: 2, labels: 'trail' });
    expect(second.ancestor).toMatchObject({ number: 10 });
    expect(second.tip).toMatchObject({ number: 11, parentHash: second.ancestor.hash });
    const third = await divert(follower, PRODUCER, { depth: 0, length: 2, branch: 3, labels: 'trail' });
    expect(third.ancestor).toEqual(second.tip);
    expect([head.hash, next!.hash]).not.toContain(second.tip.hash);
  });
});
