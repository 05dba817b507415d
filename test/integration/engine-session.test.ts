import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { launchEl, type RunningEl } from '../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP } from '../../devnet/genesis.js';
import { readHeads } from '../../devnet/heads.js';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { rpcClient } from '../../devnet/rpc.js';
import { Episode } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';
import { isWrite, type WireCall } from '../../devnet/proxy/wire-log.js';
import { wireBreaches } from '../rig/wire-rules.js';

let world: FollowWorld;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'session', persistent: true });
  await world.rig.producer.produce(10);
  lockstep = await world.lockstep();
  await untilCalm();
});

afterEach(() => world.engine.heal());

afterAll(() => world.close());

async function untilCalm(): Promise<void> {
  await world.untilEqual();
  await new Episode(world, lockstep).turns(3);
}

function writes(episode: Episode): readonly WireCall[] {
  return episode.engineCalls.filter(isWrite);
}

/** What was called until the first write, in order. */
function beforeFirstWrite(episode: Episode): readonly string[] {
  const methods = episode.engineCalls.map(({ method }) => method);
  return methods.slice(0, episode.engineCalls.findIndex(isWrite));
}

describe('an EL that dies and comes back (E2)', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'is a new session: identified before any write, then followed (%s)',
    async (signal) => {
      const episode = new Episode(world, lockstep);
      // However fast it starts, it is away for as long as it takes to be missed.
      await world.engine.down();
      await world.rig.restartFollower(signal);
      await episode.untilHolding('engine-unavailable');
      await world.engine.up();
      await world.rig.producer.produce(3);
      await untilCalm();
      expect(episode.lines({ msg: 'The EL went away or came back lower: a new session starts' })).toHaveLength(1);
      expect(episode.releases).toEqual(['engine-unavailable']);
      expect(beforeFirstWrite(episode)).toEqual(
        expect.arrayContaining(['eth_chainId', 'engine_exchangeCapabilities', 'eth_getBlockByNumber']),
      );
      expect(writes(episode)[0]?.method).toBe('engine_forkchoiceUpdatedV3');
    },
  );
});

describe('an EL whose labels are gone or wrong after a restart (E4)', () => {
  const forgotten = { kind: 'null-result' } as const;
  const unknown = { kind: 'rpc-error', code: -39001, message: 'Unknown block' } as const;

  it.each([
    ['unset', 'safe and finalized', forgotten],
    ['unknown', 'safe and finalized', unknown],
    ['unset', 'safe', forgotten],
  ])('gets them back with one forkchoice: %s %s', async (_, labels, fault) => {
    for (const tag of labels.split(' and ')) {
      // The EL shows nothing until it is told.
      const where = (): boolean => writes(episode).length === 0;
      world.engine.inject({ match: { method: 'eth_getBlockByNumber', tag, where }, fault });
    }
    const episode = new Episode(world, lockstep);
    await world.engine.down();
    await episode.untilHolding('engine-unavailable');
    await world.engine.up();
    await episode.until({ msg: 'The hold is over' });
    await untilCalm();
    const {
      head,
      labels: { safe, finalized },
    } = world.rig.producer;
    expect(writes(episode).map(({ params }) => params[0])).toEqual([
      { headBlockHash: head.hash, safeBlockHash: safe?.hash, finalizedBlockHash: finalized?.hash },
    ]);
  });

  it('gets its safe block back where it stands on the finalized one, as geth does', async () => {
    const { finalized } = await world.rig.heads('follower');
    const block = await rpcClient(world.rig.follower.httpUrl).call('eth_getBlockByHash', [finalized!.hash, false]);
    const where = (): boolean => writes(episode).length === 0;
    const match = { method: 'eth_getBlockByNumber', tag: 'safe', where };
    world.engine.inject({ match, fault: { kind: 'mutate', path: '', value: block } });
    const episode = new Episode(world, lockstep);
    await world.engine.down();
    await episode.untilHolding('engine-unavailable');
    await world.engine.up();
    await episode.until({ msg: 'The hold is over' });
    await untilCalm();
    expect(writes(episode)).toHaveLength(1);
    expect(await world.rig.heads('follower')).toEqual(await world.rig.heads('source'));
  });
});

