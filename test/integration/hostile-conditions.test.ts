import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { Episode } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';
import { outrun } from '../rig/rival.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { foreignPayloads, repeatedPayloads } from './payload-checks.js';

const RECOVERY = { msg: 'The EL is on another branch than the source' };

let world: FollowWorld;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'hostile', txsPerBlock: 1 });
  await world.rig.producer.produce(10);
  lockstep = await world.lockstep(['--l2.engine-timeout', '2s', '--l2.follow.source.rpc-timeout', '2s']);
  await world.untilEqual();
});

afterEach(() => {
  world.source.heal();
  world.engine.heal();
});

afterAll(() => world.close());

async function follow(blocks: number): Promise<void> {
  for (let block = 0; block < blocks; block += 1) await world.rig.producer.produce(1);
  await world.untilEqual();
}

describe('a source whose head goes back a few blocks and comes again, as behind a load balancer (S11)', () => {
  it('causes no recovery, no hold and no write', async () => {
    const { number } = world.rig.producer.head;
    const episode = new Episode(world, lockstep);
    for (const lag of [1, 3, 2, 5, 1, 4]) {
      world.source.rewind({ latest: number - lag });
      await episode.turns(1);
      world.source.unview();
      await episode.turns(1);
    }
    expect(episode.writes).toEqual([]);
    expect(episode.holds).toEqual([]);
    expect(episode.lines(RECOVERY)).toEqual([]);
    await follow(2);
  });
});

describe('a source that answers and shows no new block (S24)', () => {
  it('costs no hold, no recovery and no write, and is followed when it goes on', async () => {
    const episode = new Episode(world, lockstep);
    await world.source.freeze();
    await world.rig.producer.produce(2);
    await episode.turns(4);
    expect(episode.writes).toEqual([]);
    expect(episode.holds).toEqual([]);
    expect(episode.lines(RECOVERY)).toEqual([]);
    world.source.unview();
    await world.untilEqual();
  });
});

describe('a slow network on both sides (N1)', () => {
  it('costs time and no block twice', async () => {
    const match = { method: /./ };
    const slow = (ms: number, when: 'before' | 'after') => ({ match, fault: { kind: 'delay', ms, when } as const });
    world.source.inject(slow(400, 'after'));
    world.engine.inject(slow(150, 'before'));
    world.engine.inject(slow(250, 'after'));
    const episode = new Episode(world, lockstep);
    await follow(5);
    expect(episode.holds).toEqual([]);
    expect(repeatedPayloads(world.engine.log)).toEqual([]);
  });
});

describe('an EL whose disk is full (E21)', () => {
  it('is held for, asked at growing distances, and followed once it has room again', async () => {
    const message = 'write /data/000123.sst: no space left on device';
    const fault = { kind: 'rpc-error', code: -32603, message } as const;
    const full = world.engine.inject({ match: { method: /^engine_newPayload/ }, fault });
    const episode = new Episode(world, lockstep);
    await world.rig.producer.produce(1);
    expect(await episode.untilHolding('engine-stuck')).toMatchObject({
      answer: expect.stringContaining('no space left on device') as unknown,
    });
    await episode.turns(3);
    // Policy Re of reliability 5: 100 ms doubled up to 5 s.
    expect(full.applied).toBeLessThan(12);
    world.engine.heal();
    await world.untilEqual();
    await episode.until({ msg: 'The hold is over' });
  });
});

describe('a process that gets no time', () => {
  it.each([
    ['for 6 s in one piece, as on a laptop that sleeps (H3)', [6_000]],
    ['for most of a while, as on a starved host (H5)', new Array<number>(12).fill(400)],
  ])('%s: follows on, and takes nothing for a divergence', async (_case, pausesMs) => {
    const episode = new Episode(world, lockstep);
    const producing = world.rig.producer.produce(3);
    for (const ms of pausesMs) {
      process.kill(lockstep.pid, 'SIGSTOP');
      await delay(ms);
      process.kill(lockstep.pid, 'SIGCONT');
      await delay(100);
    }
    await producing;
    await follow(2);
    expect(episode.lines(RECOVERY)).toEqual([]);
    expect(episode.lines({ lvl: 'crit' })).toEqual([]);
  });
});

describe('a process that may open hardly a file more (H7)', () => {
  it('follows on, also over new connections', async () => {
    const open = readdirSync(`/proc/${lockstep.pid}/fd`).length;
    execFileSync('prlimit', ['--pid', String(lockstep.pid), `--nofile=${open + 3}:${open + 3}`]);
    await world.source.down();
    await new Episode(world, lockstep).untilHolding('source-unavailable');
    await world.source.up();
    await follow(3);
  });
});

describe('what passed the engine port', () => {
  it('was blocks of the source alone, and ordered single writes', async () => {
    expect(await foreignPayloads(world)).toEqual([]);
    expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.follower.httpUrl })).toEqual([]);
  });
});

describe('a second consensus client on the same EL (E18)', () => {
  it('is told from a restart, and held for', async () => {
    expect(await outrun(world, lockstep)).toMatchObject({
      lvl: 'error',
      ends: expect.stringContaining('stop the other') as unknown,
    });
  });
});
