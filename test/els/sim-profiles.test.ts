import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { createGenesis, FIXED_GENESIS_TIMESTAMP, type Genesis } from '../../devnet/genesis.js';
import { isAtHand, type ElKind } from '../../devnet/els/el.js';
import { ALL_AT_GENESIS, createOpGenesis } from '../../devnet/op-stack/genesis.js';
import type { EngineProfile } from '../follow/model/engine/profile.js';
import { ETHEREUMJS, GETH_2026, OP_GETH, OP_RETH, RETH, RETH_UNWIND } from '../follow/model/engine/profiles.js';
import { Scratch } from '../devnet/scratch.js';
import { SimChain } from './sim/chain.js';
import { ScriptRun } from './sim/script-run.js';
import { PARTS, UNWIND_PARTS, type Part } from './sim/scripts.js';

const SEED = 'sim';

/** The first start may have to build geth. */
const START_TIMEOUT_MS = 900_000;
const PART_TIMEOUT_MS = 300_000;

interface Family {
  readonly builder: 'geth' | 'op-geth';
  readonly genesis: Genesis;
  readonly members: readonly Member[];
}

interface Member {
  readonly kind: ElKind;
  readonly profile: EngineProfile;
  readonly parts: readonly Part[];
  readonly extraFlags?: readonly string[];
}

const common = { seed: SEED, timestamp: FIXED_GENESIS_TIMESTAMP };

const FAMILIES: readonly Family[] = [
  {
    builder: 'geth',
    genesis: createGenesis(common),
    members: [
      { kind: 'geth', profile: GETH_2026, parts: PARTS },
      { kind: 'reth', profile: RETH, parts: PARTS },
      { kind: 'ethereumjs', profile: ETHEREUMJS, parts: PARTS },
    ],
  },
  {
    builder: 'op-geth',
    genesis: createOpGenesis({ ...common, forks: ALL_AT_GENESIS }),
    members: [
      { kind: 'op-geth', profile: OP_GETH, parts: PARTS },
      { kind: 'op-reth', profile: OP_RETH, parts: PARTS },
      {
        kind: 'op-reth',
        profile: RETH_UNWIND,
        parts: UNWIND_PARTS,
        extraFlags: ['--engine.allow-unwind-canonical-header'],
      },
    ],
  },
];

describe.each(FAMILIES)('beside a chain of $builder', ({ builder, genesis, members }) => {
  const scratch = new Scratch();
  let chain: SimChain;

  beforeAll(async () => {
    const el = await scratch.launch(builder, 'builder', { genesis });
    chain = await SimChain.on(el, SEED);
    await el.kill();
  }, START_TIMEOUT_MS);

  afterAll(() => scratch.remove());

  for (const member of members) describeMember(member);

  function describeMember({ kind, profile, parts, extraFlags = [] }: Member): void {
    describe(`the simulated ${profile.name} does what ${kind} does when it`, () => {
      let script: ScriptRun | undefined;

      beforeAll(async () => {
        if (!(await isAtHand(kind))) return;
        const { jwtSecretFile } = scratch;
        const dataDir = join(scratch.dir, profile.name);
        script = new ScriptRun(chain, profile, { kind, options: { genesis, dataDir, jwtSecretFile, extraFlags } });
      }, START_TIMEOUT_MS);

      afterAll(() => script?.end());

      it.each(parts.filter(({ notFor }) => notFor !== kind))(
        '$title',
        async (part) => {
          if (script === undefined) return;
          expect(await script.play(part)).toBeGreaterThan(0);
        },
        PART_TIMEOUT_MS,
      );
    });
  }
});
