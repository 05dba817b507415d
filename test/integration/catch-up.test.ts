import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLockstep } from '../../devnet/rig/lockstep-process.js';
import { type Dialect, FollowWorld } from '../rig/follow-world.js';
import type { WireCall } from '../../devnet/proxy/wire-log.js';
import { untilLastBlock } from '../rig/source-calls.js';
import { wireBreaches } from '../rig/wire-rules.js';

const SEED = 'gap-l';
const BLOCKS = 100;
/** More and full blocks are caught up with geth (test/els/geth-catch-up), which makes them in a tenth of the time. */
const WORLDS: readonly [Dialect, txsPerBlock: number][] = [
  ['execution', 1],
  ['consensus', 0],
];
/** What the start asks, once; and the two labels, once a second. */
const START_CALLS = 13;
const LABEL_CALLS_PER_SECOND = 2;
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
      'ends at the head, safe and finalized of the source, with one source call per block besides those for labels',
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
        const seconds = Math.ceil((calls.at(-1)!.atMs - calls[0]!.atMs) / 1_000);
        const most = BLOCKS + START_CALLS + LABEL_CALLS_PER_SECOND * seconds;
        expect({ ...counts, seconds, tooMany: calls.length > most }).toEqual({ ...counts, seconds, tooMany: false });
        expect(counts['debug_getRawBlock']).toBe(BLOCKS);
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