describe('an EL that refuses the token (E15)', () => {
  it('is followed without a hold when a fresh token is taken', async () => {
    const refusal = world.engine.inject({ match: { times: 1 }, fault: { kind: 'strip-auth' } });
    const episode = new Episode(world, lockstep);
    await world.rig.producer.produce(1);
    await untilCalm();
    expect(refusal.applied).toBe(1);
    expect(episode.holds).toEqual([]);
  });

  it.each([
    ['401', { kind: 'strip-auth' }, 'ENGINE_AUTH'],
    ['403', { kind: 'status', code: 403 }, 'ENGINE_FORBIDDEN'],
  ] as const)('is held for, and followed when it takes it again (%s)', async (_, fault, code) => {
    world.engine.inject({ match: {}, fault });
    const episode = new Episode(world, lockstep);
    const line = await episode.untilHolding('engine-unavailable');
    expect(line).toMatchObject({ code });
    await world.rig.producer.produce(2);
    world.engine.heal();
    await untilCalm();
    expect(episode.holds).toHaveLength(1);
    expect(episode.releases).toEqual(['engine-unavailable']);
  });
});

describe('an EL that syncs by itself (E17)', () => {
  it('is left alone until it is done', async () => {
    const syncing = { startingBlock: '0x0', currentBlock: '0x5', highestBlock: '0xff' };
    world.engine.inject({ match: { method: 'eth_syncing' }, fault: { kind: 'mutate', path: '', value: syncing } });
    const episode = new Episode(world, lockstep);
    await episode.untilHolding('engine-syncing');
    const held = new Episode(world, lockstep);
    await world.rig.producer.produce(3);
    await held.turns(4);
    expect(writes(held)).toEqual([]);
    world.engine.heal();
    await untilCalm();
    expect(episode.releases).toEqual(['engine-syncing']);
  });

  it('is followed where it only says so, for ever, and answers VALID (op-reth)', async () => {
    await lockstep.stop();
    await world.rig.producer.produce(3);
    const syncing = { startingBlock: '0x0', currentBlock: '0x5', highestBlock: '0x5' };
    const match = { method: 'eth_syncing' };
    const rule = world.engine.inject({ match, fault: { kind: 'mutate', path: '', value: syncing } });
    lockstep = await world.lockstep();
    await untilCalm();
    expect(rule.applied).toBeGreaterThan(0);
  });
});

describe('another chain behind the engine URL (E19)', () => {
  it('gets no write, and ends lockstep with 76', async () => {
    const other = await launchOther();
    try {
      const { exited } = lockstep;
      const episode = new Episode(world, lockstep);
      await world.engine.down();
      await episode.untilHolding('engine-unavailable');
      world.engine.useUpstreams(other.engineUrl);
      await world.engine.up();
      await world.rig.producer.produce(1);
      expect(await exited).toEqual({ code: 76, signal: null });
      expect(writes(episode)).toEqual([]);
      expect((await readHeads(rpcClient(other.httpUrl))).unsafe.number).toBe(0);
      expect(lockstep.log().at(-1)).toMatchObject({ code: 'IDENTITY_GENESIS', exit: 76 });
    } finally {
      await other.kill();
    }
  });
});

function launchOther(): Promise<RunningEl> {
  return launchEl('ethereumjs', {
    dataDir: join(world.rig.dir, 'other'),
    genesis: createGenesis({ seed: 'another chain', timestamp: FIXED_GENESIS_TIMESTAMP }),
    jwtSecretFile: world.jwtSecretFile,
  });
}

it('sent no write that it must not send, in all of this', async () => {
  expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
});
