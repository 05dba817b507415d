import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { RunningEl } from '../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP, type Genesis } from '../../devnet/genesis.js';
import { rpcClient } from '../../devnet/rpc.js';
import type { JsonObject } from '../../src/util/json.js';
import { textOf } from '../rig/episode.js';
import { BlockMaker, objectOf } from './block-maker.js';
import { launchByHash } from './geth-by-hash.js';
import { bulkyTransfers, withdrawalRequests } from './handmade-transactions.js';
import { chainOf, headOf, held, heightsSent, START_TIMEOUT_MS, Trial, untilLevel } from './trial.js';

const PLAIN = createGenesis({ seed: '1', timestamp: FIXED_GENESIS_TIMESTAMP });

const trial = new Trial();

afterEach(() => trial.end());

afterAll(() => trial.scratch.remove());

describe('a source that comes to a fork which lockstep does not know', () => {
  it(
    'is followed up to the block before it, and then held; a start there is refused: 76',
    async () => {
      const genesis = withAmsterdam(PLAIN, 4);
      const [source, follower] = [
        await trial.scratch.launch('geth', 'amsterdam-source', { genesis }),
        await trial.scratch.launch('geth', 'amsterdam-follower', { genesis }),
      ];
      const maker = await chainOf(source, 3);
      const sides = { source, proxy: await trial.watched(follower) };
      const running = await trial.follow(sides);
      await untilLevel(source, follower);
      await maker.add([], 'amsterdam');
      const fault = { code: 'BLOCK_UNSUPPORTED_FORK', fix: expect.stringContaining('Upgrade lockstep') };
      expect(await held(running, 'block-rejected')).toMatchObject({ at: 4, ...fault });
      await maker.add([], 'amsterdam');
      expect(await trial.refusedStart(sides)).toMatchObject({ exit: 76, ...fault });
      expect(await headOf(follower)).toBe(3);
      expect(heightsSent(sides.proxy)).toEqual([1, 2, 3]);
      await Promise.all([source.kill(), follower.kill()]);
    },
    START_TIMEOUT_MS,
  );
});

/** geth 1.17.7 asks for two further system contracts in Amsterdam; ones that hand out nothing will do. */
function withAmsterdam(plain: Genesis, firstBlock: number): Genesis {
  const { blobSchedule, ...config } = plain.config;
  const { prague } = objectOf(blobSchedule as JsonObject);
  const silent = { balance: '0x0', nonce: '0x1', code: '0x00' } as const;
  return {
    ...plain,
    config: {
      ...config,
      osakaTime: 0,
      amsterdamTime: FIXED_GENESIS_TIMESTAMP + firstBlock,
      blobSchedule: { ...objectOf(blobSchedule as JsonObject), osaka: prague, amsterdam: prague },
    },
    alloc: {
      ...plain.alloc,
      '0x0000bff46984e3725691fa540a8c7589300d8282': silent,
      '0x000064d678505ad48f8ccb093bc65613800e8282': silent,
    },
  };
}

describe('a source without the state that execution requests are rebuilt from', () => {
  it(
    'is held before the block, and followed on from an archive source',
    async () => {
      const [full, archive] = [
        await trial.scratch.launch('geth', 'requests-full'),
        await launchArchive('requests-archive'),
      ];
      for (const el of [full, archive]) {
        const maker = new BlockMaker(el);
        // 16 of them fit into this block and 4 are left for the next, which holds no trace of them.
        await maker.add(withdrawalRequests(20));
        for (let made = 0; made < 140; made++) await maker.add();
      }
      const follower = await trial.scratch.launch('geth', 'requests-follower');
      const proxy = await trial.watched(follower);
      const running = await trial.follow({ source: full, proxy });
      const line = await held(running, 'block-rejected');
      expect(line).toMatchObject({ at: 2, code: 'BLOCK_REQUESTS_UNKNOWN', fix: expect.stringContaining('archive') });
      expect(line['err']).toContain('state of the parent block');
      expect(heightsSent(proxy)).toEqual([1]);
      await trial.follow({ source: archive, proxy });
      await untilLevel(full, follower);
      await Promise.all([full.kill(), archive.kill(), follower.kill()]);
    },
    START_TIMEOUT_MS,
  );
});

/** The state of old blocks is there at once in the hash scheme only. */
function launchArchive(name: string): Promise<RunningEl> {
  return launchByHash(trial.scratch, name, PLAIN, ['--gcmode', 'archive']);
}

describe('a block over the request size limit of an ethereumjs EL', () => {
  it(
    'is not sent again: the hold tells its size and what to do',
    async () => {
      const gasLimit = 120_000_000;
      const genesis: Genesis = { ...PLAIN, gasLimit: `0x${gasLimit.toString(16)}` };
      const source = await trial.scratch.launch('geth', 'large-source', { genesis });
      const follower = await trial.scratch.launch('ethereumjs', 'large-follower', { genesis });
      const maker = await chainOf(source, 2);
      await fillPool(source, bulkyTransfers(50, 125_000));
      await maker.add(null);
      const proxy = await trial.watched(follower);
      const running = await trial.follow({ source, proxy });
      const line = await held(running, 'payload-refused');
      expect(line).toMatchObject({ number: 3, code: 'ENGINE_OVERSIZE', fix: expect.stringContaining('limit') });
      expect(Number(/(\d+) bytes/.exec(textOf(line, 'err'))?.[1])).toBeGreaterThan(11_000_000);
      expect(await headOf(follower)).toBe(2);
      expect(heightsSent(proxy)).toEqual([1, 2, 3]);
      await Promise.all([source.kill(), follower.kill()]);
    },
    START_TIMEOUT_MS,
  );
});

/** geth's plain port takes 5 MiB in one request. */
async function fillPool(el: RunningEl, transactions: readonly string[]): Promise<void> {
  const pool = rpcClient(el.httpUrl);
  const method = 'eth_sendRawTransaction';
  for (let at = 0; at < transactions.length; at += 10) {
    const calls = transactions.slice(at, at + 10).map((raw) => ({ method, params: [raw] }));
    for (const outcome of await pool.batch(calls)) if (!outcome.ok) throw new Error(outcome.message);
  }
}
