import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { createGenesis, FIXED_GENESIS_TIMESTAMP, type Genesis } from '../../devnet/genesis.js';
import { isAtHand, type ElKind } from '../../devnet/els/el.js';
import { ALL_AT_GENESIS, createOpGenesis } from '../../devnet/op-stack/genesis.js';
import type { EngineProfile } from '../follow/model/engine/profile.js';
import { ETHEREUMJS, GETH_2026, OP_GETH, OP_RETH, RETH } from '../follow/model/engine/profiles.js';
import { Scratch } from '../devnet/scratch.js';
import { SimChain, TIP } from './sim/chain.js';
import { Duo } from './sim/duo.js';
import { RealEl } from './sim/real-el.js';

const SEED = 'sim';
const TIMEOUT_MS = 900_000;

/** On one database, one after the other. */
async function script(duo: Duo): Promise<void> {
  await duo.replay('a', 1, 40, ['a30', 'a5']);
  await duo.restart('SIGTERM');
  await duo.forkchoice('a39', 'a30', 'a5');
  await duo.forkchoice(duo.head, 'a30', 'a5');
  await duo.forkchoice('a39', 'a30', 'a5');
  await duo.replay('a', duo.height + 1, TIP, ['a10', 'a5']);
  await duo.forkchoice('a107', 'a105', 'a6');
  await duo.forkchoice('a108', 'a105', 'a6');
  await duo.forkchoice('a140', 'a10', 'a7');
  // siblings
  await duo.payload('e138');
  await duo.payload('e137');
  await duo.payload('e138');
  await duo.forkchoice('e138', 'a11', 'a8');
  await duo.settle();
  await duo.forkchoice('a140', 'a11', 'a8');
  await duo.settle();
  await duo.payload('d108');
  await duo.forkchoice('d108', 'a12', 'a9');
  await duo.settle();
  await duo.payload('a140');
  await duo.forkchoice('a140', 'a12', 'a9');
  await duo.settle();
  await duo.payload('c13');
  await duo.forkchoice('c13', 'a10', 'a10');
  await duo.settle();
  await duo.forkchoice('a140', 'a10', 'a10');
  await duo.settle();
  await duo.payload('b12');
  await duo.forkchoice('b12', 'a11', 'a10');
  await duo.settle();
  await duo.forkchoice('a140', 'a10', 'a10');
  await duo.settle();
  // copied siblings
  for (const at of ['a140', 'a139', 'a107', 'a13', 'a12']) {
    await duo.payload(`${at}'`);
    await duo.forkchoice(`${at}'`, 'a11', 'a10');
    await duo.settle();
    await duo.forkchoice(at, 'a11', 'a10');
    await duo.settle();
    await duo.payload('a140');
    await duo.forkchoice('a140', 'a10', 'a10');
    await duo.settle();
  }
  // labels
  await duo.forkchoice('a140', 'a20', 'a20');
  await duo.forkchoice('a15', 'a14', 'a13');
  await duo.forkchoice('a140');
  await duo.forkchoice('a140', 'a30', 'a20');
  await duo.forkchoice('a140', 'a10', 'a10');
  await duo.forkchoice('a140', 'd108', 'a10');
  await duo.forkchoice('a140', 'a20', 'd108');
  await duo.forkchoice('a139', 'd108', 'a12');
  await duo.forkchoice('a140', 'a20', 'a13');
  await duo.forkchoice('e138', 'a139', 'a14');
  await duo.settle();
  await duo.forkchoice('a140', 'a20', 'a15');
  await duo.settle();
  await duo.forkchoice('e138');
  await duo.settle();
  await duo.forkchoice('a140', 'a20', 'a15');
  await duo.settle();
  await duo.forkchoice('a140', 'a15', 'a20');
  await duo.forkchoice('a140', 'a20', 'a15');
  await duo.forkchoice('a138', 'a139', 'a15');
  await duo.forkchoice('a140', 'a20', 'a15');
  await duo.forkchoice('a139', 'd109', 'a16');
  await duo.forkchoice('a140', 'a20', 'a16');
  await duo.restart('SIGTERM');
  await duo.forkchoice(duo.head, 'a20', 'a16');
  await duo.replay('a', 138, TIP, ['a20', 'a17']);
  // set-head
  await duo.setHead('a140');
  await duo.setHead('a130');
  await duo.payload('a132');
  await duo.replay('a', duo.height + 1, TIP, ['a20', 'a17']);
  await duo.setHead('a16');
  await duo.replay('a', 17, TIP, ['a20', 'a17']);
  // what stands on the original of a copied sibling
  await duo.payload("a130'");
  await duo.payload('e137');
  await duo.payload('e138');
  await duo.restart('SIGTERM');
  await duo.payload('e137');
  await duo.payload('e138');
}

describe('the simulated EL', () => {
  const scratch = new Scratch();
  const chains = new Map<'geth' | 'op-geth', SimChain>();
  const genesisOf = (kind: ElKind): Genesis =>
    kind.startsWith('op-')
      ? createOpGenesis({ seed: SEED, timestamp: FIXED_GENESIS_TIMESTAMP, forks: ALL_AT_GENESIS })
      : createGenesis({ seed: SEED, timestamp: FIXED_GENESIS_TIMESTAMP });

  beforeAll(async () => {
    for (const kind of ['geth', 'op-geth'] as const) {
      const el = await scratch.launch(kind, `builder-${kind}`, { genesis: genesisOf(kind) });
      chains.set(kind, await SimChain.on(el, SEED));
      await el.kill();
    }
  }, TIMEOUT_MS);

  afterAll(() => scratch.remove());

  it.each<[ElKind, EngineProfile]>([
    ['geth', GETH_2026],
    ['op-geth', OP_GETH],
    ['reth', RETH],
    ['op-reth', OP_RETH],
    ['ethereumjs', ETHEREUMJS],
  ])(
    'answers and shows what %s does',
    async (kind, profile) => {
      if (!(await isAtHand(kind))) return;
      const chain = chains.get(kind.startsWith('op-') ? 'op-geth' : 'geth')!;
      const { jwtSecretFile, dir } = scratch;
      const real = await RealEl.start({ kind, genesis: genesisOf(kind), dir: join(dir, 'run'), jwtSecretFile }, chain);
      const duo = new Duo(chain, profile, real);
      try {
        await script(duo);
        expect(duo.story).toBe('');
      } finally {
        await real.end();
      }
    },
    TIMEOUT_MS,
  );
});
