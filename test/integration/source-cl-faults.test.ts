import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { rpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { Episode, textOf } from '../rig/episode.js';
import type { Fault } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { foreignPayloads } from './payload-checks.js';
import { changed } from './spoiled-blocks.js';

const STATUS = 'optimism_syncStatus';
const ZERO_HASH = `0x${'00'.repeat(32)}`;
const ZERO = { hash: ZERO_HASH, number: 0, parentHash: ZERO_HASH, timestamp: 0 };
const FLAGS = ['--l2.follow.source.rpc-timeout', '2s'];
const UNUSED = 'Safe and finalized of the source are not used';
const DEADLINE_MS = 20_000;

let world: FollowWorld;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'cl', dialect: 'consensus', txsPerBlock: 1 });
  await world.rig.producer.produce(12);
  lockstep = await world.lockstep(FLAGS);
  await world.untilEqual();
});

afterEach(async () => {
  world.cl.heal();
  world.source.heal();
  await world.cl.up();
});

afterAll(() => world.close());

function spoilStatus(changes: JsonObject): void {
  const value = (old: JsonValue): JsonValue => (isJsonObject(old) ? { ...old, ...changes } : old);
  world.cl.inject({ match: { method: STATUS }, fault: { kind: 'mutate', path: '', value } });
}

/** A block of the source in the words of its consensus client. */
async function l2Ref(height: number): Promise<JsonObject> {
  const block = await rpcClient(world.rig.source.httpUrl).call('eth_getBlockByNumber', [
    `0x${height.toString(16)}`,
    false,
  ]);
  if (!isJsonObject(block)) throw new Error(`the source has no block ${height}`);
  const { hash = null, parentHash = null, timestamp } = block;
  return { hash, parentHash, number: height, timestamp: Number(timestamp) };
}

/** New blocks arrive in the EL, and its labels stay where they are; then the client is mended and they move on. */
async function expectLabelsKept(changes: JsonObject, meanwhile: () => Promise<unknown>): Promise<Episode> {
  const episode = new Episode(world, lockstep);
  const before = await world.rig.heads('follower');
  spoilStatus(changes);
  await world.rig.producer.produce(4);
  const { head } = world.rig.producer;
  await waitUntil('the EL follows the head', async () => (await world.localHead()) === head.number, DEADLINE_MS);
  await meanwhile();
  const after = await world.rig.heads('follower');
  expect([after.safe, after.finalized]).toEqual([before.safe, before.finalized]);
  world.cl.heal();
  await world.untilEqual();
  expect(episode.holds).toEqual([]);
  return episode;
}

describe('the head of a consensus client is followed, and its labels are left where they are', () => {
  it('while it does not know them: blocks of zeros, which are not block 0', async () => {
    const nothing = { safe_l2: ZERO, finalized_l2: ZERO, local_safe_l2: ZERO };
    const episode = await expectLabelsKept(nothing, async () => {
      // Nothing that was derived is behind what was derived before, so the guard against a replay sees it first.
      await new Episode(world, lockstep).turns(2);
    });
    expect(episode.lines({ lvl: 'error' })).toEqual([]);
  });

  it('while it has derived nothing since its start (no current_l1), which is said once when it lasts', async () => {
    const waiting = new Episode(world, lockstep);
    const episode = await expectLabelsKept({ current_l1: ZERO }, () => waiting.until({ msg: UNUSED, lvl: 'warn' }));
    await episode.until({ msg: 'Safe and finalized of the source are used again' });
    expect(episode.lines({ msg: UNUSED })).toHaveLength(1);
    expect(textOf(episode.lines({ msg: UNUSED })[0], 'why')).toMatch(/derived nothing/);
  });

  it('while it derives again what it had derived (S16)', async () => {
    const kept = await l2Ref(1);
    const waiting = new Episode(world, lockstep);
    const replay = {
      safe_l2: kept,
      finalized_l2: kept,
      local_safe_l2: kept,
      current_l1: { ...ZERO, hash: kept['hash'] ?? null },
    };
    const episode = await expectLabelsKept(replay, () => waiting.until({ msg: UNUSED, lvl: 'warn' }));
    expect(textOf(episode.lines({ msg: UNUSED })[0], 'why')).toMatch(/derives again/);
  });
});

/** Breaks the client, waits for the hold, mends it, and gives back the line that announced the hold. */
async function holdDuring(reason: string, breakIt: () => unknown): Promise<JsonObject> {
  const episode = new Episode(world, lockstep);
  await breakIt();
  await world.rig.producer.produce(2);
  const line = await episode.untilHolding(reason);
  const held = new Episode(world, lockstep);
  await held.turns(2);
  expect(held.writes).toEqual([]);
  world.cl.heal();
  await world.cl.up();
  await world.untilEqual();
  await episode.until({ msg: 'The hold is over' });
  expect(episode.holds).toHaveLength(1);
  return line;
}

