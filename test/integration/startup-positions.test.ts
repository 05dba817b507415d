import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { launchEl, type RunningEl } from '../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP } from '../../devnet/genesis.js';
import { createProducer } from '../../devnet/producer/producer.js';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { Hash } from '../../src/util/hex.js';
import type { BlockRef } from '../../src/chain/block.js';
import { Episode } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';

const CHAIN = { seed: 'positions', txsPerBlock: 1, safeDistance: 3, finalizedDistance: 6, blockTimeMs: 1_000 };

const RECOVERED = { msg: 'Recovered: the EL was brought back to the chain of the source' };

/** The pause of 15 s doubles when recoveries follow each other. */
const RECOVERY_DEADLINE_MS = 60_000;

let world: FollowWorld;
let lockstep: LockstepProcess;
/** The blocks of the other branch, whose node is gone at the end. */
const ofBranches = new Set<Hash>();

beforeAll(async () => {
  world = await FollowWorld.start(CHAIN);
  await world.rig.producer.produce(20);
  lockstep = await world.lockstep();
  await world.untilEqual();
});

afterEach(() => world.source.heal());

afterAll(() => world.close());

async function restartLockstep(): Promise<Episode> {
  await lockstep.stop();
  lockstep = await world.lockstep();
  return new Episode(world, lockstep);
}

describe('a source whose labels are lower than those of the EL, as after its restart (S16)', () => {
  it('moves no label back, neither at a running lockstep nor at a new one', async () => {
    const before = await world.rig.heads('follower');
    const running = new Episode(world, lockstep);
    world.source.rewind({ safe: 8, finalized: 8 });
    await running.turns(4);
    expect(running.writes).toEqual([]);
    await world.rig.producer.produce(1);
    const started = await restartLockstep();
    await waitUntil('the block is followed', async () => (await world.localHead()) > before.unsafe.number, 20_000);
    await started.turns(4);
    const after = await world.rig.heads('follower');
    expect([after.safe, after.finalized]).toEqual([before.safe, before.finalized]);
    world.source.unview();
    await world.untilEqual();
    expect(started.holds).toEqual([]);
  });
});

describe('an EL that is ahead of a source on the same chain (S22, E20)', () => {
  it.each([
    ['the labels of the source are lower, too', { latest: 10, safe: 8, finalized: 8 }],
    ['the whole source is below the finalized block of the EL', { latest: 17 }],
  ])('is left where it stands, by a running lockstep and by a new one: %s', async (_, lower) => {
    const before = await world.rig.heads('follower');
    const running = new Episode(world, lockstep);
    world.source.rewind(lower);
    await running.turns(4);
    expect(running.writes).toEqual([]);
    const started = await restartLockstep();
    await started.turns(6);
    expect(await world.rig.heads('follower')).toEqual(before);
    expect(started.writes.filter(({ method }) => method.startsWith('engine_newPayload'))).toEqual([]);
    expect(started.holds).toEqual([]);
    world.source.unview();
    await world.rig.producer.produce(1);
    await world.untilEqual();
  });
});

describe('a source that changes to another branch below the head of the EL', () => {
  /** The last block that both branches have. */
  let base: number;
  let branch: { readonly el: RunningEl; readonly head: BlockRef };

  beforeAll(async () => {
    await lockstep.stop();
    await world.rig.producer.produce(1);
    lockstep = await world.lockstep(['--recovery.cooldown', '15s']);
    await world.untilEqual();
    base = world.rig.producer.head.number - 2;
    branch = await launchBranch(base, 6);
    await world.rig.producer.produce(2);
    await world.untilEqual();
  });

  afterAll(() => branch.el.kill());

  it('is followed there, and back again after the pause between two recoveries (S13)', async () => {
    const episode = new Episode(world, lockstep);
    world.source.useUpstreams(branch.el.httpUrl);
    const found = await episode.until({ msg: 'Recovery: the common ancestor is found, and the way back' });
    expect(found).toMatchObject({ ancestor: base, depth: 4 });
    await episode.until(RECOVERED);
    expect((await world.rig.heads('follower')).unsafe.hash).toBe(branch.head.hash);

    // No more: the last block that both branches have becomes final, and none above it.
    await world.rig.producer.produce(2);
    world.source.useUpstreams(world.rig.source.httpUrl);
    await episode.untilHolding('recovery-pausing');
    await world.untilEqual();
    await episode.until({ ...RECOVERED, plan: 2 });
  });

  it('and answers from both in turn moves the EL once in a pause at most, and finality never back (S12)', async () => {
    const { finalized } = await world.rig.heads('follower');
    const episode = new Episode(world, lockstep);
    world.source.useUpstreams(branch.el.httpUrl, world.rig.source.httpUrl);
    await episode.turns(20);
    expect(episode.lines(RECOVERED).length).toBeLessThanOrEqual(1);
    expect(episode.lines({ lvl: 'crit' })).toEqual([]);
    expect((await world.rig.heads('follower')).finalized!.number).toBeGreaterThanOrEqual(finalized!.number);

    world.source.useUpstreams(world.rig.source.httpUrl);
    await world.rig.producer.produce(1);
    await world.untilEqual(RECOVERY_DEADLINE_MS);
  });

  it.each(['off', 'alert'])('is held for where --recovery.mode is %s, at the start as well', async (mode) => {
    await lockstep.stop();
    await world.rig.producer.fork(world.rig.producer.head.number - 1, 4);
    const local = await world.rig.heads('follower');
    lockstep = await world.lockstep(['--recovery.mode', mode]);
    const episode = new Episode(world, lockstep);
    const line = await episode.untilHolding('recovery-off');
    expect(line['local']).not.toBe(line['source']);
    expect(line['depth']).toBe(mode === 'alert' ? 1 : undefined);
    await episode.turns(3);
    expect(episode.writes.filter(({ method }) => method.startsWith('engine_newPayload'))).toEqual([]);
    expect((await world.rig.heads('follower')).unsafe).toEqual(local.unsafe);
    await lockstep.stop();
    lockstep = await world.lockstep();
    await world.untilEqual();
  });
});

/** A node with the same blocks up to `atNumber`, and `length` others after it. */
async function launchBranch(atNumber: number, length: number): Promise<{ el: RunningEl; head: BlockRef }> {
  const el = await launchEl('ethereumjs', {
    dataDir: join(world.rig.dir, 'branch'),
    genesis: createGenesis({ seed: CHAIN.seed, timestamp: FIXED_GENESIS_TIMESTAMP }),
    jwtSecretFile: world.jwtSecretFile,
  });
  const producer = await createProducer(el, CHAIN);
  await producer.produce(atNumber);
  await producer.fork(atNumber, length);
  for (const hash of producer.made) ofBranches.add(hash);
  return { el, head: producer.head };
}

it('sent no write that it must not send, in all of this', async () => {
  const { source, follower, producer } = world.rig;
  const made = new Set([...producer.made, ...ofBranches]);
  const recovery = { sourceUrl: source.httpUrl, ownUrl: follower.httpUrl, made };
  expect(await wireBreaches(world.engine.log, { blocksUrl: follower.httpUrl, recovery })).toEqual([]);
});
