import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { rpcClient } from '../../devnet/rpc.js';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { JsonValue } from '../../src/util/json.js';
import type { Fault } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { replayInto } from '../../devnet/rig/replay.js';
import { wireBreaches } from '../rig/wire-rules.js';

let world: FollowWorld;
let lockstep: LockstepProcess | null = null;
let genesis: JsonValue;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'startup', txsPerBlock: 1 });
  genesis = await rpcClient(world.rig.source.httpUrl).call('eth_getBlockByNumber', ['0x0', false]);
  await world.rig.producer.produce(12);
});

afterEach(async () => {
  await lockstep?.stop();
  world.engine.heal();
  world.source.heal();
});

afterAll(() => world.close());

/** Starts lockstep past the source proxy, so that both sides may stand at the same block. */
async function startAndFollow(): Promise<void> {
  world.engine.log.clear();
  lockstep = await world.lockstep([], world.rig.source.httpUrl);
  await waitUntil('lockstep has written', () => world.engine.log.writes.length > 0, 20_000);
  await world.untilEqual();
}

describe('an EL without labels', () => {
  it('whose head is above genesis with all labels at genesis is brought to the source (the rollup-node wedge)', async () => {
    await replayInto(world.rig.follower, world.rig.source.httpUrl, { head: 9, safe: null, finalized: null });
    const { safe, finalized } = await world.rig.heads('follower');
    expect([safe?.number, finalized?.number]).toEqual([0, 0]);
    await startAndFollow();
    const { log } = world.engine;
    const named = log.forkchoices.flatMap((sent) => [sent.head, sent.safe, sent.finalized]);
    expect(named).not.toContain(hashOf(genesis));
    expect(await wireBreaches(log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
  });
});

function hashOf(block: JsonValue): JsonValue | undefined {
  return typeof block === 'object' && block !== null && 'hash' in block ? block['hash'] : undefined;
}

const FORMS = ['null', 'genesis', 'an error object', 'above its head'] as const;

describe.each(FORMS)('an EL at the head of the source whose label is %s', (form) => {
  it.each([[['safe']], [['finalized']], [['safe', 'finalized']]])('gets %j from the source', async (tags) => {
    const where = (): boolean => world.engine.log.writes.length === 0;
    for (const tag of tags) {
      const match = { method: 'eth_getBlockByNumber', tag, where };
      world.engine.inject({ match, fault: await faultOf(form) });
    }
    const { unsafe } = await world.rig.heads('follower');
    await startAndFollow();
    const { head, labels } = world.rig.producer;
    expect(head.hash).toBe(unsafe.hash);
    expect(world.engine.log.payloads).toEqual([]);
    const sent = { head: head.hash, safe: labels.safe!.hash, finalized: labels.finalized!.hash, status: 'VALID' };
    expect(new Set(world.engine.log.forkchoices.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify(sent)]),
    );
  });
});

async function faultOf(form: (typeof FORMS)[number]): Promise<Fault> {
  switch (form) {
    case 'null':
      return { kind: 'null-result' };
    case 'genesis':
      return { kind: 'mutate', path: '', value: genesis };
    case 'an error object':
      return { kind: 'rpc-error', code: -32000, message: 'safe block not found' };
    case 'above its head': {
      const head = await rpcClient(world.rig.source.httpUrl).call('eth_getBlockByNumber', ['latest', false]);
      const hash = `0x${'ab'.repeat(32)}`;
      return { kind: 'mutate', path: '', value: { ...(head as object), number: '0xfff', hash } };
    }
  }
}
