import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { random } from '../../devnet/producer/random.js';
import type { Fault } from '../../devnet/proxy/faults.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { LockstepError } from '../../src/util/errors.js';
import type { JsonValue } from '../../src/util/json.js';
import { send } from '../rig/http-server.js';
import { grow } from './blocks.js';
import { LIMITS, LinkedWorld, MAX_PAYLOADS_PER_BATCH } from './linked-world.js';

const BLOCKS = 1_000;
const CHAIN = grow(null, BLOCKS + 1, 'a');

const SEED = process.env['LOCKSTEP_SEED'] ?? String(Date.now());
process.stdout.write(`random links: LOCKSTEP_SEED=${SEED}\n`);

const worlds: LinkedWorld[] = [];

beforeAll(initKeccak);

afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

async function worldOf(blocks: number): Promise<LinkedWorld> {
  const world = await LinkedWorld.start(CHAIN.slice(0, blocks + 1));
  worlds.push(world);
  return world;
}

/** Every block once, in order: what no link may change. */
function expectReplayed(world: LinkedWorld, blocks: number): void {
  expect(world.engine.headsNow.unsafe).toEqual(CHAIN[blocks]!.ref);
  expect(world.payloads).toEqual(Array.from({ length: blocks }, (_, index) => index + 1));
}

/** A string that ends in another digit. */
function spoiled(old: JsonValue): JsonValue {
  return typeof old === 'string' ? old.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) : 'spoiled';
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a source that is far away', () => {
  it('is asked for as many blocks at a time as its latency calls for', async () => {
    const world = await worldOf(300);
    world.beforeAnswer = () => pause(300);
    await world.catchUp();
    expectReplayed(world, 300);
    expect(world.mostUnderWay).toBeGreaterThan(32);
    expect(world.mostUnderWay).toBeLessThanOrEqual(64);
    expect(world.fetches).toBe(300);
  });

  it('may answer in any order', async () => {
    const latency = random(`${SEED}/order`);
    const world = await worldOf(300);
    world.beforeAnswer = () => pause(latency.integer(100));
    await world.catchUp();
    expectReplayed(world, 300);
    expect(world.fetches).toBe(300);
  });
});

describe('a source that breaks one call in a hundred', () => {
  const faults: readonly Fault[] = [
    { kind: 'drop-before' },
    { kind: 'drop-after-apply' },
    { kind: 'status', code: 502, body: '<h1>Bad</h1>' },
    { kind: 'status', code: 429, headers: { 'retry-after': '0' } },
    { kind: 'truncate', contentLength: true },
    { kind: 'truncate', contentLength: false },
    { kind: 'id-swap' },
    { kind: 'null-result' },
    { kind: 'mutate', path: '', value: spoiled },
  ];

  it('costs a few more calls over a gap of 1,000 blocks, and no block is sent twice or unverified', async () => {
    const chance = random(`${SEED}/faults`);
    const world = await worldOf(BLOCKS);
    const proxy = await world.behindProxy();
    for (const fault of faults) {
      proxy.inject({ match: { where: () => chance.integer(100 * faults.length) === 0 }, fault });
    }
    await world.catchUp();
    expectReplayed(world, BLOCKS);
    expect(world.fetches).toBeLessThan(1.2 * BLOCKS);
  });
});

describe('a source that limits our rate', () => {
  it('when more than two blocks are under way is asked for fewer at a time, and every block still comes once', async () => {
    const world = await worldOf(120);
    let refused = 0;
    world.intercept = (underWay, response) => {
      if (underWay <= 2) return false;
      refused += 1;
      send(response, '', 429, { 'retry-after': '0' });
      return true;
    };
    world.beforeAnswer = () => pause(20);
    await world.catchUp();
    expectReplayed(world, 120);
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(60);
  });

  it('by a bucket of calls gets hardly more calls than the bucket holds', async () => {
    const world = await worldOf(60);
    // A call is refused where the ones before it emptied the bucket; a refused call says for how long that is.
    let [filledAtMs, refused] = [0, 0];
    let left = 0;
    world.intercept = (_underWay, response) => {
      const nowMs = performance.now();
      if (nowMs - filledAtMs >= 1_000) [filledAtMs, left] = [nowMs, 30];
      left -= 1;
      if (left >= 0) return false;
      refused += 1;
      send(response, '', 429, { 'retry-after': '1' });
      return true;
    };
    await world.catchUp();
    expectReplayed(world, 60);
    expect(refused).toBeLessThan(60);
  });
});

describe('an EL that is slower than the source', () => {
  it('has no more blocks fetched ahead of it than may wait for it', async () => {
    const world = await worldOf(500);
    world.engine.beforeCall = (call) => (call.startsWith('np') ? pause(5) : undefined);
    await world.catchUp();
    expectReplayed(world, 500);
    // On top of what is fetched ahead come the call under way, what is ready, and the two blocks of which one confirms the other.
    expect(world.furthestAhead).toBeLessThanOrEqual(LIMITS.maxBlocks + 2 * MAX_PAYLOADS_PER_BATCH + 2);
    expect(world.fetches).toBe(500);
  });
});

describe('an EL that is faster than the source', () => {
  it('gets every block in order, as it comes', async () => {
    const world = await worldOf(150);
    // One answer at a time, as over a narrow line.
    let line = Promise.resolve();
    world.beforeAnswer = () => (line = line.then(() => pause(4)));
    await world.catchUp();
    expectReplayed(world, 150);
    expect(world.fetches).toBe(150);
  });
});

describe('an EL that fails in the middle of a batch', () => {
  it.each([
    ['answers SYNCING', { status: 'SYNCING' }],
    ['refuses the call', { status: 'REJECTED', code: -32603, reason: 'internal error' }],
    [
      'breaks the connection',
      { status: 'UNKNOWN', error: new LockstepError('ENGINE_UNREACHABLE', { data: { phase: 'exchange' } }) },
    ],
  ] as const)('%s: is looked at, and goes on from where it stands, in order', async (_what, answer) => {
    const world = await worldOf(200);
    // Slow enough for the blocks to wait for it, or there would be no batch.
    world.engine.beforeCall = (call) => (call.startsWith('np') ? pause(5) : undefined);
    world.engine.payloadAnswers.set(100, answer);
    await world.catchUp();
    expect(world.engine.headsNow.unsafe).toEqual(CHAIN[200]!.ref);
    const batch = world.engine.batches.find((heights) => heights.includes(100));
    expect(batch).toBeDefined();
    const again = world.payloads.lastIndexOf(100);
    expect(world.payloads.slice(0, again).filter((height) => height > Math.max(...batch!))).toEqual([]);
    expect(world.payloads.slice(again)).toEqual(Array.from({ length: 101 }, (_, index) => 100 + index));
  });
});
