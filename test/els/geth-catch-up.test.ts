import { expect, it } from '@jest/globals';
import { FollowWorld } from '../rig/follow-world.js';
import { untilLastBlock } from '../rig/source-calls.js';
import { wireBreaches } from '../rig/wire-rules.js';

/** The first start may have to build geth. */
const TIMEOUT_MS = 900_000;
const BLOCKS = 340;
const TXS_PER_BLOCK = 50;
const MAX_SOURCE_CALLS_PER_BLOCK = 1.05;

it(
  'brings an empty geth to the head, safe and finalized of 340 blocks with 50 transactions each, with hardly more than one source call per block',
  async () => {
    const world = await FollowWorld.start({
      seed: 'geth-catch-up',
      source: 'geth',
      follower: 'geth',
      txsPerBlock: TXS_PER_BLOCK,
    });
    try {
      await world.rig.producer.produce(BLOCKS);
      await world.lockstep();
      await world.untilEqual(TIMEOUT_MS);
      expect(await world.localHead()).toBe(BLOCKS);
      expect(untilLastBlock(world.source.log.calls, BLOCKS).length).toBeLessThanOrEqual(
        MAX_SOURCE_CALLS_PER_BLOCK * BLOCKS,
      );
      expect(world.engine.log.payloads).toHaveLength(BLOCKS);
      expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
    } finally {
      await world.close();
    }
  },
  TIMEOUT_MS,
);
