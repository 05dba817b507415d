import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { DIALECTS, FollowWorld, untilLogged } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';

const CLEAN = { code: 0, signal: null };

const RESTARTS = { execution: 10, consensus: 3 };

let world: FollowWorld;

/** Past the source proxy, so that both sides may stand at the same block. */
function start(): Promise<LockstepProcess> {
  return world.lockstep([], world.rig.source.httpUrl);
}

/** Starts lockstep and waits for its first forkchoice, which it sends also where there is nothing to do. */
async function follow(): Promise<LockstepProcess> {
  const before = world.engine.log.forkchoices.length;
  const lockstep = await start();
  await waitUntil('a forkchoice was sent', () => world.engine.log.forkchoices.length > before, 20_000);
  await world.untilEqual();
  return lockstep;
}

/** Waits until the follower EL has taken so many blocks more. */
async function advanced(blocks: number): Promise<void> {
  const from = await world.localHead();
  await waitUntil(`${blocks} more blocks`, async () => (await world.localHead()) >= from + blocks, 20_000);
}

describe.each(DIALECTS)('heads from the %s client of the source:', (dialect) => {
  beforeAll(async () => {
    world = await FollowWorld.start({ seed: 'restart', txsPerBlock: 1, persistent: true, dialect });
    await world.rig.producer.produce(20);
  });

  afterEach(() => {
    world.source.heal();
    world.engine.heal();
  });

  afterAll(() => world.close());

  describe('SIGTERM ends lockstep with 0 (H2)', () => {
    it('while it waits to start', async () => {
      await world.source.down();
      const lockstep = await world.lockstep();
      await untilLogged(lockstep, { msg: 'Waiting to start' });
      expect(await lockstep.stop()).toEqual(CLEAN);
      await world.source.up();
      expect(world.engine.log.writes).toEqual([]);
    });

    it('while it replays blocks, and a new one goes on from there', async () => {
      const lockstep = await start();
      await advanced(3);
      expect(await lockstep.stop()).toEqual(CLEAN);
      const { unsafe } = await world.rig.heads('follower');
      expect(unsafe.number).toBeLessThan(20);
      const before = world.engine.log.payloads.length;
      const next = await follow();
      expect(Number(world.engine.log.payloads[before]?.number)).toBe(unsafe.number + 1);
      expect(await next.stop()).toEqual(CLEAN);
    });

    it('while a call to the EL is open', async () => {
      await world.rig.producer.produce(2);
      world.engine.inject({ match: { method: /^engine_newPayload/ }, fault: { kind: 'hang', applied: true } });
      const lockstep = await start();
      const before = world.engine.log.payloads.length;
      await waitUntil('a payload is on its way', () => world.engine.log.payloads.length > before, 20_000);
      expect(await lockstep.stop()).toEqual(CLEAN);
    });

    it('while it follows', async () => {
      const lockstep = await follow();
      await world.rig.producer.produce(1);
      await world.untilEqual();
      expect(await lockstep.stop()).toEqual(CLEAN);
    });

    it('while it holds', async () => {
      const lockstep = await follow();
      await world.engine.down();
      await untilLogged(lockstep, { reason: 'engine-unavailable' });
      expect(await lockstep.stop()).toEqual(CLEAN);
      await world.engine.up();
    });
  });

  describe('restarts in a row (H1)', () => {
    it('end where one start ends, and change nothing on the way', async () => {
      const settled = await follow();
      await settled.stop();
      const before = await world.rig.heads('follower');
      const written = world.engine.log.writes.length;
      for (let round = 0; round < RESTARTS[dialect]; round++) {
        const lockstep = await follow();
        const { log } = world.engine;
        const isAnswered = (): boolean =>
          log.writes.length === written + round + 1 && log.forkchoices.at(-1)?.status === 'VALID';
        await waitUntil('the EL has answered its first forkchoice', () => Promise.resolve(isAnswered()), 20_000);
        if (round % 2 === 0) await lockstep.stop();
        else await lockstep.kill();
      }
      expect(await world.rig.heads('follower')).toEqual(before);
      const { head, labels } = world.rig.producer;
      const same = { head: head.hash, safe: labels.safe!.hash, finalized: labels.finalized!.hash, status: 'VALID' };
      expect(world.engine.log.writes).toHaveLength(written + RESTARTS[dialect]);
      expect(world.engine.log.forkchoices.slice(-RESTARTS[dialect])).toEqual(new Array(RESTARTS[dialect]).fill(same));
    });
  });

  it('sent no write that it must not send, in all of this', async () => {
    expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
  });
});
