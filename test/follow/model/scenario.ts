import { engineProfile, UNKNOWN_PROFILE } from '../../../src/engine/profile.js';
import type { EngineProfile as Habits } from '../../../src/engine/engine.js';
import { OP_STACK_METHOD } from '../../../src/engine/capabilities.js';
import type { ElSyncPolicy } from '../../../src/follow/el-sync-state.js';
import { DEFAULT_RECOVERY_POLICY, type RecoveryPolicy } from '../../../src/follow/recovery-state.js';
import type { EngineProfile, Keeps } from './engine/profile.js';
import type { LabelsAfterStart, Start } from './engine/restart.js';
import { engineAt } from './engine/state.js';
import type { SourceModel } from './source-model.js';
import { smallTree, tallTree } from './tree.js';
import type { Budget, Scenario } from './world.js';

export const SMALL = smallTree();
export const TALL = tallTree();

const GETH_HABITS = engineProfile({ clientVersion: 'go-ethereum 1.17.7', capabilities: [] });
const OP_GETH_HABITS = engineProfile({ clientVersion: 'go-ethereum 1.17.2', capabilities: [OP_STACK_METHOD] });
const OP_RETH_HABITS = engineProfile({ clientVersion: 'op-reth 1.10.2', capabilities: [OP_STACK_METHOD] });

export function sourceAt(
  head: number,
  safe: number | null,
  finalized: number | null,
  replica: number | null = null,
): SourceModel {
  const polled: SourceModel['polled'] = { head: 'pending', labels: null };
  return { up: true, head, safe, finalized, polled, strayLabels: null, replica };
}

/** One thing of each kind may go wrong in a world. */
const BUDGET: Budget = { source: 1, engine: 1, faults: 1 };

export function start(lost: number, labels: LabelsAfterStart, keeps: Keeps = 'nothing'): Start {
  return { lost, labels, keeps };
}

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
export const POLICY: RecoveryPolicy = { ...DEFAULT_RECOVERY_POLICY, cooldownMs: 5_000 };

/** A gap that is one for an EL sync in a small world, and limits that leave the worlds few. */
export const EL_SYNC: ElSyncPolicy = { gapBlocks: 3, startMs: 2_000, stallMs: 4_000 };

/** What lockstep takes an EL for. */
export function habitsOf({ name }: EngineProfile): Habits {
  if (name.startsWith('geth')) return GETH_HABITS;
  if (name.startsWith('op-geth')) return OP_GETH_HABITS;
  return name.includes('reth') ? OP_RETH_HABITS : UNKNOWN_PROFILE;
}

export function scenario(name: string, profile: EngineProfile, parts: Partial<Scenario>): Scenario {
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
    budget: BUDGET,
    ...parts,
  };
}
