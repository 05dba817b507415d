import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FollowWorld } from '../rig/follow-world.js';

const BLOCKS = 300;
const TXS_PER_BLOCK = 5;

/** The first start may have to build geth. */
const START_TIMEOUT_MS = 900_000;
const FOLLOW_TIMEOUT_MS = 120_000;

describe('lockstep beside geth, with a geth as the source', () => {
  let world: FollowWorld;

  beforeAll(async () => {
    world = await FollowWorld.start({
      source: 'geth',
      follower: 'geth',
      persistent: true,
      txsPerBlock: TXS_PER_BLOCK,
      blobs: true,
    });
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await world.close();
  });

  it(
    'brings an empty geth to the head, safe and finalized of a Prague chain of 300 blocks',
    async () => {
      await world.rig.producer.produce(BLOCKS);
      await world.lockstep();
      await world.untilEqual(FOLLOW_TIMEOUT_MS);
      const heads = await world.rig.heads('follower');
      expect(heads.unsafe.number).toBe(BLOCKS);
      expect(heads.safe?.number).toBe(world.rig.producer.labels.safe?.number);
      expect(heads.finalized?.number).toBe(world.rig.producer.labels.finalized?.number);
    },
    FOLLOW_TIMEOUT_MS,
  );

  it('sent every block once, in order, one write at a time, each after its parent', () => {
    const { log } = world.engine;
    expect(log.maxConcurrentWrites).toBe(1);
    expect(log.payloads.map(({ number }) => Number(number))).toEqual(Array.from({ length: BLOCKS }, (_, i) => i + 1));
    expect(log.payloads.every(({ status }) => status === 'VALID')).toBe(true);
  });

  it('asked the source for little more than the blocks', () => {
    const blocks = world.source.log.count('debug_getRawBlock');
    expect(blocks).toBeGreaterThanOrEqual(BLOCKS);
    expect(blocks).toBeLessThanOrEqual(BLOCKS * 1.02);
  });

  it(
    'follows on over a clean restart of the follower',
    async () => {
      await world.rig.producer.produce(5);
      await world.untilEqual(FOLLOW_TIMEOUT_MS);
      await world.rig.restartFollower('SIGTERM');
      await world.rig.producer.produce(10);
      await world.untilEqual(FOLLOW_TIMEOUT_MS);
      expect(await world.localHead()).toBe(BLOCKS + 15);
    },
    2 * FOLLOW_TIMEOUT_MS,
  );
});
