import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FollowWorld, loggedLines, untilLogged } from '../rig/follow-world.js';

const PATIENCE = ['--l2.engine-timeout', '500ms', '--engine-watchdog', '3s'];

const HANG = { kind: 'hang', applied: false } as const;
const FORKCHOICE = { method: /^engine_forkchoiceUpdated/ };

let world: FollowWorld;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'hung', txsPerBlock: 1 });
  await world.rig.producer.produce(8);
});

afterEach(() => world.engine.heal());

afterAll(() => world.close());

describe('an EL whose engine port hangs while its process lives (E14)', () => {
  it('ends lockstep with 75 after --engine-watchdog, and the next one goes on', async () => {
    const lockstep = await world.lockstep(PATIENCE, world.rig.source.httpUrl);
    await world.untilEqual();
    // As a hang begins: with a write, after which the EL is only read.
    world.engine.inject({ match: FORKCHOICE, fault: HANG });
    await world.rig.producer.produce(1);
    await untilLogged(lockstep, { reason: 'engine-unsettled' });
    world.engine.inject({ match: {}, fault: HANG });
    expect(await lockstep.exited).toMatchObject({ code: 75 });
    expect(loggedLines(lockstep, { reason: 'engine-unavailable' })).not.toHaveLength(0);
    expect(loggedLines(lockstep, { lvl: 'crit' })).toMatchObject([{ code: 'ENGINE_HUNG', exit: 75 }]);
    world.engine.heal();
    await world.rig.producer.produce(1);
    const next = await world.lockstep(PATIENCE, world.rig.source.httpUrl);
    await world.untilEqual();
    expect(await next.stop()).toEqual({ code: 0, signal: null });
  });

  it('is held for and not given up while its port refuses connections', async () => {
    const lockstep = await world.lockstep(PATIENCE, world.rig.source.httpUrl);
    await world.rig.producer.produce(1);
    await world.untilEqual();
    await world.engine.down();
    await untilLogged(lockstep, { reason: 'engine-unavailable' });
    // Three times the patience, with nothing to wait for but the process.
    const gone = await Promise.race([
      lockstep.exited.then(() => true),
      new Promise((resolve) => setTimeout(() => resolve(false), 9_000)),
    ]);
    expect(gone).toBe(false);
    await world.engine.up();
    await world.rig.producer.produce(1);
    await world.untilEqual();
    expect(await lockstep.stop()).toEqual({ code: 0, signal: null });
  });
});
