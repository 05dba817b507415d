import { describe, expect, it } from '@jest/globals';
import { decide } from '../../src/follow/decide.js';
import { promote } from '../../src/follow/labels.js';
import { MUTANTS } from '../mutants/all.js';
import { GETH_2026 } from '../follow/model/engine/profiles.js';
import { checkSchedules, drawOf } from '../follow/model/check-schedules.js';
import { PROFILES } from '../follow/model/recovery-scenarios.js';

const CORE = { decide, promote };

/** Schedules per kind of EL. `npm run soak` plays more of them, and other ones each time. */
const SCHEDULES = 500;
/** The same ones each time, so that a gate that fails is not a matter of luck. */
const SEED = 20;

/** What `npm run soak` found, by the first number of its path. */
const MENDED = [
  // An EL that restarted while a rung was tried which moved nothing counted as moved by it.
  { name: 'op-geth', seed: 74, run: 357 },
  // And one that came down by a call that had timed out before, counted as restarted.
  { name: 'geth-2025', seed: 102, run: 238 },
  // And one that was cured of stale mappings past what was final, as the source had moved on.
  { name: 'op-geth', seed: 121, run: 902 },
  // The source went to another branch between an extension and the cure that it asked for, over and over, without a pause.
  { name: 'geth-2026', seed: 20, run: 336 },
  // An EL that was led down counted as restarted where it could not be read right after.
  { name: 'geth-2026', seed: 462_455_512, run: 243 },
  // And where the rung that led it down was the last one.
  { name: 'reth-unwind', seed: 950_001, run: 899 },
  // One that died of a forkchoice, and was back before it was looked at again, was written to without a proof of its identity.
  { name: 'reth-unwind', seed: 950_001, run: 1877 },
  // An EL that others led onto the plan was asked at once again who it is, when it had just failed to tell.
  { name: 'erigon', seed: 770_800_004, run: 98 },
  // The rest were mistakes of the checks: what holds at genesis, beside a label above the head, in a new life of the EL, from another head.
  { name: 'op-geth', seed: 70, run: 482 },
  { name: 'op-geth', seed: 71, run: 174 },
  { name: 'op-geth', seed: 75, run: 710 },
  { name: 'op-geth', seed: 79, run: 143 },
  { name: 'op-geth', seed: 80, run: 324 },
  { name: 'op-geth', seed: 80, run: 628 },
  { name: 'op-geth', seed: 83, run: 110 },
  { name: 'op-geth, hash scheme', seed: 101, run: 294 },
  { name: 'ethereumjs', seed: 100, run: 812 },
  { name: 'ethereumjs', seed: 101, run: 500 },
  { name: 'ethereumjs', seed: 102, run: 874 },
  { name: 'spec-random', seed: 53, run: 282 },
  { name: 'geth-2026', seed: 950_002, run: 50 },
  // An EL that stood on the block that it was pointed at had still to be left alone.
  { name: 'geth-2026', seed: 900_001, run: 152 },
];

const draw = drawOf(SCHEDULES, SEED);
process.stdout.write(`random schedules: LOCKSTEP_SEED=${draw.seed}\n`);

describe('whatever happens in 200 turns', () => {
  it.each(PROFILES)('beside $name, every invariant holds, and afterwards the world comes to its end', (profile) => {
    expect(checkSchedules(profile, CORE, draw)?.story).toBeUndefined();
  });
});

describe('a schedule that failed once', () => {
  it.each(MENDED)('goes well: $name, seed $seed, schedule $run', ({ name, seed, run }) => {
    const profile = PROFILES.find((each) => each.name === name)!;
    expect(checkSchedules(profile, CORE, { seed, path: `${run}`, count: 1 })?.story).toBeUndefined();
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
