import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import { startLockstep, type LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { Episode } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';
import { untilHealed } from '../rig/until-healed.js';

/** The JSON of an ethereumjs cannot hold every kind of transaction, and a node without a raw block is asked for it. */
const CHAIN = { seed: 'replicas', txsPerBlock: 0, blobs: false, requests: false };
const BEFORE = 20;
const BLOCKS = 8;
const DEADLINE_MS = 30_000;

let world: FollowWorld;
let frozen: FaultProxy;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start(CHAIN);
  await world.rig.producer.produce(BEFORE);
  frozen = await FaultProxy.start(world.rig.source.httpUrl);
  await frozen.freeze();
  lockstep = await startLockstep({
    sourceUrl: world.source.url,
    engineUrl: world.engine.url,
    jwtSecretFile: world.jwtSecretFile,
    logFile: join(world.rig.dir, 'lockstep.log'),
    cwd: world.rig.dir,
    // Equal tickers in turn with two nodes: each of them goes on to meet the same one.
    flags: ['--l2.follow.poll-interval', '200ms', '--l2.follow.safety-interval', '200ms'],
  });
  await untilHealed(world, lockstep, DEADLINE_MS);
});

afterAll(async () => {
  await lockstep.kill();
  await frozen.close();
  await world.close();
});

describe('two nodes that answer in turn behind one URL, one of which has stopped to follow its chain (S11)', () => {
  it('are no reason for a hold: every block and label of the other one is followed', async () => {
    const { producer, source } = world.rig;
    const episode = new Episode(world, lockstep);
    world.source.useUpstreams(source.httpUrl, frozen.url);
    for (let made = 0; made < BLOCKS; made++) {
      await producer.produce(1);
      await pause(300);
    }
    await untilHealed(world, lockstep, DEADLINE_MS);
    expect(episode.holds).toEqual([]);
  });
});
