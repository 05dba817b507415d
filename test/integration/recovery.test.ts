import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { Episode } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';

let world: FollowWorld;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: "recovery" });
  await world.rig.producer.produce(8);
});
afterAll(() => world.close());
beforeEach(async () => {
  lockstep = await world.lockstep();
  await world.untilEqual();
});
afterEach(() => lockstep.stop());

describe('a source that changes to another branch', () => {
  it.each([1, 3])('is followed there, %d blocks back', async (depth) => {
    const episode = new Episode(world, lockstep);
    await world.rig.producer.fork(world.rig.producer.head.number - depth, depth + 2);
    await world.untilEqual();
    process.stdout.write(episode.lines().map((l) => JSON.stringify(l)).filter((l) => !l.includes('Progress')).join('\n') + '\n');
    expect(episode.holds).toEqual([]);
  });
});
