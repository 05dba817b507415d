import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readHeads, readRef } from '../../devnet/heads.js';
import { createProducer } from '../../devnet/producer/producer.js';
import { startRig } from '../../devnet/rig/rig.js';
import { rpcClient } from '../../devnet/rpc.js';
import { agree } from '../../devnet/view/snapshot.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { PRODUCER, Scratch } from '../devnet/scratch.js';

/** Building geth may be part of the first test. */
const BUILD_TIMEOUT_MS = 900_000;

let scratch: Scratch;

beforeAll(() => {
  scratch = new Scratch();
});

afterAll(() => scratch.remove());

describe('the devnet with geth', () => {
  it(
    'has the genesis of the ethereumjs EL',
    async () => {
      const [geth, ethereumjs] = [await scratch.launch('geth', 'g'), await scratch.launch('ethereumjs', 'e')];
      const [a, b] = await Promise.all([geth, ethereumjs].map((el) => readRef(rpcClient(el.httpUrl), 0)));
      expect(a).toEqual(b);
      await ethereumjs.kill();
      await geth.kill();
    },
    BUILD_TIMEOUT_MS,
  );

  it('makes the same chain twice, forks it, and keeps it over a clean restart', async () => {
    const options = { ...PRODUCER, blobs: true, requests: true };
    const flags = { extraFlags: ['--engine.maxreorgdepth', '0'] };
    const one = await scratch.launch('geth', 'one', flags);
    const producer = await createProducer(one, options);
    const blocks = await producer.produce(12);
    const two = await scratch.launch('geth', 'two', flags);
    expect(await (await createProducer(two, options)).produce(12)).toEqual(blocks);
    await two.kill();

    const branch = await producer.fork(5, 9);
    expect(branch[0]!.parentHash).toBe(blocks[4]!.hash);
    expect(branch[0]!.hash).not.toBe(blocks[5]!.hash);
    expect(await one.stop()).toEqual({ code: 0, signal: null });
    const again = await scratch.launch('geth', 'one', flags);
    expect((await readHeads(rpcClient(again.httpUrl))).unsafe).toEqual(branch[8]);
    await again.kill();
  });

  it('makes blocks that the ethereumjs EL takes through lockstep, and the other way round', async () => {
    for (const [source, follower] of [
      ['geth', 'ethereumjs'],
      ['ethereumjs', 'geth'],
    ] as const) {
      const rig = await startRig({ ...PRODUCER, source, follower, blobs: true, requests: true });
      try {
        await rig.producer.produce(20);
        await rig.startLockstep(['--l2.follow.poll-interval', '100ms', '--l2.follow.safety-interval', '100ms']);
        const agreed = async (): Promise<boolean> => agree(await rig.heads('source'), await rig.heads('follower'));
        await waitUntil(`${follower} follows ${source}`, agreed, 30_000);
      } finally {
        await rig.close();
      }
    }
  }, 120_000);
});