describe('a consensus client that cannot be read is waited for, and the EL left alone', () => {
  it.each<[string, Fault, string]>([
    ['a web page', { kind: 'html' }, 'SOURCE_BAD_BODY'],
    ['garbage', { kind: 'text', text: () => '{"jsonrpc":' }, 'SOURCE_BAD_BODY'],
    ['no header ever', { kind: 'hang', applied: false }, 'SOURCE_TIMEOUT'],
    ['a body in drips', { kind: 'drip', chunkBytes: 1, everyMs: 200 }, 'SOURCE_TIMEOUT'],
    ['two megabytes', { kind: 'oversize', bytes: 2 * 1024 * 1024 }, 'SOURCE_OVERSIZE'],
    ['an error object', { kind: 'rpc-error', code: -32000, message: 'not ready' }, 'SOURCE_RPC_ERROR'],
    ['null', { kind: 'null-result' }, 'SOURCE_SCHEMA'],
    ['no head (op #20295)', changed('unsafe_l2', ZERO), 'SOURCE_SCHEMA'],
    ['finalized above safe', changed('finalized_l2.number', 7_000), 'SOURCE_SCHEMA'],
  ])('%s', async (_what, fault, code) => {
    const line = await holdDuring('source-unavailable', () => world.cl.inject({ match: { method: STATUS }, fault }));
    expect(line).toMatchObject({ code, lvl: 'warn' });
    expect(textOf(line, 'err')).toMatch(
      /--l2\.follow\.source\.cl|optimism_syncStatus is out of order: finalized 7000 0x/,
    );
  });

  it('refused connections, with the source EL well', async () => {
    const line = await holdDuring('source-unavailable', () => world.cl.down());
    expect(line).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(textOf(line, 'err')).toContain(world.cl.url);
  });
});

describe('a consensus client and an EL of the source that do not show the same', () => {
  it('the EL lags behind: its blocks are followed as they come, with few questions and at most one hold', async () => {
    const episode = new Episode(world, lockstep);
    world.source.rewind({ latest: 2 });
    await world.rig.producer.produce(5);
    const { head } = world.rig.producer;
    await waitUntil(
      'the EL has all that is there',
      async () => (await world.localHead()) >= head.number - 2,
      DEADLINE_MS,
    );
    const asked = new Episode(world, lockstep);
    await waitUntil('what is missing was asked for', () => asked.sourceCalls.length > 4, DEADLINE_MS);
    expect(asked.writes).toEqual([]);
    world.source.unview();
    await world.untilEqual();
    expect(episode.holds.length).toBeLessThanOrEqual(1);
    if (episode.holds.length > 0) await episode.until({ msg: 'The hold is over' });
    expect(episode.lines({ lvl: 'error' })).toEqual([]);
  });

  it('another head at a height that both have: held, its chain proven again, and followed when they agree', async () => {
    const { hash: _, ...head } = await l2Ref(world.rig.producer.head.number);
    const other = { ...head, hash: `0x${'22'.repeat(32)}` };
    const before = world.cl.log.count('optimism_rollupConfig');
    const episode = new Episode(world, lockstep);
    spoilStatus({ unsafe_l2: other });
    await episode.untilHolding('source-gap');
    await waitUntil('its chain is asked for', () => world.cl.log.count('optimism_rollupConfig') > before, DEADLINE_MS);
    expect(episode.writes).toEqual([]);
    world.cl.heal();
    await world.rig.producer.produce(1);
    await world.untilEqual();
    expect(episode.releases).toEqual(['source-gap']);
  });
});

describe('what passed the engine port', () => {
  it('was blocks of the source alone, and ordered single writes with labels that never move back', async () => {
    expect(await foreignPayloads(world)).toEqual([]);
    expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.follower.httpUrl })).toEqual([]);
  });
});

describe('a consensus client of another chain behind the same URL (S21)', () => {
  it('ends with 76 and without a write', async () => {
    const episode = new Episode(world, lockstep);
    await world.cl.down();
    await episode.untilHolding('source-unavailable');
    world.cl.inject({ match: { method: 'optimism_rollupConfig' }, fault: changed('l2_chain_id', 8453) });
    await world.rig.producer.produce(1);
    await world.cl.up();
    expect(await lockstep.exited).toEqual({ code: 76, signal: null });
    expect(lockstep.log().at(-1)).toMatchObject({ lvl: 'crit', code: 'IDENTITY_CHAIN_ID', exit: 76 });
    expect(episode.writes).toEqual([]);
  });
});
