import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { BlockRef } from '../../src/chain/block.js';
import { isJsonObject, type JsonValue } from '../../src/util/json.js';
import { Episode, textOf } from '../rig/episode.js';
import type { Fault, Match, WireRequest } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { forgeBranch, serveBranch } from './forged-branch.js';

const NEW_PAYLOAD: Match = { method: /^engine_newPayload/ };

let world: FollowWorld;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'answers' });
  await world.rig.producer.produce(8);
  lockstep = await world.lockstep();
  await world.untilEqual();
});

afterEach(() => {
  world.source.heal();
  world.engine.heal();
});

afterAll(() => world.close());

async function produceOne(): Promise<BlockRef> {
  const [block] = await world.rig.producer.produce(1);
  return block!;
}

/** The hashes of the payloads sent since the episode began. */
function payloads(episode: Episode): readonly (JsonValue | undefined)[] {
  return episode.writes.flatMap(({ params: [payload] }) =>
    isJsonObject(payload) && 'blockHash' in payload ? [payload['blockHash']] : [],
  );
}

function statusOf(status: string): Fault {
  return { kind: 'mutate', path: '', value: { status, latestValidHash: null, validationError: null } };
}

/** The EL answers so to the payload at `height`, whatever it really does with it. */
function at(height: number): Match {
  const named = ({ params }: WireRequest): boolean =>
    isJsonObject(params[0]) && Number(params[0]['blockNumber']) === height;
  return { ...NEW_PAYLOAD, where: named };
}

describe('an EL that cannot take a payload yet (E5)', () => {
  it.each([
    ['SYNCING', { reason: 'engine-snap-sync', ends: expect.stringContaining('--syncmode full') }],
    ['ACCEPTED', { reason: 'engine-stuck', answer: 'ACCEPTED' }],
  ])('is asked a few times, then held, and followed on after %s', async (status, fields) => {
    const before = await world.localHead();
    const fault = world.engine.inject({ match: NEW_PAYLOAD, fault: statusOf(status) });
    const episode = new Episode(world, lockstep);
    const block = await produceOne();
    const line = await episode.untilHolding(fields.reason);
    expect(line).toMatchObject({ at: block.number, ...fields });
    expect(fault.applied).toBe(5);
    expect(payloads(episode)).toEqual(new Array(5).fill(block.hash));
    expect(await world.localHead()).toBe(before);
    world.engine.heal();
    await world.untilEqual();
    await episode.until({ msg: 'The hold is over' });
    expect(episode.holds).toHaveLength(1);
  });

  it('does not become a hold when it passes', async () => {
    world.engine.inject({ match: { ...NEW_PAYLOAD, times: 2 }, fault: statusOf('SYNCING') });
    const episode = new Episode(world, lockstep);
    await produceOne();
    await world.untilEqual();
    expect(episode.holds).toEqual([]);
  });
});

describe('an EL that calls a payload INVALID (E6)', () => {
  it('is not sent it again, nor a child of it, and is followed on over another block of that height', async () => {
    const { producer } = world.rig;
    const parent = producer.head;
    const value = { status: 'INVALID', latestValidHash: parent.hash, validationError: 'gas used differs\u001b[31m' };
    const fault = { kind: 'mutate', path: '', value } as const;
    const rule = world.engine.inject({ match: at(parent.number + 1), fault });
    const episode = new Episode(world, lockstep);
    const refused = await produceOne();
    const line = await episode.untilHolding('payload-refused');
    expect(line).toMatchObject({ number: refused.number });
    expect(textOf(line, 'answer')).toBe(`INVALID (gas used differs\\u001b[31m; latestValidHash ${parent.hash})`);
    await producer.produce(3);
    await episode.turns(6);
    expect(rule.applied).toBe(1);
    expect(payloads(episode)).toEqual([refused.hash]);
    expect((await world.rig.heads('follower')).unsafe.hash).toBe(parent.hash);

    world.engine.heal();
    await producer.fork(parent.number, 5);
    await world.untilEqual();
    expect(payloads(episode).filter((hash) => hash === refused.hash)).toHaveLength(1);
    await episode.until({ msg: 'The hold is over', was: 'payload-refused' });
    expect(episode.holds).toHaveLength(1);
  });
});

describe('a source whose blocks are sound to look at and wrong to execute (A1)', () => {
  it('has one of them sent to the EL, which refuses it and stays where it stands', async () => {
    const { producer, source } = world.rig;
    const parent = producer.head;
    await world.source.freeze();
    await producer.produce(3);
    const forged = await forgeBranch(source.httpUrl, parent.number + 1, parent.number + 3);
    const episode = new Episode(world, lockstep);
    serveBranch(world.source, forged);
    expect(await episode.untilHolding('payload-refused')).toMatchObject({ number: parent.number + 1 });
    await episode.turns(6);
    expect(payloads(episode)).toEqual([forged[0]!.hash]);
    expect((await world.rig.heads('follower')).unsafe.hash).toBe(parent.hash);

    world.source.heal();
    await world.untilEqual();
    await episode.until({ msg: 'The hold is over', was: 'payload-refused' });
    expect(payloads(episode).filter((hash) => forged.some((block) => block.hash === hash))).toHaveLength(1);
  });
});

