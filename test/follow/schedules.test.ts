import { describe, expect, it } from '@jest/globals';
import { decide } from '../../src/follow/decide.js';
import { promote } from '../../src/follow/labels.js';
import { MUTANTS } from '../mutants/all.js';
import { GETH_2026 } from './model/engine/profiles.js';
import { checkSchedules, drawOf } from './model/check-schedules.js';
import { PROFILES } from './model/recovery-scenarios.js';

const CORE = { decide, promote };

/**
 * Schedules per kind of EL. The gate runs this file with two versions of Node, and each has schedules of its own;
 * `npm run soak` plays more of them, and other ones each time.
 */
const SCHEDULES = 250;
const NODE_MAJOR = Number.parseInt(process.versions.node, 10);

const draw = drawOf(SCHEDULES, NODE_MAJOR);
process.stdout.write(`random schedules: LOCKSTEP_SEED=${draw.seed}\n`);

describe('whatever happens in 200 turns', () => {
  it.each(PROFILES)('beside $name, every invariant holds, and afterwards the world comes to its end', (profile) => {
    expect(checkSchedules(profile, CORE, draw)?.story).toBeUndefined();
  });
});

describe('a schedule that fails', () => {
  const mistake = MUTANTS.find(({ name }) => name === 'recovers again without a pause')!;
  const found = checkSchedules(GETH_2026, mistake.core, { seed: 1, path: null, count: SCHEDULES })!;

  it('becomes as simple as a person can read', () => {
    expect(found.invariant).toBe('L5');
    expect(found.troubled).toBeLessThanOrEqual(4);
  });

  it('is played again by its seed and path', () => {
    const again = checkSchedules(GETH_2026, mistake.core, { seed: 1, path: found.path, count: SCHEDULES });
    expect(again).toEqual(found);
  });
});
