import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startLockstep, type LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import type { JsonObject } from '../../src/util/json.js';
import { Episode } from './episode.js';
import { type FollowWorld, untilLogged } from './follow-world.js';

const BLOCKS = 8;
const BLOCKS_MS = 600;

/** A second consensus client leads the EL, ahead of this one by `lagMs`, until this one holds: with what it says then. */
export async function outrun(world: FollowWorld, lockstep: LockstepProcess, lagMs = 1_000): Promise<JsonObject> {
  const rival = await startLockstep({
    sourceUrl: world.rig.source.httpUrl,
    // Past the proxy: under another address the lock of the first one does not see it.
    engineUrl: world.rig.follower.engineUrl,
    jwtSecretFile: world.jwtSecretFile,
    logFile: join(world.rig.dir, 'rival.log'),
    cwd: world.rig.dir,
    flags: ['--l2.follow.poll-interval', '50ms', '--log.level', 'debug'],
  });
  try {
    await untilLogged(rival, { msg: 'Following: the EL keeps up with the source' });
    const delayed = { kind: 'delay', ms: lagMs, when: 'after' } as const;
    // The source is slower for the first one, so that the other is always ahead of it.
    world.source.inject({ match: { method: 'eth_getBlockByNumber', tag: 'latest' }, fault: delayed });
    const holding = new Episode(world, lockstep).untilHolding('foreign-writer');
    for (let block = 0; block < BLOCKS; block += 1) {
      await world.rig.producer.produce(1);
      await delay(BLOCKS_MS);
    }
    return await holding;
  } finally {
    await rival.stop();
  }
}
