import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import type { Heads } from '../../src/chain/block.js';
import { Episode } from '../rig/episode.js';
import { FollowWorld, untilLogged } from '../rig/follow-world.js';
import { isForkchoice } from '../../devnet/proxy/wire-log.js';

let world: FollowWorld;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'finality', txsPerBlock: 1, safeDistance: 3, finalizedDistance: 8 });
  await world.rig.producer.produce(20);
  lockstep = await world.lockstep();
  await world.untilEqual();
});

afterEach(() => world.engine.heal());

afterAll(() => world.close());

/** Nothing but the forkchoice that the EL has already may be sent to it. */
async function expectHeld(episode: Episode, before: Heads): Promise<void> {
  const line = await episode.untilHolding('finalized-divergence');
  expect(line).toMatchObject({ lvl: 'crit', finalized: before.finalized?.number });
  await episode.turns(4);
  const others = episode.writes.filter((call) => !isForkchoice(call));
  expect(others).toEqual([]);
  expect(await world.rig.heads('follower')).toEqual(before);
}

describe('a source that takes back blocks that were safe, and none that was final (S14)', () => {
  it('is followed to its new branch', async () => {
    const { finalized, safe } = await world.rig.heads('follower');
    const episode = new Episode(world, lockstep);
    const base = (finalized?.number ?? 0) + 2;
    expect(base).toBeLessThan(safe?.number ?? 0);
    await world.rig.producer.fork(base, 12);
    await world.untilEqual();
    await episode.until({ msg: 'Recovered: the EL was brought back to the chain of the source' });
    expect(episode.lines({ reason: 'finalized-divergence' })).toEqual([]);
  });
});

describe('a source that contradicts a block that is final here (S15)', () => {
  let before: Heads;

  beforeAll(async () => {
    before = await world.rig.heads('follower');
    const running = new Episode(world, lockstep);
    // It shows again only when its head is above all that was safe here, in the pause after the recovery of S14.
    world.source.inject({ match: {}, fault: { kind: 'status', code: 503 } });
    await world.rig.producer.fork((before.finalized?.number ?? 0) - 2, 12);
    await running.untilHolding('source-unavailable');
    world.source.heal();
    await expectHeld(running, before);
  });

  it('is not followed: the hold is told once, at level crit, with both hashes and what ends it', async () => {
    const whole = new Episode(world, lockstep);
    await whole.turns(3);
    expect(whole.holds).toEqual([]);
  });

  it('is not followed by the next lockstep either, also where the EL has forgotten what was final', async () => {
    await lockstep.stop();
    // As geth and reth show it after a restart: no label, or an error in the place of one (engines-measured 2.C, 2.D).
    for (const tag of ['safe', 'finalized']) {
      world.engine.inject({ match: { method: 'eth_getBlockByNumber', tag }, fault: { kind: 'null-result' } });
    }
    lockstep = await world.lockstep();
    await untilLogged(lockstep, { msg: 'An earlier run left its labels in the journal' });
    const next = new Episode(world, lockstep);
    await untilLogged(lockstep, { reason: 'finalized-divergence' });
    await next.turns(4);
    const { unsafe } = await world.rig.heads('follower');
    expect(unsafe).toEqual(before.unsafe);
  });

  it('ends lockstep with 80 where that was asked for', async () => {
    await lockstep.stop();
    lockstep = await world.lockstep(['--halt-on-finalized-divergence']);
    expect(await lockstep.exited).toMatchObject({ code: 80 });
    const whole = lockstep.log().filter(({ lvl }) => lvl === 'crit');
    expect(whole).toMatchObject([{ code: 'FINALIZED_DIVERGENCE', exit: 80 }]);
    expect(await world.rig.heads('follower')).toEqual(before);
  });
});
