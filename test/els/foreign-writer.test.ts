import { describe, expect, it } from '@jest/globals';
import { FollowWorld } from '../rig/follow-world.js';
import { outrun } from '../rig/rival.js';

/** The first start may have to build geth. */
const START_TIMEOUT_MS = 900_000;
const FOLLOW_TIMEOUT_MS = 120_000;

/** So little that this one leads the EL to each block too, and no look is due before the next. */
const LAG_MS = 200;

describe('a second consensus client on a geth, whose head is not looked at before each block (E18)', () => {
  it(
    'is told though looks are rare, and held for',
    async () => {
      const world = await FollowWorld.start({ seed: 'rival', source: 'ethereumjs', follower: 'geth' });
      try {
        await world.rig.producer.produce(10);
        const lockstep = await world.lockstep();
        await world.untilEqual(FOLLOW_TIMEOUT_MS);
        expect(await outrun(world, lockstep, LAG_MS)).toMatchObject({ lvl: 'error', reason: 'foreign-writer' });
      } finally {
        await world.close();
      }
    },
    START_TIMEOUT_MS,
  );
});
