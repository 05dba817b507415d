import { parseArgs } from 'node:util';
import { decide } from '../../../src/follow/decide.js';
import { promote } from '../../../src/follow/labels.js';
import { checkSchedules, drawOf, TURNS, type Draw } from './check-schedules.js';
import { PROFILES } from './recovery-scenarios.js';

const USAGE = `usage: npm run soak -- [--schedules 10000] [--profile NAME]
  Random schedules of 200 turns per kind of EL; NAME is one of ${PROFILES.map(({ name }) => `'${name}'`).join(', ')}.
  LOCKSTEP_SEED plays those of an earlier run again, with LOCKSTEP_PATH the one that failed in it.
`;

/** fast-check is asked for so many at a time, so that there is something to tell meanwhile. */
const BATCH = 1_000;

interface Choice {
  readonly profile: string | undefined;
  readonly draw: Draw;
}

/** Null when the arguments make no sense. */
function readArguments(): Choice | null {
  try {
    const { values } = parseArgs({
      options: { schedules: { type: 'string', default: '10000' }, profile: { type: 'string' } },
    });
    const count = Number(values.schedules);
    const known = values.profile === undefined || PROFILES.some(({ name }) => name === values.profile);
    return known && Number.isInteger(count) && count > 0
      ? { profile: values.profile, draw: drawOf(count, Date.now() % 2 ** 31) }
      : null;
  } catch {
    return null;
  }
}

const choice = readArguments();
if (choice === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  process.exitCode = soak(choice) === 0 ? 0 : 1;
}

/** The number of violations. */
function soak({ profile: only, draw }: Choice): number {
  let violations = 0;
  let played = 0;
  for (const profile of PROFILES) {
    if (only !== undefined && profile.name !== only) continue;
    for (const batch of batchesOf(draw)) {
      const began = performance.now();
      const failed = checkSchedules(profile, { decide, promote }, batch);
      const seconds = ((performance.now() - began) / 1_000).toFixed(1);
      played += batch.count;
      if (failed === null) {
        process.stdout.write(`${profile.name}: ${batch.count} schedules of seed ${batch.seed}, ${seconds} s\n`);
        continue;
      }
      violations += 1;
      process.stdout.write(`${failed.story}\n`);
    }
  }
  process.stdout.write(`played ${played} schedules of ${TURNS} turns, ${violations} violations\n`);
  return violations;
}

/** Each has a seed of its own, so that any of them is played again by itself. */
function batchesOf({ seed, path, count }: Draw): Draw[] {
  if (path !== null) return [{ seed, path, count: Math.min(count, BATCH) }];
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, batch) => ({
    seed: seed + batch,
    path,
    count: Math.min(BATCH, count - batch * BATCH),
  }));
}
