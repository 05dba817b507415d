import type { BlockRef, Labels } from '../../../src/chain/block.js';
import { heightsOfInterest } from '../../../src/follow/labels.js';
import type { Outcome } from '../../../src/follow/action.js';
import type { EngineProfile as Habits } from '../../../src/engine/engine.js';
import type { ElSyncPolicy } from '../../../src/follow/el-sync-state.js';
import type { RecoveryPolicy } from '../../../src/follow/recovery-state.js';
import { INITIAL_STATE, type Observation, type State } from '../../../src/follow/state.js';
import { LockstepError } from '../../../src/util/errors.js';
import type { EngineProfile } from './engine/profile.js';
import type { Start } from './engine/restart.js';
import type { EngineModel } from './engine/state.js';
import { viewOf } from './engine/view.js';
import { Monitor } from './monitor.js';
import { labelRefs, type LabelPair, type SourceModel } from './source-model.js';
import type { Index, Tree } from './tree.js';

/** How much may still go wrong. Each kind of event has its own purse, so that none hides the others. */
export interface Budget {
  readonly source: number;
  readonly engine: number;
  readonly faults: number;
}

/** One moment between two turns of the loop: both sides, and what the loop remembers. */
export interface World {
  readonly source: SourceModel;
  readonly engine: EngineModel;
  /** This turn's read of the EL fails with a timeout. */
  readonly hung: boolean;
  readonly state: State;
  readonly outcome: Outcome | null;
  readonly now: number;
  readonly budget: Budget;
  readonly monitor: Monitor;
}

export interface Scenario {
  readonly name: string;
  readonly tree: Tree;
  /** What the EL does, and what lockstep takes it for. */
  readonly profile: EngineProfile;
  readonly habits: Habits;
  readonly canSetHead: boolean;
  readonly source: SourceModel;
  readonly engine: EngineModel;
  /** The labels that the journal tells of the last run. */
  readonly recalled: LabelPair;
  readonly policy: RecoveryPolicy;
  readonly elSync: ElSyncPolicy | null;
  /** How the EL can come back. */
  readonly starts: readonly Start[];
  /** The heads that somebody else may give the EL. */
  readonly foreign: readonly Index[];
  readonly budget: Budget;
}

const START_MS = 1_000_000;

export function firstWorld(scenario: Scenario, budget: Budget): World {
  const { source, engine, tree, recalled } = scenario;
  return {
    source,
    engine,
    hung: false,
    state: bootState(scenario, labelRefs(tree, recalled)),
    outcome: null,
    now: START_MS,
    budget,
    monitor: Monitor.start(tree, recalled.finalized),
  };
}

/** `remembered`: what the journal tells. */
export function bootState({ elSync, policy }: Scenario, remembered: Labels): State {
  const recovering = { ...INITIAL_STATE, remembered, recoveryPolicy: policy };
  return { ...recovering, elSync: elSync === null ? null : { policy: elSync, stage: 'idle' } };
}

/** What the loop sees at the start of a turn. */
export function observe(tree: Tree, { source, engine, hung, outcome, state }: World): Observation {
  const { head, labels } = source.polled;
  const view = typeof head === 'number' ? { head: tree.ref(head), labels: labelRefs(tree, labels) } : null;
  const sourceSeen: Observation['source'] =
    view !== null
      ? { kind: 'seen', value: view }
      : head === 'failed'
        ? { kind: 'failed', error: new LockstepError('SOURCE_TIMEOUT') }
        : { kind: 'pending' };
  if (!engine.up || hung) {
    const error = new LockstepError(hung ? 'ENGINE_TIMEOUT' : 'ENGINE_UNREACHABLE');
    return { engine: { kind: 'failed', error }, source: sourceSeen, outcome };
  }
  const { heads } = viewOf(tree, engine, []);
  const value = viewOf(tree, engine, heightsOfInterest(heads, view, state.remembered));
  return { engine: { kind: 'seen', value }, source: sourceSeen, outcome };
}

/** The source's canonical block at a height, as it is now and not as it was polled. */
export function sourceRefAt(tree: Tree, source: SourceModel, height: number): BlockRef | null {
  const index = tree.atHeight(source.head, height);
  return index === null ? null : tree.ref(index);
}

/** By its number, also where it is one of an earlier life above the head. */
export function engineRefAt(tree: Tree, { head, mapped }: EngineModel, height: number): BlockRef | null {
  const index = tree.atHeight(head, height) ?? (mapped === null ? null : tree.atHeight(mapped, height));
  return index === null ? null : tree.ref(index);
}
