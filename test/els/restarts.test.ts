import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { random } from '../../devnet/producer/random.js';
import { readRef } from '../../devnet/heads.js';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { rpcClient } from '../../devnet/rpc.js';
import { ZERO_HASH } from '../../src/util/hex.js';
import { FollowWorld } from '../rig/follow-world.js';
import { untilHealed } from '../rig/until-healed.js';
import { wireBreaches } from '../rig/wire-rules.js';

/** The first start may have to build geth. */
const START_TIMEOUT_MS = 900_000;
const TIMEOUT_MS = 300_000;

const RESTARTS = 10;
const MAX_LIFE_MS = 3_000;
/** More than what the labels stand below the head, so that a start finds labels. */
const FIRST_BLOCKS = 30;

const SEED = process.env['LOCKSTEP_SEED'] ?? '1';

/** What ends, and how; both for the worst. */
const ENDS = ['lockstep SIGKILL', 'lockstep SIGTERM', 'EL SIGKILL', 'EL SIGTERM', 'both SIGKILL'] as const;

describe('ten restarts in a row', () => {
  let world: FollowWorld;
  let lockstep: LockstepProcess;
  const life = random(`restarts ${SEED}`);

  const restart = async (what: (typeof ENDS)[number]): Promise<void> => {
    if (what.startsWith('lockstep')) await (what.endsWith('SIGKILL') ? lockstep.kill() : lockstep.stop());
    if (what === 'both SIGKILL') await lockstep.kill();
    if (!what.startsWith('lockstep')) await world.rig.restartFollower(what === 'EL SIGTERM' ? 'SIGTERM' : 'SIGKILL');
    if (!what.startsWith('EL')) lockstep = await world.lockstep();
  };

  beforeAll(async () => {
    world = await FollowWorld.start({
      ...{ seed: 'restarts', source: 'geth', follower: 'geth', persistent: true },
      ...{ safeDistance: 4, finalizedDistance: 8, blockTimeMs: 200 },
    });
    await world.rig.producer.produce(FIRST_BLOCKS);
    lockstep = await world.lockstep();
    await untilHealed(world, lockstep, TIMEOUT_MS);
    await world.rig.restartFollower('SIGTERM');
  }, START_TIMEOUT_MS);

  afterAll(() => world.close());

  it(
    `at random points (LOCKSTEP_SEED=${SEED}) end with the blocks of the source, and none of them names genesis`,
    async () => {
      const { rig, engine } = world;
      rig.producer.start();
      const done: string[] = [];
      for (let count = 0; count < RESTARTS; count += 1) {
        await wait(life.integer(MAX_LIFE_MS));
        const what = ENDS[life.integer(ENDS.length)]!;
        await restart(what);
        done.push(what);
      }
      await rig.producer.stop();
      await untilHealed(world, lockstep, TIMEOUT_MS);
      const genesis = await readRef(rpcClient(rig.source.httpUrl), 0);
      expect({ done, breaches: await wireBreaches(engine.log, world.recoveryRules) }).toEqual({ done, breaches: [] });
      const named = engine.log.forkchoices.flatMap(({ head, safe, finalized }) => [head, safe, finalized]);
      expect(named.filter((hash) => hash === genesis?.hash)).toEqual([]);
      expect(named.length).toBeGreaterThan(RESTARTS);
      expect(named.some((hash) => hash !== ZERO_HASH)).toBe(true);
    },
    TIMEOUT_MS,
  );
});
