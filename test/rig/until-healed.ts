import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { JsonObject } from '../../src/util/json.js';
import type { FollowWorld } from './follow-world.js';

const SHOWN_LINES = 12;

/** Whether the follower EL shows head, safe and finalized of the source, by hash. */
export async function isHealed({ rig }: FollowWorld): Promise<boolean> {
  const { head, labels } = rig.producer;
  const { unsafe, safe, finalized } = await rig.heads('follower');
  return unsafe.hash === head.hash && safe?.hash === labels.safe?.hash && finalized?.hash === labels.finalized?.hash;
}

/**
 * Waits until {@link isHealed}.
 * @throws Error with the end of lockstep's log when that does not come, or as soon as lockstep has ended.
 */
export async function untilHealed(world: FollowWorld, lockstep: LockstepProcess, deadlineMs: number): Promise<void> {
  await untilOutcome('the EL is healed', () => isHealed(world), lockstep, deadlineMs);
}

/** The same for any other outcome. */
export async function untilOutcome<T>(
  what: string,
  outcome: () => T | Promise<T>,
  lockstep: LockstepProcess,
  deadlineMs: number,
): Promise<Exclude<T, false | null | undefined>> {
  const exits: (number | null)[] = [];
  void lockstep.exited.then(({ code }) => exits.push(code));
  const seen = async (): Promise<{ readonly value: Exclude<T, false | null | undefined> | null } | null> => {
    if (exits.length > 0) return { value: null };
    const value = await outcome();
    const isThere = value !== false && value !== null && value !== undefined;
    return isThere ? { value: value as Exclude<T, false | null | undefined> } : null;
  };
  try {
    const { value } = await waitUntil(what, seen, deadlineMs);
    if (value === null) throw new Error(`lockstep ended with ${exits.join('')}`);
    return value;
  } catch (cause) {
    throw new Error(`${what}: no. lockstep logged last:\n${lastLines(lockstep.log())}`, { cause });
  }
}

/** What an operator would look at first. */
export function lastLines(log: readonly JsonObject[]): string {
  const told = log.filter(({ lvl }) => lvl !== 'debug' && lvl !== 'trace');
  return told
    .slice(-SHOWN_LINES)
    .map((line) => JSON.stringify(line))
    .join('\n');
}
