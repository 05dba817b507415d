import type { RecoveryPolicy } from '../../../src/follow/recovery-state.js';
import type { EngineProfile } from './engine/profile.js';
import type { LabelsAfterStart, Start } from './engine/restart.js';
import { engineAt } from './engine/state.js';
import { EL_SYNC, habitsOf, POLICY, scenario, sourceAt } from './scenario.js';
import { wideTree } from './tree.js';
import type { Budget, Scenario } from './world.js';

const WIDE = wideTree();

/** Blocks of the wide tree by their places: on the branch that leaves the trunk after block 3, and on the one after block 9. */
const EARLY = { at: 23, tip: 26 };
const MIDDLE = { at: 31, tip: 33 };

/** In a schedule nothing is limited but the turns. */
const UNLIMITED: Budget = { source: Infinity, engine: Infinity, faults: Infinity };

const LABELS: readonly LabelsAfterStart[] = ['kept', 'unset', 'genesis', 'safe-is-finalized'];
const MAX_LOST = 3;

/** Every way in which this kind of EL can come back, as far as a small world has room for it. */
function startsOf({ tailLoss, keeps }: EngineProfile): Start[] {
  const mostLost = Math.min(MAX_LOST, Math.max(tailLoss.killed, tailLoss.stopped));
  const losses = Array.from({ length: mostLost + 1 }, (_, lost) => lost);
  return losses.flatMap((lost) =>
    keeps.flatMap((kept) => {
      const cuts = kept === 'mapped' || kept === 'stubborn' ? [0, 1] : [0];
      return LABELS.flatMap((labels) => cuts.map((cut) => ({ lost, labels, keeps: kept, cut })));
    }),
  );
}

/** Executes on parents down to two below its highest block, and moves back two blocks at a time. */
function narrow(profile: EngineProfile): EngineProfile {
  return {
    ...profile,
    stateWindow: Math.min(profile.stateWindow, 2),
    maxReset: Math.min(profile.maxReset, 2),
    alternatives: profile.alternatives.map(narrow),
  };
}

/** The worlds that the schedules of one kind of EL begin in. */
export function scheduleWorlds(profile: EngineProfile): readonly Scenario[] {
  const world = (name: string, parts: Partial<Scenario>, policy: Partial<RecoveryPolicy> = {}): Scenario =>
    scenario(`${profile.name} ${name}`, parts.profile ?? profile, {
      tree: WIDE,
      habits: habitsOf(profile),
      starts: startsOf(profile),
      budget: UNLIMITED,
      policy: { ...POLICY, ...policy },
      ...parts,
    });
  const odd = Infinity;
  // Elsewhere it is not tried, whatever the EL serves.
  const canSetHead = profile.setHead === 'rewinds' && profile.deepSetHead === 'exact';
  const habits = habitsOf(profile);
  const narrowed = {
    profile: narrow(profile),
    habits: { ...habits, maxResetDepth: Math.min(habits.maxResetDepth, 2), maxSiblingDepth: 1 },
  };
  const onBranch = {
    source: sourceAt(12, 3, 2, MIDDLE.tip),
    engine: engineAt(WIDE, EARLY.tip, { safe: EARLY.at, finalized: 2, odd }),
    recalled: { safe: EARLY.at, finalized: 2 },
  };
  return [
    world('at the head', {
      source: sourceAt(6, 4, 3, EARLY.tip),
      engine: engineAt(WIDE, 6, { safe: 4, finalized: 3, odd }),
      recalled: { safe: 4, finalized: 3 },
    }),
    world('at its genesis', { source: sourceAt(12, 2, null), engine: engineAt(WIDE, 0, { odd }) }),
    world('on another branch', onBranch),
    world('beyond its window', { ...narrowed, ...onBranch, canSetHead }),
    world('beyond its window, and not to be given copies', { ...narrowed, ...onBranch }, { synthetic: false }),
    world('on a branch that is only told of', onBranch, { mode: 'alert' }),
    world('that others drive too', {
      source: sourceAt(12, 3, 2, MIDDLE.tip),
      engine: engineAt(WIDE, 10, { safe: 3, finalized: 2, odd }),
      foreign: [1, 8, EARLY.at, MIDDLE.at],
    }),
    world('left to sync with its peers', {
      source: sourceAt(12, 3, 2, MIDDLE.tip),
      engine: engineAt(WIDE, 1, { safe: 0, finalized: 0, peerBlocks: 10, odd }),
      elSync: EL_SYNC,
    }),
    world('that calls a block of the source INVALID', {
      source: sourceAt(12, 3, 2, MIDDLE.tip),
      engine: engineAt(WIDE, 4, { safe: 3, finalized: 2, invalid: 8, lazy: 4, deaf: 3, odd }),
    }),
  ];
}
