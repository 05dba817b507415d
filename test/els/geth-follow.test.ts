import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import type { RigOptions } from '../../devnet/rig/rig.js';
import { rpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { EMPTY_REQUESTS_HASH } from '../../src/payload/requests.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { FollowWorld, loggedLines } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';

/** The first start may have to build geth. */
const START_TIMEOUT_MS = 900_000;
const FOLLOW_TIMEOUT_MS = 120_000;
const BLOCKS = 300;

const CHAIN: Partial<RigOptions> = {
  seed: 'geth-follow',
  follower: 'geth',
  txsPerBlock: 8,
  blobs: true,
  requests: true,
  persistent: true,
};

describe('lockstep beside geth, with a geth as the source', () => {
  let world: FollowWorld;
  let lockstep: LockstepProcess;

  beforeAll(async () => {
    world = await FollowWorld.start({ ...CHAIN, source: 'geth' });
    await world.rig.producer.produce(BLOCKS);
  }, START_TIMEOUT_MS);

  afterAll(() => world.close());

  it('meets every type of transaction, and requests', async () => {
    const source = rpcClient(world.rig.source.httpUrl);
    const types = new Set<JsonValue>();
    let withRequests = 0;
    for (let number = 1; number <= BLOCKS; number++) {
      const block = await source.call('eth_getBlockByNumber', [`0x${number.toString(16)}`, true]);
      if (!isJsonObject(block)) throw new Error(`the source has no block ${number}`);
      for (const { type } of block['transactions'] as readonly JsonObject[]) types.add(type ?? null);
      if (block['requestsHash'] !== EMPTY_REQUESTS_HASH) withRequests += 1;
    }
    expect([...types].sort()).toEqual(['0x0', '0x1', '0x2', '0x3', '0x4']);
    expect(withRequests).toBeGreaterThan(BLOCKS / 10);
  });

  it(
    'brings an empty geth to the head, safe and finalized of a Prague chain of 300 blocks',
    async () => {
      lockstep = await world.lockstep();
      await world.untilEqual(FOLLOW_TIMEOUT_MS);
      expect(await world.localHead()).toBe(BLOCKS);
    },
    FOLLOW_TIMEOUT_MS,
  );

  it('sent every block once and few forkchoices, and asked the source for little more than the blocks', () => {
    const { payloads, forkchoices } = world.engine.log;
    expect(payloads.map(({ number }) => Number(number))).toEqual(Array.from({ length: BLOCKS }, (_, i) => i + 1));
    expect(payloads.every(({ status }) => status === 'VALID')).toBe(true);
    expect(forkchoices.length).toBeLessThan(BLOCKS / 10);
    expect(world.source.log.count('debug_getRawBlock')).toBeLessThanOrEqual(BLOCKS * 1.02);
  });

  it('follows new blocks', async () => {
    await world.rig.producer.produce(10);
    await world.untilEqual(FOLLOW_TIMEOUT_MS);
  });

  it(
    'sends the labels again after a clean restart of geth, which takes finalized for safe, and follows on',
    async () => {
      const before = world.engine.log.forkchoices.length;
      await world.rig.restartFollower('SIGTERM');
      await waitUntil('the labels are sent', () => world.engine.log.forkchoices.length > before, FOLLOW_TIMEOUT_MS);
      const { labels, head } = world.rig.producer;
      const sent = { head: head.hash, safe: labels.safe!.hash, finalized: labels.finalized!.hash };
      expect(world.engine.log.forkchoices[before]).toMatchObject(sent);
      await world.rig.producer.produce(5);
      await world.untilEqual(FOLLOW_TIMEOUT_MS);
      expect(await world.localHead()).toBe(BLOCKS + 15);
    },
    FOLLOW_TIMEOUT_MS,
  );

  it('sent no write that it must not send, up to here', async () => {
    expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
  });

  it(
    'after a SIGKILL, from which geth comes back lower, either follows on or holds and says why',
    async () => {
      await world.rig.producer.produce(20);
      await world.untilEqual(FOLLOW_TIMEOUT_MS);
      await world.rig.restartFollower('SIGKILL');
      const { head } = world.rig.producer;
      const held = (): boolean => loggedLines(lockstep, { reason: 'engine-stuck' }).length > 0;
      const followed = async (): Promise<boolean> => (await world.rig.heads('follower')).unsafe.hash === head.hash;
      await waitUntil('an end', async () => held() || (await followed()), FOLLOW_TIMEOUT_MS);
      if (!held()) return;
      const [line] = loggedLines(lockstep, { reason: 'engine-stuck' });
      expect(line).toMatchObject({ at: BLOCKS + 16, answer: expect.stringMatching(/-38006|VALID/) });
      const sent = world.engine.log.writes.length;
      await waitUntil('it tries again', () => world.engine.log.writes.length > sent, FOLLOW_TIMEOUT_MS);
      expect((await world.rig.heads('follower')).unsafe.number).toBe(BLOCKS + 15);
    },
    FOLLOW_TIMEOUT_MS,
  );
});

describe('lockstep beside geth, with ethereumjs as the source', () => {
  it(
    'brings an empty geth to the head, safe and finalized, and follows on',
    async () => {
      const world = await FollowWorld.start({ ...CHAIN, source: 'ethereumjs' });
      try {
        await world.rig.producer.produce(40);
        await world.lockstep();
        await world.untilEqual(FOLLOW_TIMEOUT_MS);
        await world.rig.producer.produce(10);
        await world.untilEqual(FOLLOW_TIMEOUT_MS);
        expect(await world.localHead()).toBe(50);
        const rules = { blocksUrl: world.rig.source.httpUrl };
        expect(await wireBreaches(world.engine.log, rules)).toEqual([]);
      } finally {
        await world.close();
      }
    },
    FOLLOW_TIMEOUT_MS,
  );
});
