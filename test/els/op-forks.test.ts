import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ElKind } from '../../devnet/els/el.js';
import type { OpForkSchedule } from '../../devnet/op-stack/genesis.js';
import { rpcClient } from '../../devnet/rpc.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { ExtraFollower } from '../rig/extra-follower.js';
import { FollowWorld, loggedLines } from '../rig/follow-world.js';
import type { WireLog } from '../../devnet/proxy/wire-log.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { opKindsAtHand } from './op-kinds.js';

/** The first start may have to build op-geth. */
const START_TIMEOUT_MS = 900_000;
const FOLLOW_TIMEOUT_MS = 90_000;

/** One block a second, so these are block numbers as well: each fork has eight blocks, Bedrock those before. */
const FORKS = {
  regolith: 8,
  canyon: 16,
  ecotone: 24,
  fjord: 32,
  granite: 40,
  holocene: 48,
  isthmus: 56,
  jovian: 64,
} as const satisfies OpForkSchedule;
const BLOCKS = 74;

/**
 * op-reth 1.10.2 hashes the nonce of a deposit into the receipts root of a payload from Regolith on; the protocol does
 * so from Canyon on only. It takes blocks from before Regolith, so its chain goes from there to Canyon at once.
 */
function scheduleFor(kind: ElKind): Required<OpForkSchedule> {
  return kind === 'op-reth' ? { ...FORKS, regolith: FORKS.canyon } : FORKS;
}

/** engines 9: the method is decided by what the header has. */
function methodFor(number: number): string {
  if (number >= FORKS.isthmus) return 'engine_newPayloadV4';
  return number >= FORKS.ecotone ? 'engine_newPayloadV3' : 'engine_newPayloadV2';
}

function newPayloads(log: WireLog): { number: number; method: string; status: JsonValue }[] {
  return log.calls
    .filter(({ method }) => method.startsWith('engine_newPayloadV'))
    .map(({ method, params: [payload], answer }) => ({
      number: isJsonObject(payload) ? Number(payload['blockNumber']) : Number.NaN,
      method,
      status: isJsonObject(answer?.result) ? (answer.result['status'] ?? null) : null,
    }));
}

const EVERY_BLOCK_ONCE = Array.from({ length: BLOCKS }, (_, index) => index + 1).map((number) => {
  return { number, method: methodFor(number), status: 'VALID' };
});

async function transactionsOf(httpUrl: string): Promise<JsonObject[]> {
  const calls = Array.from({ length: BLOCKS }, (_, index) => ({
    method: 'eth_getBlockByNumber',
    params: [`0x${(index + 1).toString(16)}`, true],
  }));
  const blocks = await rpcClient(httpUrl).batch(calls);
  return blocks.flatMap((block) =>
    block.ok && isJsonObject(block.result) ? (block.result['transactions'] as readonly JsonObject[]) : [],
  );
}

describe.each(await opKindsAtHand())('a chain from Bedrock to Jovian into %s', (kind) => {
  const forks = scheduleFor(kind);
  let world: FollowWorld;

  beforeAll(async () => {
    world = await FollowWorld.start({ seed: 'forks', source: 'op-geth', follower: kind, txsPerBlock: 4, forks });
  }, START_TIMEOUT_MS);

  afterAll(() => world.close());

  async function expectCleanWire(log: WireLog): Promise<void> {
    expect(newPayloads(log)).toEqual(EVERY_BLOCK_ONCE);
    expect(await wireBreaches(log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
  }

  it(
    'is followed as it grows, by one lockstep, in the method version of each fork',
    async () => {
      await world.rig.producer.produce(2);
      const lockstep = await world.lockstep();
      await world.untilEqual(FOLLOW_TIMEOUT_MS);
      while (world.rig.producer.head.number < BLOCKS) {
        await world.rig.producer.produce(4);
        await world.untilEqual(FOLLOW_TIMEOUT_MS);
      }
      await expectCleanWire(world.engine.log);
      expect(loggedLines(lockstep, { msg: 'Holding: nothing changes in the EL' })).toEqual([]);
    },
    FOLLOW_TIMEOUT_MS,
  );

  it('held deposits of every form, and transactions of every type that its forks have', async () => {
    const transactions = await transactionsOf(world.rig.source.httpUrl);
    expect(new Set(transactions.map(({ type }) => type))).toEqual(new Set(['0x0', '0x1', '0x2', '0x4', '0x7e']));
    const deposits = transactions.filter(({ type }) => type === '0x7e');
    expect(deposits.filter(({ isSystemTx }) => isSystemTx === true)).toHaveLength(forks.regolith - 1);
    expect(deposits.filter(({ mint }) => Number(mint ?? 0) > 0).length).toBeGreaterThan(3);
    expect(deposits.filter(({ to }) => to === null).length).toBeGreaterThan(1);
  });

  it(
    'is caught up with by an empty EL',
    async () => {
      const follower = await ExtraFollower.start(world, kind, 'caught-up');
      try {
        await follower.startLockstep();
        await follower.untilEqual(FOLLOW_TIMEOUT_MS);
        await expectCleanWire(follower.engine.log);
      } finally {
        await follower.close();
      }
    },
    FOLLOW_TIMEOUT_MS,
  );

  it(
    'is caught up with from JSON blocks, where the source serves no raw ones',
    async () => {
      const noRaw = { kind: 'rpc-error', code: -32601, message: 'no such method' } as const;
      world.source.inject({ match: { method: 'debug_getRawBlock' }, fault: noRaw });
      const follower = await ExtraFollower.start(world, kind, 'from-json');
      try {
        await follower.startLockstep();
        await follower.untilEqual(FOLLOW_TIMEOUT_MS);
        await expectCleanWire(follower.engine.log);
      } finally {
        await follower.close();
      }
    },
    FOLLOW_TIMEOUT_MS,
  );
});
