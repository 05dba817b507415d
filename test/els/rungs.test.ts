import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAtHand, type ElKind } from '../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP } from '../../devnet/genesis.js';
import { rpcClient } from '../../devnet/rpc.js';
import type { BlockRef } from '../../src/chain/block.js';
import { copiedSibling } from '../../src/payload/copied-sibling.js';
import { Scratch } from '../devnet/scratch.js';
import { type Branches, makeBranches } from './branches.js';
import { launchByHash } from './geth-by-hash.js';
import { ownCrash } from './own-crash.js';
import { connect, Stand } from './stand.js';

/** The first start may have to build geth. */
const START_TIMEOUT_MS = 900_000;

const HEAD = 40;
const DEPTHS = [1, 5, 33];

/** Who makes the chain, and who can run it. */
const FAMILIES = [
  ['geth', ['geth', 'reth']],
  ['op-geth', ['op-geth', 'op-reth']],
] as const satisfies readonly (readonly [ElKind, readonly ElKind[]])[];

const scratch = new Scratch();

afterAll(() => scratch.remove());

async function atHand(kinds: readonly ElKind[]): Promise<ElKind[]> {
  const found: ElKind[] = [];
  for (const kind of kinds) {
    if (await isAtHand(kind)) found.push(kind);
    else process.stderr.write(`${kind}: not run, there is no binary of it\n`);
  }
  return found;
}

const AT_HAND = await Promise.all(FAMILIES.map(async ([builder, kinds]) => [builder, await atHand(kinds)] as const));

describe.each(AT_HAND)('on a chain that %s made', (builder, kinds) => {
  let branches: Branches;

  beforeAll(async () => {
    branches = await makeBranches(scratch, builder, HEAD, DEPTHS);
  }, START_TIMEOUT_MS);

  it('there are blocks of every kind that a copy has to be right for', () => {
    const made = [...branches.main.values()].map(({ block }) => block);
    const extraDataBytes = new Set(made.map(({ header }) => header.extraData.length / 2 - 1));
    expect(extraDataBytes).toEqual(new Set(builder === 'geth' ? [0] : [0, 9, 17]));
    expect(new Set(made.map(({ version }) => version))).toEqual(new Set(builder === 'geth' ? [4] : [2, 3, 4]));
    expect(made.some(({ requestsNeeded }) => requestsNeeded)).toBe(builder === 'geth');
  });

  describe.each(kinds)('%s', (kind) => {
    let stand: Stand;
    let stands = 0;

    beforeAll(async () => {
      stand = await nextStand();
    }, START_TIMEOUT_MS);

    afterAll(() => stand.end());

    function nextStand(): Promise<Stand> {
      stands += 1;
      return Stand.start(scratch, kind, branches, `stand-${kind}-${stands}`);
    }

    /** Where the EL gives up by a mistake of its own, a new one that has every block is led the same way. */
    async function lead(way: () => Promise<void>): Promise<void> {
      try {
        await way();
      } catch (error) {
        const words = ownCrash(stand.el);
        if (words === null) throw error;
        process.stderr.write(`${kind} gave up by itself ("${words}"), and a new one is led the same way\n`);
        await stand.end();
        stand = await nextStand();
        await stand.takeAll();
        await way();
      }
    }

    it('takes every block, and a copy of every block', () => stand.takeAll());

    it.each(DEPTHS)('goes to a branch %d below its head by the first block of it, and back', (depth) =>
      lead(async () => {
        const sibling = branches.siblings.get(depth)!;
        expect(sibling.ref.parentHash).toBe(stand.block(HEAD - depth).hash);
        expect(await stand.send(sibling.payload())).toBe('VALID');
        await stand.moveTo(sibling.ref);
        await stand.climbFrom(HEAD - depth);
      }),
    );

    it.each(DEPTHS)('goes to its own block %d below its head by a copy of it, and back', (depth) =>
      lead(async () => {
        const made = stand.made(HEAD - depth);
        const copy = copiedSibling(made.block);
        expect(await stand.send(made.payload(copy))).toBe('VALID');
        await stand.moveTo(copy.ref);
        await stand.untilForgotten(made.ref);
        await stand.moveTo(made.ref);
        await stand.climbFrom(HEAD - depth);
      }),
    );

    it('goes as far by a forkchoice for an ancestor as its profile says', async () => {
      const { maxResetDepth } = stand.engine.profile;
      const seen = { geth: 'moved', 'op-geth': 'labels-only' }[kind as string] ?? 'unmoved';
      expect(maxResetDepth).toBe(kind === 'geth' ? 32 : 0);
      const lower = { safe: stand.block(5), finalized: stand.block(3) };
      expect(await stand.apply(stand.block(HEAD - 5), lower)).toEqual(['VALID', seen]);
      await stand.climbFrom(HEAD - 5);
      if (maxResetDepth === 0) return;
      expect(await stand.apply(stand.block(HEAD - 33), lower)).toEqual(['REJECTED -38006', 'unmoved']);
      await stand.moveTo(stand.block(HEAD - 32));
      await stand.moveTo(stand.block(HEAD - 33));
      await stand.climbFrom(HEAD - 33);
    });

    if (kind === 'geth' || kind === 'op-geth') {
      it.each(DEPTHS)('is set to its block %d below its head, and takes finalized for safe', async (depth) => {
        expect(await stand.engine.canSetHead(stand.signal)).toBe(true);
        expect(await stand.setHead(stand.block(HEAD - depth))).toBe('VALID');
        const { finalized } = stand.labels;
        expect(await stand.heads()).toEqual([stand.block(HEAD - depth), finalized, finalized]);
        await stand.climbFrom(HEAD - depth);
      });

      it('has no labels when it is set to a block below finalized, and is not set to one above its head', async () => {
        const genesisChild: BlockRef = stand.block(1);
        expect(await stand.setHead(genesisChild)).toBe('VALID');
        expect(await stand.heads()).toEqual([genesisChild, null, null]);
        expect(await stand.setHead(stand.block(2))).toBe('REJECTED -32000');
        await stand.climbFrom(1);
      });

      it(`serves debug_setHead on its ${kind === 'geth' ? 'public RPC alone' : 'engine port'}`, async () => {
        const alone = connect(stand.el, {});
        await alone.identify(stand.signal);
        expect(await alone.canSetHead(stand.signal)).toBe(kind === 'op-geth');
        await alone.close();
      });
    } else {
      it('answers success to debug_setHead and does nothing, so that it is never tried', async () => {
        expect(await stand.engine.canSetHead(stand.signal)).toBe(false);
        const before = await stand.heads();
        expect(await rpcClient(stand.el.httpUrl).call('debug_setHead', [HEAD - 5])).toBeNull();
        expect(await stand.heads()).toEqual(before);
      });
    }
  });
});

describe('a geth that stores its state by hash, where debug_setHead can throw it back to genesis', () => {
  it(
    'is never set to a block',
    async () => {
      const genesis = createGenesis({ seed: 'by-hash', timestamp: FIXED_GENESIS_TIMESTAMP });
      const el = await launchByHash(scratch, 'by-hash', genesis);
      const refused: string[] = [];
      const engine = connect(el, { adminRpcUrl: el.httpUrl, onSetHeadRefused: (why) => refused.push(why) });
      const { signal } = new AbortController();
      await engine.identify(signal);
      expect(await engine.canSetHead(signal)).toBe(false);
      expect(refused).toEqual([expect.stringContaining('stores its state by hash')]);
      await Promise.all([engine.close(), el.kill()]);
    },
    START_TIMEOUT_MS,
  );
});
