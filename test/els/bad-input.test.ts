import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningEl } from '../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP, type Genesis } from '../../devnet/genesis.js';
import { readRef } from '../../devnet/heads.js';
import { createOpGenesis } from '../../devnet/op-stack/genesis.js';
import { l1Origin } from '../../devnet/op-stack/l1-origin.js';
import { createProducer, type Producer } from '../../devnet/producer/producer.js';
import { rpcClient } from '../../devnet/rpc.js';
import { untilLogged } from '../rig/follow-world.js';
import { chainOf, DEADLINE_MS, headOf, held, heightsSent, START_TIMEOUT_MS, Trial, untilLevel } from './trial.js';

const PLAIN = createGenesis({ seed: '1', timestamp: FIXED_GENESIS_TIMESTAMP });

const trial = new Trial();

afterEach(() => trial.end());

afterAll(() => trial.scratch.remove());

const OP_OPTIONS = { seed: '1', txsPerBlock: 2, safeDistance: 2, finalizedDistance: 4, blockTimeMs: 1_000 };

/** Up to Isthmus, from which on the genesis holds the storage root of a contract and hashes otherwise in geth. */
const FORKS_UP_TO = {
  holocene: { regolith: 0, canyon: 0, ecotone: 0, fjord: 0, granite: 0, holocene: 0 },
  isthmus: { regolith: 0, canyon: 0, ecotone: 0, fjord: 0, granite: 0, holocene: 0, isthmus: 0 },
} as const;

describe.each(['holocene', 'isthmus'] as const)('a geth beside a source of the OP Stack (%s)', (lastFork) => {
  let source: RunningEl;
  let producer: Producer;
  let geth: RunningEl;
  const forks = FORKS_UP_TO[lastFork];
  const genesis = createOpGenesis({ seed: OP_OPTIONS.seed, timestamp: FIXED_GENESIS_TIMESTAMP, forks });

  beforeAll(async () => {
    source = await trial.scratch.launch('op-geth', `op-${lastFork}`, { genesis });
    producer = await createProducer(source, { ...OP_OPTIONS, forks });
    geth = await trial.scratch.launch('geth', `geth-${lastFork}`, { genesis: forGeth(genesis) });
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await geth.kill();
    await source.kill();
  });

  it(
    'is told what may be the cause where the source had no block at the start',
    async () => {
      const proxy = await trial.watched(geth);
      const sides = { source, proxy };
      if (lastFork === 'isthmus') {
        expect(await trial.refusedStart(sides)).toMatchObject({
          code: 'IDENTITY_GENESIS',
          exit: 76,
          fix: expect.stringContaining('op-geth'),
        });
        return;
      }
      const running = await trial.follow(sides);
      await untilLogged(running, { msg: 'Following: the EL keeps up with the source' }, DEADLINE_MS);
      await producer.produce(1);
      const line = await held(running, 'engine-unfit');
      expect(line).toMatchObject({ number: 1, ends: expect.stringContaining('OP Stack') });
      expect(await headOf(geth)).toBe(0);
      expect(heightsSent(proxy)).toEqual([1]);
    },
    DEADLINE_MS,
  );

  it(
    'is refused by its kind, before its genesis is looked at and before anything is written: 76',
    async () => {
      await producer.produce(3);
      const proxy = await trial.watched(geth);
      const fault = { code: 'ENGINE_NOT_OP_STACK', fix: expect.stringContaining('op-geth') };
      const { exit, failed } = await trial.check({ source, proxy });
      expect(exit).toBe(76);
      expect(failed[0]).toMatchObject({ name: 'op stack', ...fault, detail: expect.stringContaining('go-ethereum') });
      expect(await trial.refusedStart({ source, proxy })).toMatchObject({ exit: 76, ...fault });
      expect(proxy.log.writes).toEqual([]);
    },
    DEADLINE_MS,
  );

  it(
    'is well replaced by an op-geth, and the L1 origin of the head is told',
    async () => {
      const follower = await trial.scratch.launch('op-geth', `op-follower-${lastFork}`, { genesis });
      const running = await trial.follow({ source, proxy: await trial.watched(follower) });
      await untilLevel(source, follower);
      const origin = l1Origin(producer.head.number, FIXED_GENESIS_TIMESTAMP);
      const told = { l1_origin: origin.number, seq: origin.sequenceNumber };
      await untilLogged(running, { msg: 'Progress', ...told }, DEADLINE_MS);
      await follower.kill();
    },
    DEADLINE_MS,
  );
});

/** What an operator does to make a geth take the genesis of an OP Stack chain at all: it asks for blob parameters. */
function forGeth(genesis: Genesis): Genesis {
  return { ...genesis, config: { ...genesis.config, blobSchedule: PLAIN.config['blobSchedule'] } };
}

describe('a geth that was started with --syncmode snap', () => {
  let source: RunningEl;

  beforeAll(async () => {
    source = await trial.scratch.launch('geth', 'snap-source');
    await chainOf(source, 12);
  }, START_TIMEOUT_MS);

  afterAll(() => source.kill());

  it(
    'takes one block, then is held with the flag that helps; with full sync on the same data it follows',
    async () => {
      const snap = await trial.scratch.launch('geth', 'snap', { extraFlags: ['--syncmode', 'snap'] });
      const proxy = await trial.watched(snap);
      const running = await trial.follow({ source, proxy });
      const line = await held(running, 'engine-snap-sync');
      expect(line).toMatchObject({ at: 2, ends: expect.stringContaining('--syncmode full') });
      expect(await headOf(snap)).toBe(1);
      expect(proxy.log.forkchoices.every(({ status }) => status === 'VALID')).toBe(true);
      expect(await snap.stop()).toMatchObject({ code: 0 });

      const full = await trial.scratch.launch('geth', 'snap');
      await trial.follow({ source, proxy: await trial.watched(full) });
      await untilLevel(source, full);
      await full.kill();
    },
    DEADLINE_MS,
  );
});

describe('a geth of another genesis', () => {
  it(
    'is refused, with both hashes and before anything is written: 76',
    async () => {
      const source = await trial.scratch.launch('geth', 'genesis-1');
      await chainOf(source, 3);
      const other = await trial.scratch.launch('geth', 'genesis-2', {
        genesis: createGenesis({ seed: '2', timestamp: 1 }),
      });
      const sides = { source, proxy: await trial.watched(other) };
      const [ours, theirs] = [await genesisHash(other), await genesisHash(source)];
      const { exit, failed } = await trial.check(sides);
      expect(exit).toBe(76);
      expect(failed.map(({ name, code }) => [name, code])).toEqual([['identity', 'IDENTITY_GENESIS']]);
      expect(failed[0]!['detail']).toContain(`source ${theirs}, EL ${ours}`);
      expect(await trial.refusedStart(sides)).toMatchObject({
        exit: 76,
        fix: expect.stringContaining('genesis of the source'),
      });
      expect(sides.proxy.log.writes).toEqual([]);
      await Promise.all([source.kill(), other.kill()]);
    },
    START_TIMEOUT_MS,
  );
});

async function genesisHash(el: RunningEl): Promise<string | undefined> {
  return (await readRef(rpcClient(el.httpUrl), 0))?.hash;
}