describe('an EL that restarts after it called a payload INVALID (E22)', () => {
  it('is asked once more, because the verdict may have been its own trouble (a new session)', async () => {
    const parent = world.rig.producer.head;
    const value = { status: 'INVALID', latestValidHash: null, validationError: 'missing trie node' };
    world.engine.inject({ match: at(parent.number + 1), fault: { kind: 'mutate', path: '', value } });
    const episode = new Episode(world, lockstep);
    const block = await produceOne();
    await episode.untilHolding('engine-unfit');
    await world.engine.down();
    await episode.untilHolding('engine-unavailable');
    await world.engine.up();
    await waitUntil('it is asked again', () => payloads(episode).length > 1, 20_000);
    await episode.turns(4);
    expect(payloads(episode)).toEqual([block.hash, block.hash]);

    world.engine.heal();
    await world.engine.down();
    await waitUntil('the EL is missed', () => episode.holds.at(-1)?.['reason'] === 'engine-unavailable', 20_000);
    await world.engine.up();
    await world.untilEqual();
  });
});

describe('an EL that calls a payload INVALID for the form in which it was sent', () => {
  it('is held as unfit for the chain, with its answer for as long as that lasts: the source is not to blame', async () => {
    const { producer } = world.rig;
    const parent = producer.head;
    // reth's answer to newPayloadV3 for a Prague block (engines-measured 4).
    const validationError = 'block hash mismatch: want 0x01, got 0x02';
    const value = { status: 'INVALID', latestValidHash: null, validationError };
    const rule = world.engine.inject({ match: at(parent.number + 1), fault: { kind: 'mutate', path: '', value } });
    const episode = new Episode(world, lockstep);
    const block = await produceOne();
    const line = await episode.untilHolding('engine-unfit');
    expect(line).toMatchObject({ number: block.number, ends: expect.stringContaining('the EL supports the fork') });
    expect(textOf(line, 'answer')).toBe(`INVALID (${validationError}; latestValidHash null)`);
    await episode.turns(6);
    expect(rule.applied).toBe(1);
    expect(episode.holds).toHaveLength(1);

    world.engine.heal();
    await producer.fork(parent.number, 2);
    await world.untilEqual();
    await episode.until({ msg: 'The hold is over', was: 'engine-unfit' });
  });
});

describe('an EL that finds a request too large (E16)', () => {
  it('is not sent it again: the hold says how large it was', async () => {
    const parent = world.rig.producer.head;
    const rule = world.engine.inject({ match: at(parent.number + 1), fault: { kind: 'status', code: 413 } });
    const episode = new Episode(world, lockstep);
    const block = await produceOne();
    const line = await episode.untilHolding('payload-refused');
    expect(line).toMatchObject({ number: block.number });
    expect(line).toMatchObject({ code: 'ENGINE_OVERSIZE', fix: expect.stringContaining('limit') });
    expect(textOf(line, 'err')).toMatch(/\d+ bytes/);
    await episode.turns(6);
    expect(rule.applied).toBe(1);
    expect((await world.rig.heads('follower')).unsafe.hash).toBe(parent.hash);

    world.engine.heal();
    await world.rig.producer.fork(parent.number, 2);
    await world.untilEqual();
    await episode.until({ msg: 'The hold is over', was: 'payload-refused' });
    expect(episode.holds).toHaveLength(1);
  });
});

describe('an EL that does not know the version or the fields of a payload (E7)', () => {
  it.each([-32602, -38005])('ends lockstep with 76 after one more try (%d)', async (code) => {
    const parent = world.rig.producer.head;
    const episode = new Episode(world, lockstep);
    const rule = world.engine.inject({ match: NEW_PAYLOAD, fault: { kind: 'rpc-error', code, message: 'bad params' } });
    const block = await produceOne();
    expect(await lockstep.exited).toEqual({ code: 76, signal: null });
    expect(lockstep.log().at(-1)).toMatchObject({ code: 'ENGINE_ENCODING', exit: 76 });
    expect(rule.applied).toBe(2);
    expect(payloads(episode)).toEqual([block.hash, block.hash]);
    expect((await world.rig.heads('follower')).unsafe.hash).toBe(parent.hash);

    world.engine.heal();
    lockstep = await world.lockstep();
    await world.untilEqual();
    expect(await world.localHead()).toBe(block.number);
  });
});

it('sent no write that it must not send, in all of this', async () => {
  expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.follower.httpUrl })).toEqual([]);
});
