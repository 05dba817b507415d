import type { EngineProfile } from './engine/profile.js';
import {
  BESU,
  ERIGON,
  ETHEREUMJS,
  GETH_2025,
  GETH_2026,
  NETHERMIND,
  OP_GETH,
  OP_GETH_HASH_SCHEME,
  OP_RETH,
  RETH,
  RETH_UNWIND,
  SPEC_RANDOM,
} from './engine/profiles.js';
import { restarted, type Start } from './engine/restart.js';
import { engineAt, type EngineModel } from './engine/state.js';
import { habitsOf, POLICY, scenario, SMALL, sourceAt, start } from './scenario.js';
import type { Scenario } from './world.js';

/** Every kind of EL. */
export const PROFILES: readonly EngineProfile[] = [
  GETH_2026,
  GETH_2025,
  OP_GETH,
  OP_GETH_HASH_SCHEME,
  RETH,
  OP_RETH,
  RETH_UNWIND,
  ERIGON,
  BESU,
  NETHERMIND,
  ETHEREUMJS,
  SPEC_RANDOM,
];

/** The source at block 5, the EL three blocks up the branch that leaves after block 3, its safe block there as well. */
const AT_FIVE = sourceAt(5, 3, 2);
const ON_BRANCH = engineAt(SMALL, 9, { safe: 7, finalized: 2, odd: 2 });

/** The EL executes on parents down to one block below its highest, and moves back two blocks at a time. */
function narrow(profile: EngineProfile, parts: Partial<Scenario> = {}): Partial<Scenario> {
  const maxReset = Math.min(profile.maxReset, 2);
  const habits = habitsOf(profile);
  const maxResetDepth = Math.min(habits.maxResetDepth, 2);
  return {
    profile: { ...profile, stateWindow: 2, maxReset },
    habits: { ...habits, maxResetDepth, maxSiblingDepth: 1 },
    source: AT_FIVE,
    engine: { ...ON_BRANCH, states: SMALL.line(9) & ~SMALL.below(4) },
    ...parts,
  };
}

/** After a SIGKILL: lower, and some of the old blocks are still there. */
const KILLED: readonly Start[] = [
  start(1, 'unset', 'mapped'),
  start(2, 'kept', 'stubborn'),
  start(2, 'safe-is-finalized', 'stored'),
  start(2, 'genesis', 'mapped'),
];

function killed(profile: EngineProfile, how: Start, parts: Partial<Scenario> = {}): Partial<Scenario> {
  const before: EngineModel = engineAt(SMALL, 6, { safe: 4, finalized: 3 });
  return {
    profile,
    habits: habitsOf(profile),
    source: sourceAt(6, 4, 3),
    engine: restarted(SMALL, before, how),
    recalled: { safe: 4, finalized: 3 },
    starts: KILLED,
    ...parts,
  };
}

const ON_BRANCHES = PROFILES.map((profile) =>
  scenario(`${profile.name} on another branch`, profile, { source: { ...AT_FIVE, replica: 4 }, engine: ON_BRANCH }),
);

const DEEP: readonly Scenario[] = [
  scenario('a geth beyond its window', GETH_2026, narrow(GETH_2026)),
  scenario('an op-geth beyond its window', OP_GETH, narrow(OP_GETH)),
  scenario('an op-geth beyond its window, with debug', OP_GETH, narrow(OP_GETH, { canSetHead: true })),
  scenario('an erigon beyond its window', ERIGON, narrow(ERIGON)),
  scenario('a besu beyond its window', BESU, narrow(BESU)),
  scenario('a nethermind beyond its window', NETHERMIND, narrow(NETHERMIND)),
];

