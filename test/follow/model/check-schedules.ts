import fc from 'fast-check';
import type { EngineProfile } from './engine/profile.js';
import { play } from './schedule-run.js';
import { scheduleWorlds } from './schedule-worlds.js';
import { schedules } from './schedule.js';
import type { Core } from './turn.js';
import { Violation, withoutStacks } from './violation.js';

/** Turns of the loop per schedule. */
export const TURNS = 200;

/** Which schedules. With the `path` that fast-check told of a failure, that one alone. */
export interface Draw {
  readonly seed: number;
  readonly path: string | null;
  readonly count: number;
}

/** The simplest schedule that was found to fail, and how to play it again. */
export interface FailedSchedule {
  readonly invariant: string;
  /** In how many of its turns something goes wrong. */
  readonly troubled: number;
  readonly path: string;
  readonly story: string;
}

/** Plays random schedules with one kind of EL; null where every one of them keeps the invariants and comes to its end. */
export function checkSchedules(profile: EngineProfile, core: Core, { seed, path, count }: Draw): FailedSchedule | null {
  const worlds = scheduleWorlds(profile);
  const property = fc.property(schedules(worlds.length, TURNS), ({ world, steps }) => {
    play(worlds[world]!, steps, core);
  });
  const replayed = path === null ? {} : { path, endOnFailure: true };
  const details = withoutStacks(() => fc.check(property, { seed, numRuns: count, ...replayed }));
  if (!details.failed) return null;
  const { errorInstance: error, counterexample, counterexamplePath } = details;
  if (!(error instanceof Violation) || counterexample === null) throw error;
  const [schedule] = counterexample;
  const { message, invariant } = error;
  const story = `${profile.name}, seed ${seed}, path ${counterexamplePath}: ${message}`;
  return { invariant, troubled: schedule.troubled, path: counterexamplePath, story };
}

/** What the environment names: LOCKSTEP_SEED, and LOCKSTEP_PATH where one schedule is to be played again. */
export function drawOf(count: number, otherwise: number): Draw {
  const { LOCKSTEP_SEED: named, LOCKSTEP_PATH: path } = process.env;
  const seed = Number(named ?? otherwise);
  if (!Number.isInteger(seed)) throw new RangeError(`LOCKSTEP_SEED=${named} is not a whole number`);
  return { seed, path: path ?? null, count };
}
