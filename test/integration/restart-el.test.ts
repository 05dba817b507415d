import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { FollowWorld, untilLogged } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';

type Signal = 'SIGTERM' | 'SIGKILL';

let world: FollowWorld;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'restart', txsPerBlock: 1, persistent: true });
  await world.rig.producer.produce(15);
  lockstep = await start();
  await world.untilEqual();
});

afterEach(() => world.engine.heal());

afterAll(() => world.close());

/** Past the source proxy, so that both sides may stand at the same block. */
function start(): Promise<LockstepProcess> {
  return world.lockstep([], world.rig.source.httpUrl);
}

function end(signal: Signal): Promise<unknown> {
  return signal === 'SIGTERM' ? lockstep.stop() : lockstep.kill();
}

/** Gives lockstep blocks to replay and comes back while it is at them. */
async function inTheMiddle(): Promise<void> {
  const from = await world.localHead();
  world.engine.inject({ match: { method: /^engine_newPayload/ }, fault: { kind: 'delay', ms: 100, when: 'before' } });
  await world.rig.producer.produce(12);
  await waitUntil('some blocks are in', async () => (await world.localHead()) >= from + 3, 20_000);
  world.engine.heal();
  expect(await world.localHead()).toBeLessThan(from + 12);
}

describe.each<Signal>(['SIGTERM', 'SIGKILL'])('in the middle of a replay, %s (E2, H1)', (signal) => {
  it('of the EL alone is followed by a new session and the rest of the blocks', async () => {
    await inTheMiddle();
    await world.rig.restartFollower(signal);
    await world.untilEqual();
    expect((await world.rig.heads('follower')).unsafe.number).toBe(world.rig.producer.head.number);
  });

  it('of lockstep alone is made good by a new one', async () => {
    await inTheMiddle();
    await end(signal);
    lockstep = await start();
    await world.untilEqual();
  });

  it('of lockstep and then of the EL is made good by both coming back', async () => {
    await inTheMiddle();
    await end(signal);
    await world.rig.restartFollower(signal);
    lockstep = await start();
    await world.untilEqual();
  });

  it('of the EL and then of lockstep is made good by both coming back', async () => {
    await inTheMiddle();
    const restarted = world.rig.restartFollower(signal);
    await end(signal);
    lockstep = await start();
    await restarted;
    await world.untilEqual();
  });
});

describe('an EL that comes back without its last blocks (E3)', () => {
  it('gets them again, and its labels no lower than they were at the source', async () => {
    const { follower, producer } = world.rig;
    const database = join(world.rig.dir, 'follower-ethereumjs', 'db');
    const saved = join(world.rig.dir, 'saved');
    const low = await world.localHead();
    await follower.stop();
    cpSync(database, saved, { recursive: true });
    await world.rig.restartFollower('SIGKILL');
    await producer.produce(20);
    await world.untilEqual();

    const [sent, sessions] = [world.engine.log.payloads.length, sessionsOf(lockstep)];
    await world.rig.follower.kill();
    rmSync(database, { recursive: true });
    cpSync(saved, database, { recursive: true });
    await world.rig.restartFollower('SIGKILL');
    await untilLogged(lockstep, { msg: 'Extended', number: producer.head.number });
    await world.untilEqual();
    expect(sessionsOf(lockstep)).toBe(sessions + 1);
    const again = world.engine.log.payloads.slice(sent).map(({ number }) => Number(number));
    expect(again).toEqual(Array.from({ length: 20 }, (_, index) => low + 1 + index));
  });
});

function sessionsOf(process: LockstepProcess): number {
  return process.log().filter(({ msg }) => msg === 'The EL went away or came back lower: a new session starts').length;
}

it('sent no write that it must not send, in all of this', async () => {
  const rules = { blocksUrl: world.rig.source.httpUrl };
  expect(await wireBreaches(world.engine.log, rules)).toEqual([]);
});