const KILLED_ELS: readonly Scenario[] = [
  scenario('a killed geth', GETH_2026, killed(GETH_2026, start(3, 'unset', 'mapped'))),
  scenario('a killed op-geth', OP_GETH, killed(OP_GETH, start(3, 'kept', 'mapped'))),
  scenario(
    'a killed op-geth, stale block by block',
    OP_GETH,
    killed(OP_GETH, start(3, 'safe-is-finalized', 'stubborn')),
  ),
  scenario('a killed geth that kept its blocks', GETH_2026, killed(GETH_2026, start(3, 'genesis', 'stored'))),
  scenario(
    'a killed op-geth whose source went elsewhere',
    OP_GETH,
    killed(OP_GETH, start(3, 'unset', 'mapped'), { source: sourceAt(9, 7, 3) }),
  ),
  scenario(
    'a killed op-reth',
    OP_RETH,
    killed(OP_RETH, start(4, 'kept'), { starts: [start(1, 'kept'), start(3, 'kept')] }),
  ),
  scenario(
    'a killed op-geth that must not be given copies',
    OP_GETH,
    killed(OP_GETH, start(3, 'kept', 'mapped'), { policy: { ...POLICY, synthetic: false } }),
  ),
  scenario(
    'an EL that lost what was final',
    OP_GETH,
    killed(OP_GETH, start(4, 'unset'), { recalled: { safe: 5, finalized: 4 } }),
  ),
  scenario(
    'an EL that lost what is final elsewhere',
    OP_GETH,
    killed(OP_GETH, start(3, 'unset'), { recalled: { safe: 5, finalized: 4 }, source: sourceAt(9, 3, 2) }),
  ),
];

const FORBIDDEN: readonly Scenario[] = [
  scenario('a source that leaves below the finalized block', GETH_2026, {
    source: sourceAt(9, 3, 2),
    engine: engineAt(SMALL, 6, { safe: 5, finalized: 4 }),
  }),
  scenario('a divergence that is only to be told', GETH_2026, {
    source: AT_FIVE,
    engine: ON_BRANCH,
    policy: { ...POLICY, mode: 'alert' },
  }),
  scenario('a divergence that is not to be healed', GETH_2026, {
    source: AT_FIVE,
    engine: ON_BRANCH,
    policy: { ...POLICY, mode: 'off' },
  }),
  scenario('a divergence that is too deep', GETH_2026, {
    source: AT_FIVE,
    engine: ON_BRANCH,
    policy: { ...POLICY, maxDepth: 2 },
  }),
  scenario(
    'no way back but the forkchoice',
    OP_GETH,
    narrow(OP_GETH, { canSetHead: true, policy: { ...POLICY, reset: 'forkchoice' } }),
  ),
  scenario(
    'no way back but siblings',
    ETHEREUMJS,
    narrow(ETHEREUMJS, { policy: { ...POLICY, reset: 'none', synthetic: false } }),
  ),
];

/** Worlds in which something goes on to change. */
export const RESTLESS: readonly Scenario[] = [
  scenario('a source of two nodes on two branches', GETH_2026, {
    source: sourceAt(5, 3, 2, 9),
    engine: engineAt(SMALL, 5, { safe: 3, finalized: 2 }),
    budget: { source: 4, engine: 0, faults: 2 },
  }),
  scenario('a source whose second node lags', OP_RETH, {
    source: sourceAt(5, 3, 2, 3),
    engine: engineAt(SMALL, 5, { safe: 3, finalized: 2 }),
    budget: { source: 4, engine: 1, faults: 1 },
  }),
  scenario('a geth that somebody else drives too', GETH_2026, {
    source: AT_FIVE,
    engine: engineAt(SMALL, 5, { safe: 3, finalized: 2 }),
    foreign: [4, 6, 8],
    budget: { source: 0, engine: 4, faults: 0 },
  }),
  scenario('an op-reth that somebody else drives below what is final', OP_RETH, {
    source: sourceAt(5, 5, 4),
    engine: engineAt(SMALL, 5, { safe: 5, finalized: 4 }),
    foreign: [8, 2],
  }),
];

export const RECOVERY_SCENARIOS: readonly Scenario[] = [
  ...ON_BRANCHES,
  ...DEEP,
  ...KILLED_ELS,
  ...FORBIDDEN,
  ...RESTLESS,
];
