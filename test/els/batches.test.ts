import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import type { JsonValue } from '../../src/util/json.js';
import { FollowWorld, loggedLines } from '../rig/follow-world.js';
import type { Fault } from '../../devnet/proxy/faults.js';
import { isPayload, type WireCall, type WireLog } from '../../devnet/proxy/wire-log.js';
import { wireBreaches } from '../rig/wire-rules.js';

/** The first start may have to build geth. */
const START_TIMEOUT_MS = 900_000;
const TIMEOUT_MS = 120_000;
const BLOCKS = 120;
const MORE_BLOCKS = 60;

/** Of the profile of geth (docs/engines.md). */
const MAX_PAYLOADS_PER_BATCH = 32;

const DOUBT = 'The EL did not take a batch of payloads whole: the rest goes block by block, and may be invalid indeed';

/** The payloads of the log, by the call that carried them. */
function payloadCalls({ calls }: WireLog): readonly (readonly WireCall[])[] {
  const exchanges = new Map<number, WireCall[]>();
  for (const call of calls.filter(isPayload)) {
    exchanges.set(call.exchange, [...(exchanges.get(call.exchange) ?? []), call]);
  }
  return [...exchanges.values()];
}

const refused: JsonValue = {
  status: 'INVALID',
  latestValidHash: `0x${'11'.repeat(32)}`,
  validationError: 'not in a batch',
};

/** Happens once, to a call that carries more than one payload. */
const SPOILED: readonly (readonly [string, Fault])[] = [
  ['one block of it is INVALID that alone is VALID', { kind: 'mutate', path: '', value: refused }],
  ['one block of it is answered by an error', { kind: 'rpc-error', code: -32000, message: 'batch import failed' }],
  ['its answer is lost after the EL has done it', { kind: 'drop-after-apply' }],
  ['its answer is cut', { kind: 'truncate', contentLength: false }],
  ['it is too large for the EL', { kind: 'status', code: 413 }],
];

describe('a geth that is far behind', () => {
  let world: FollowWorld;
  let lockstep: LockstepProcess;

  const catchUp = async (): Promise<void> => {
    lockstep = await world.lockstep();
    await world.untilEqual(TIMEOUT_MS);
    expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
  };

  beforeAll(async () => {
    world = await FollowWorld.start({ seed: 'batches', source: 'geth', follower: 'geth' });
    await world.rig.producer.produce(BLOCKS);
  }, START_TIMEOUT_MS);

  afterAll(() => world.close());

  it(
    'is given its blocks in batches, each block once, and its forkchoices one by one',
    async () => {
      await catchUp();
      const { log } = world.engine;
      const batches = payloadCalls(log).filter((calls) => calls.length > 1);
      expect(batches.length).toBeGreaterThan(5);
      expect(Math.max(...batches.map((calls) => calls.length))).toBeLessThanOrEqual(MAX_PAYLOADS_PER_BATCH);
      expect(new Set(log.payloads.map(({ hash }) => hash)).size).toBe(log.payloads.length);
      expect(log.forkchoices.length).toBeLessThan(BLOCKS / 8);
      expect(loggedLines(lockstep, { msg: DOUBT })).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it.each(SPOILED)(
    'gets there block by block when %s',
    async (_what, fault) => {
      const { log } = world.engine;
      await lockstep.stop();
      await world.rig.producer.produce(MORE_BLOCKS);
      log.clear();
      // Only the calls of a batch have an id above the first.
      const spoiled = world.engine.inject({
        match: { where: ({ id }) => id === 2, method: /newPayload/, times: 1 },
        fault,
      });
      await catchUp();
      expect(spoiled.applied).toBe(1);
      const lost = fault.kind === 'drop-after-apply' || fault.kind === 'truncate';
      expect(loggedLines(lockstep, { msg: DOUBT })).toHaveLength(1);
      const calls = payloadCalls(log);
      const at = calls.findIndex((batch) => batch.length > 1);
      // What was lost on the way says nothing about batches; a refusal is the last one of this session.
      if (!lost) expect(calls.slice(at + 1).filter((batch) => batch.length > 1)).toEqual([]);
      const timesSent = log.payloads.map(({ hash }) => log.payloads.filter((other) => other.hash === hash).length);
      expect(Math.max(...timesSent)).toBeLessThanOrEqual(2);
    },
    TIMEOUT_MS,
  );
});
