import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLockstep } from '../../devnet/rig/lockstep-process.js';
import { type Dialect, FollowWorld } from '../rig/follow-world.js';
import type { WireCall } from '../../devnet/proxy/wire-log.js';
import { untilLastBlock } from '../rig/source-calls.js';
import { wireBreaches } from '../rig/wire-rules.js';

const SEED = 'gap-l';
const BLOCKS = 340;
/** Full blocks are shown with geth (test/els/geth-follow), which makes them in a tenth of the time. */
const WORLDS: readonly [Dialect, txsPerBlock: number][] = [
  ['execution', 1],
  ['consensus', 0],
];
const MAX_SOURCE_CALLS_PER_BLOCK = 1.05;
const DEADLINE_MS = 600_000;

describe.each(WORLDS)(
  'catching up from an empty EL, heads from the %s client of the source',
  (dialect, txsPerBlock) => {
    let world: FollowWorld;

    beforeAll(async () => {
      world = await FollowWorld.start({ seed: SEED, txsPerBlock, dialect });
      await world.rig.producer.produce(BLOCKS);
    }, DEADLINE_MS);

    afterAll(() => world.close());

    it(
      'ends at the head, safe and finalized of the source, with hardly more than one source call per block',
      async () => {
        const lockstep = await startLockstep({
          sourceUrl: world.source.url,
          engineUrl: world.engine.url,
          jwtSecretFile: world.jwtSecretFile,
          logFile: join(world.rig.dir, 'lockstep.log'),
          cwd: world.rig.dir,
          flags: world.clFlags,
        });
        try {
          await world.untilEqual(DEADLINE_MS);
        } finally {
          await lockstep.kill();
        }
        expect(await world.localHead()).toBe(BLOCKS);
        const statusCalls = world.consensus?.proxy.log.calls ?? [];
        const calls = [...untilLastBlock(world.source.log.calls, BLOCKS), ...statusCalls];
        // The counts are part of the comparison, so that a failure shows them.
        const counts = countByMethod(calls);
        const tooMany = calls.length > MAX_SOURCE_CALLS_PER_BLOCK * BLOCKS;
        expect({ ...counts, tooMany }).toEqual({ ...counts, tooMany: false });
        expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
      },
      DEADLINE_MS,
    );
  },
);

function countByMethod(calls: readonly WireCall[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { method } of calls) counts[method] = (counts[method] ?? 0) + 1;
  return counts;
}
