import { engineProfile, UNKNOWN_PROFILE } from '../../../src/engine/profile.js';
import type { EngineProfile as Habits } from '../../../src/engine/engine.js';
import { OP_STACK_METHOD } from '../../../src/engine/capabilities.js';
import type { ElSyncPolicy } from '../../../src/follow/el-sync-state.js';
import { DEFAULT_RECOVERY_POLICY, type RecoveryPolicy } from '../../../src/follow/recovery-state.js';
import type { EngineProfile, Keeps } from './engine/profile.js';
import { GETH_2026, OP_GETH, OP_RETH } from './engine/profiles.js';
import type { LabelsAfterStart, Start } from './engine/restart.js';
import { engineAt } from './engine/state.js';
import type { SourceModel } from './source-model.js';
import { smallTree, tallTree } from './tree.js';
import type { Budget, Scenario } from './world.js';

const SMALL = smallTree();
const TALL = tallTree();

/** What lockstep takes an EL for. */
const GETH_HABITS = engineProfile({ clientVersion: 'go-ethereum 1.17.7', capabilities: [] });
const OP_GETH_HABITS = engineProfile({ clientVersion: 'go-ethereum 1.17.2', capabilities: [OP_STACK_METHOD] });
const OP_RETH_HABITS = engineProfile({ clientVersion: 'op-reth 1.10.2', capabilities: [OP_STACK_METHOD] });

function sourceAt(head: number, safe: number | null, finalized: number | null, replica: number | null = null) {
  const polled: SourceModel['polled'] = { head: 'pending', labels: null };
  return { up: true, head, safe, finalized, polled, strayLabels: null, replica };
}

/** Two things go wrong in each world, of every two kinds. */
export const BUDGETS: readonly Budget[] = [
  { source: 1, engine: 1, faults: 0 },
  { source: 1, engine: 0, faults: 1 },
  { source: 0, engine: 1, faults: 1 },
];

const start = (lost: number, labels: LabelsAfterStart, keeps: Keeps = 'nothing'): Start => ({ lost, labels, keeps });

/** What was executed above the head of a start is gone. */
const CLEAN_STARTS: readonly Start[] = [
  start(0, 'kept'),
  start(0, 'unset'),
  start(0, 'genesis'),
  start(1, 'kept'),
  start(1, 'safe-is-finalized'),
  start(2, 'unset'),
  start(2, 'kept'),
];

/** A cooldown that leaves the worlds few. */
const POLICY: RecoveryPolicy = { ...DEFAULT_RECOVERY_POLICY, cooldownMs: 5_000 };

function habitsOf({ name }: EngineProfile): Habits {
  if (name.startsWith('geth')) return GETH_HABITS;
  if (name.startsWith('op-geth')) return OP_GETH_HABITS;
  return name.includes('reth') ? OP_RETH_HABITS : UNKNOWN_PROFILE;
}

function scenario(name: string, profile: EngineProfile, parts: Partial<Scenario>): Scenario {
  return {
    name,
    profile,
    habits: habitsOf(profile),
    canSetHead: false,
    tree: SMALL,
    source: sourceAt(4, 2, 1),
    engine: engineAt(SMALL, 2),
    recalled: { safe: null, finalized: null },
    policy: POLICY,
    elSync: null,
    starts: CLEAN_STARTS,
    foreign: [],
    ...parts,
  };
}

/** A gap that is one for an EL sync in a small world, and limits that leave the worlds few. */
const EL_SYNC: ElSyncPolicy = { gapBlocks: 3, startMs: 2_000, stallMs: 4_000 };

/** Block 4 of the trunk, which some ELs call INVALID. */
const INVALID_BLOCK = 4;

export const SCENARIOS: readonly Scenario[] = [
  scenario('a fresh geth', GETH_2026, { engine: engineAt(SMALL, 0), source: sourceAt(3, 1, null) }),
  scenario('a fresh op-reth with labels at genesis', OP_RETH, {
    engine: engineAt(SMALL, 0, { safe: 0, finalized: 0 }),
    source: sourceAt(3, 0, 0),
  }),
  scenario('a geth that is behind', GETH_2026, { engine: engineAt(SMALL, 2, { safe: 1, finalized: 1 }) }),
  scenario('an op-geth that is behind, without labels', OP_GETH, {}),
  scenario('an op-reth at the head', OP_RETH, { engine: engineAt(SMALL, 4, { safe: 2, finalized: 1 }) }),
  scenario('an EL ahead of its source', OP_GETH, {
    engine: engineAt(SMALL, 6, { safe: 3, finalized: 2 }),
    source: sourceAt(4, 4, 2),
  }),
  scenario('an EL on another branch', GETH_2026, { engine: engineAt(SMALL, 8, { safe: 1, finalized: 1 }) }),
  scenario('an EL that answers VALID and does not move', OP_RETH, { engine: engineAt(SMALL, 2, { deaf: 7 }) }),
  scenario('an EL that keeps answering SYNCING', GETH_2026, {
    engine: engineAt(SMALL, 2, { lazy: 7, safe: 1, finalized: 0 }),
  }),
  scenario('an EL that syncs by itself', OP_RETH, {
    engine: engineAt(SMALL, 1, { syncing: true, safe: 0, finalized: 0 }),
  }),
  scenario('a source with an invalid block', OP_GETH, {
    engine: engineAt(SMALL, 2, { invalid: INVALID_BLOCK, safe: 1, finalized: 1 }),
    source: sourceAt(6, 2, 1),
  }),
  scenario('a geth left to sync with its peers', GETH_2026, {
    engine: engineAt(SMALL, 1, { safe: 0, finalized: 0, peerBlocks: 6 }),
    source: sourceAt(5, 2, 1),
    elSync: EL_SYNC,
  }),
  scenario('a fresh geth without peers, left to sync', GETH_2026, {
    engine: engineAt(SMALL, 0),
    source: sourceAt(4, 2, 1),
    elSync: EL_SYNC,
  }),
  scenario('an op-geth whose peer gives it one block', OP_GETH, {
    engine: engineAt(SMALL, 1, { peerBlocks: 1 }),
    source: sourceAt(5, 2, 1),
    elSync: EL_SYNC,
  }),
  scenario('an op-reth left to sync over a long gap', OP_RETH, {
    tree: TALL,
    engine: engineAt(TALL, 1, { peerBlocks: 20 }),
    source: sourceAt(12, 5, 3),
    elSync: EL_SYNC,
  }),
  scenario('a long gap', OP_RETH, {
    tree: TALL,
    engine: engineAt(TALL, 1),
    source: sourceAt(12, 5, 3),
  }),
];
