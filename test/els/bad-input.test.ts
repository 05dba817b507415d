import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningEl } from '../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP } from '../../devnet/genesis.js';
import { readRef } from '../../devnet/heads.js';
import { rpcClient } from '../../devnet/rpc.js';
import { untilLogged } from '../rig/follow-world.js';
import { forGeth, opGenesis, OpChain } from './op-chain.js';
import { chainOf, DEADLINE_MS, headOf, held, heightsSent, START_TIMEOUT_MS, Trial, untilLevel } from './trial.js';

const PLAIN = createGenesis({ seed: '1', timestamp: FIXED_GENESIS_TIMESTAMP });

const trial = new Trial();

afterEach(() => trial.end());

afterAll(() => trial.scratch.remove());

describe.each(['holocene', 'isthmus'] as const)('a geth beside a source of the OP Stack (%s)', (lastFork) => {
  let source: OpChain;
  let geth: RunningEl;
  const genesis = opGenesis(PLAIN, lastFork);

  beforeAll(async () => {
    source = await OpChain.start(genesis, join(trial.scratch.dir, `op-${lastFork}`), trial.scratch.jwtSecretFile);
    geth = await trial.scratch.launch('geth', `geth-${lastFork}`, { genesis: forGeth(genesis, PLAIN) });
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await geth.kill();
    await source.stop();
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
      await source.add(1);
      const line = await held(running, 'payload-refused');
      expect(line).toMatchObject({ number: 1, ends: expect.stringContaining('OP Stack') });
      expect(await headOf(geth)).toBe(0);
      expect(heightsSent(proxy)).toEqual([1]);
    },
    DEADLINE_MS,
  );

  it(
    'is refused by its kind, before its genesis is looked at and before anything is written: 76',
    async () => {
      await source.add(3);
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
      const follower = await OpChain.start(
        genesis,
        join(trial.scratch.dir, `op-follower-${lastFork}`),
        trial.scratch.jwtSecretFile,
      );
      try {
        const running = await trial.follow({ source, proxy: await trial.watched(follower) });
        await untilLevel(source, follower);
        const head = await headOf(source);
        const origin = { l1_origin: 100 + Math.floor(head / 3), seq: head % 3 };
        await untilLogged(running, { msg: 'Progress', ...origin }, DEADLINE_MS);
      } finally {
        await follower.stop();
      }
    },
    DEADLINE_MS,
  );
});

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
