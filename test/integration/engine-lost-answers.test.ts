import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import type { BlockRef } from '../../src/chain/block.js';
import type { JsonValue } from '../../src/util/json.js';
import { Episode } from '../rig/episode.js';
import type { Fault } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { isWrite, type WireCall } from '../../devnet/proxy/wire-log.js';
import { wireBreaches } from '../rig/wire-rules.js';

const NEW_PAYLOAD = /^engine_newPayload/;
const FORKCHOICE = /^engine_forkchoiceUpdated/;

/** lockstep gives up a call after `--l2.engine-timeout`, long before this. */
const TOO_LONG_MS = 60_000;

let world: FollowWorld;
let lockstep: LockstepProcess;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'lost', txsPerBlock: 1 });
  await world.rig.producer.produce(8);
  // Labels that stand still leave one payload and one forkchoice per block.
  await world.rig.producer.setLabels({ safe: 5, finalized: 2 });
  lockstep = await world.lockstep(['--l2.engine-timeout', '1s']);
  await world.untilEqual();
  await new Episode(world, lockstep).turns(3);
});

afterEach(() => world.engine.heal());

afterAll(() => world.close());

/** Loses the answer to the next call of a method, and waits until the next block is followed all the same. */
async function lose(method: RegExp, fault: Fault): Promise<Lost> {
  const rule = world.engine.inject({ match: { method, times: 1 }, fault });
  const episode = new Episode(world, lockstep);
  const [block] = await world.rig.producer.produce(1);
  await world.untilEqual();
  await episode.turns(2);
  expect(rule.applied).toBe(1);
  return { block: block!, calls: episode.engineCalls, holds: episode.holds.map(({ reason }) => reason) };
}

interface Lost {
  readonly block: BlockRef;
  readonly calls: readonly WireCall[];
  readonly holds: readonly (JsonValue | undefined)[];
}

function writes(calls: readonly WireCall[]): readonly string[] {
  return calls.filter(isWrite).map(({ method }) => method.replace(/V\d$/, ''));
}

/** What was called between the first write and the second. */
function betweenWrites(calls: readonly WireCall[]): readonly string[] {
  const at = calls.flatMap((call, index) => (isWrite(call) ? [index] : []));
  return calls.slice(at[0]! + 1, at[1]).map(({ method }) => method);
}

describe('a newPayload whose answer is lost (E13)', () => {
  it.each<[string, Fault]>([
    ['the connection breaks after the EL took it (N2)', { kind: 'drop-after-apply' }],
    ['the EL takes it and closes its half of the connection (N2)', { kind: 'half-close' }],
    ['the EL takes it and says nothing', { kind: 'hang', applied: true }],
    ['it never reaches the EL', { kind: 'drop-before' }],
  ])('is sent again only after a hold in which the EL is read: %s', async (_, fault) => {
    const { calls, holds } = await lose(NEW_PAYLOAD, fault);
    expect(holds).toEqual(['engine-unsettled']);
    expect(writes(calls)).toEqual(['engine_newPayload', 'engine_newPayload', 'engine_forkchoiceUpdated']);
    expect(betweenWrites(calls)).toContain('eth_syncing');
  });
});

describe('a forkchoice whose answer is lost (E13)', () => {
  it.each<[string, Fault]>([
    ['the connection breaks after the EL moved', { kind: 'drop-after-apply' }],
    ['the EL moves and says nothing', { kind: 'hang', applied: true }],
    ['the EL moves after lockstep gave up', { kind: 'delay', ms: TOO_LONG_MS, when: 'before' }],
  ])('is not sent twice, because the EL shows that it moved: %s', async (_, fault) => {
    const { block, calls } = await lose(FORKCHOICE, fault);
    expect(writes(calls)).toEqual(['engine_newPayload', 'engine_forkchoiceUpdated']);
    expect(world.engine.log.forkchoices.at(-1)!.head).toBe(block.hash);
  });

  it('is sent again after a hold when the EL shows that it did not move', async () => {
    const { calls, holds } = await lose(FORKCHOICE, { kind: 'drop-before' });
    expect(holds).toEqual(['engine-unsettled']);
    expect(writes(calls).filter((method) => method === 'engine_forkchoiceUpdated')).toHaveLength(2);
    expect(betweenWrites(calls)).not.toContain('engine_newPayloadV4');
  });
});

it('sent no write that it must not send, in all of this', async () => {
  expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
});
