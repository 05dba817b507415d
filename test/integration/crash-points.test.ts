import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { Match, WireRequest } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';

const DEADLINE_MS = 20_000;

/** One recovery follows the other here. */
const FLAGS = ['--recovery.cooldown', '1s'];

const BY_NUMBER = 'eth_getBlockByNumber';
const RAW: Match = { method: 'debug_getRawBlock' };
/** By height or by hash, as the blocks come at once or one after the other. */
const BLOCK: Match = { method: /^(debug_getRawBlock|eth_getBlockByHash)$/ };
const PAYLOAD: Match = { method: /^engine_newPayload/ };
const FORKCHOICE: Match = { method: /^engine_forkchoiceUpdated/ };

/** The call that is open while lockstep ends, and whether the other side carries it out all the same. */
interface Point {
  readonly side: 'source' | 'engine';
  readonly call: Match;
  readonly applied: boolean;
}

const at = (side: Point['side'], call: Match, applied = false): Point => ({ side, call, applied });

const namesHeight = ({ params: [tag] }: WireRequest): boolean => typeof tag === 'string' && tag.startsWith('0x');

let world: FollowWorld;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'crash', txsPerBlock: 1 });
  await world.rig.producer.produce(8);
  lockstep = await world.lockstep(FLAGS);
  await world.untilEqual();
});

afterAll(() => world.close());

/** Lets something happen, and comes back when lockstep has got to the call, which hangs from then on. */
async function until({ side, call, applied }: Point, happen: () => Promise<unknown>): Promise<void> {
  const hanging = world[side].inject({ match: { nth: 1, ...call }, fault: { kind: 'hang', applied } });
  await happen();
  await waitUntil('lockstep got there', () => hanging.applied > 0, DEADLINE_MS);
}

/** The next lockstep ends where the one before would have ended; a new block tells the EL from the source behind proxies. */
async function expectNextArrives(): Promise<void> {
  world.source.heal();
  world.engine.heal();
  await world.rig.producer.produce(1);
  lockstep = await world.lockstep(FLAGS);
  await world.untilEqual();
}

async function killAt(point: Point, happen: () => Promise<unknown>): Promise<void> {
  await until(point, happen);
  await lockstep.kill();
  await expectNextArrives();
}

describe('SIGKILL of lockstep is made good by the next one (H1)', () => {
  it.each<[string, Point]>([
    ['the chain id of the source', at('source', { method: 'eth_chainId' })],
    ['the capabilities of the EL', at('engine', { method: 'engine_exchangeCapabilities' })],
    ['the first forkchoice, which does not arrive', at('engine', FORKCHOICE)],
    ['the first forkchoice, which is carried out', at('engine', FORKCHOICE, true)],
  ])('at its start, while it waits for %s', async (_what, point) => {
    await lockstep.stop();
    await world.rig.producer.produce(2);
    await killAt(point, async () => (lockstep = await world.lockstep(FLAGS)));
  });

  it.each<[string, Point]>([
    ['the head of the source', at('source', { method: BY_NUMBER, tag: 'latest' })],
    ['a block', at('source', { ...BLOCK, nth: 2 })],
    ['a payload that does not arrive', at('engine', { ...PAYLOAD, nth: 2 })],
    ['a payload that is executed', at('engine', { ...PAYLOAD, nth: 2 }, true)],
    ['a forkchoice that does not arrive', at('engine', { ...FORKCHOICE, nth: 2 })],
    ['a forkchoice that is carried out', at('engine', { ...FORKCHOICE, nth: 2 }, true)],
    ['the labels of the source', at('source', { method: BY_NUMBER, tag: 'finalized', nth: 2 })],
  ])('while it follows, and waits for %s', async (_what, point) => {
    await killAt(point, () => world.rig.producer.produce(5));
  });

  it.each<[string, Point]>([
    ['a block of the source to compare', at('source', { method: BY_NUMBER, where: namesHeight })],
    ['a block of the plan', at('source', { ...RAW, nth: 3 })],
    ['the payload beside its own', at('engine', PAYLOAD, true)],
    ['the forkchoice to the other branch, which does not arrive', at('engine', FORKCHOICE)],
    ['the forkchoice to the other branch, which is carried out', at('engine', FORKCHOICE, true)],
  ])('while it recovers, and waits for %s', async (_what, point) => {
    await killAt(point, () => reorg());
  });
});

describe('SIGTERM of lockstep while it recovers (H2)', () => {
  it('lets the payload that is under way finish, sends nothing more, and ends with 0', async () => {
    const slow = world.engine.inject({ match: PAYLOAD, fault: { kind: 'delay', ms: 400, when: 'after' } });
    const before = world.engine.log.writes.length;
    await reorg();
    await waitUntil('a payload is under way', () => slow.applied > 0, DEADLINE_MS);
    expect(await lockstep.stop()).toEqual({ code: 0, signal: null });
    expect(world.engine.log.writes).toHaveLength(before + 1);
    await expectNextArrives();
  });
});

function reorg(): Promise<unknown> {
  const { producer } = world.rig;
  return producer.fork(producer.head.number - 2, 4);
}

it('sent no write that it must not send, in all of this', async () => {
  expect(await wireBreaches(world.engine.log, world.recoveryRules)).toEqual([]);
});
