import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DIALECTS, FollowWorld } from '../rig/follow-world.js';

describe.each(DIALECTS)(
  'lockstep between two real execution clients, heads from the %s client of the source',
  (dialect) => {
    let world: FollowWorld;

    beforeAll(async () => {
      world = await FollowWorld.start({ dialect });
    });

    afterAll(async () => {
      await world.close();
    });

    it('brings an empty EL to the head, safe and finalized of the source', async () => {
      await world.rig.producer.produce(25);
      await world.lockstep();
      await world.untilEqual();
      expect(await world.localHead()).toBe(25);
    });

    it('follows every new block and label', async () => {
      await world.rig.producer.produce(10);
      await world.untilEqual();
      expect(await world.localHead()).toBe(35);
    });

    it('sent nothing but ordered, single-flight writes', () => {
      expect(world.engine.log.maxConcurrentWrites).toBe(1);
      const heads = world.engine.log.payloads.map(({ number }) => Number(number));
      expect(heads).toEqual([...heads].sort((a, b) => a - b));
    });
  },
);
