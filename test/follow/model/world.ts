import type { BlockRef } from '../../../src/chain/block.js';
import { heightsOfInterest } from '../../../src/follow/labels.js';
import type { Outcome } from '../../../src/follow/action.js';
import type { ElSyncPolicy } from '../../../src/follow/el-sync-state.js';
import { INITIAL_STATE, type Observation, type State } from '../../../src/follow/state.js';
import { LockstepError } from '../../../src/util/errors.js';
import { removalEnded } from './engine/forkchoice.js';
import { fetched, isFetching } from './engine/peers.js';
import type { EngineProfile } from './engine/profile.js';
import { restarted, type LabelsAfterStart, type Start } from './engine/restart.js';
import { applyLate } from './engine/send.js';
import type { EngineModel } from './engine/state.js';
import { viewOf } from './engine/view.js';
import { Monitor } from './monitor.js';
import { labelRefs, polls, sourceEvents, type SourceModel } from './source-model.js';
import { NO_BLOCKS, type Tree } from './tree.js';

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
  readonly profile: EngineProfile;
  readonly source: SourceModel;
  readonly engine: EngineModel;
  readonly elSync: ElSyncPolicy | null;
  /** How the EL can come back. */
  readonly starts: readonly Start[];
}

export interface WorldEvent {
  readonly name: string;
  readonly next: World;
}

const START_MS = 1_000_000;

/** Longer than the memory of refused payloads, than every back-off, and than the keep-alive interval. */
const LONG_PAUSE_MS = 11 * 60_000;

export function firstWorld({ source, engine, elSync }: Scenario, budget: Budget): World {
  return {
    source,
    engine,
    hung: false,
    state: { ...INITIAL_STATE, elSync: elSync === null ? null : { policy: elSync, stage: 'idle' } },
    outcome: null,
    now: START_MS,
    budget,
    monitor: Monitor.START,
  };
}

/** Everything that can have happened by the time of the next observation. */
export function eventsBefore(scenario: Scenario, world: World): WorldEvent[] {
  const changes = [{ name: '', next: world }, ...sourceChanges(scenario, world), ...engineChanges(scenario, world)];
  return changes.flatMap(({ name, next }) =>
    polls(next.source).map((poll) => ({
      name: [name, poll.name].filter((part) => part !== '').join(', '),
      next: { ...next, source: poll.next },
    })),
  );
}

function sourceChanges({ tree }: Scenario, world: World): WorldEvent[] {
  const { budget } = world;
  if (budget.source === 0) return [];
  const spent = { ...budget, source: budget.source - 1 };
  return sourceEvents(tree, world.source).map(({ name, next }) => ({
    name,
    next: { ...world, source: next, budget: spent },
  }));
}

const start = (lost: number, labels: LabelsAfterStart, keeps: Start['keeps'] = 'nothing'): Start => ({
  lost,
  labels,
  keeps,
});

/** What was executed above the head of a start is gone. */
export const CLEAN_STARTS: readonly Start[] = [
  start(0, 'kept'),
  start(0, 'unset'),
  start(0, 'genesis'),
  start(1, 'kept'),
  start(1, 'safe-is-finalized'),
  start(2, 'unset'),
  start(2, 'kept'),
];

function engineChanges({ tree, profile, starts }: Scenario, world: World): WorldEvent[] {
  const { engine, budget } = world;
  const spent = { ...budget, engine: budget.engine - 1 };
  const change = (name: string, next: EngineModel, extra: Partial<World> = {}): WorldEvent => ({
    name,
    next: { ...world, ...extra, engine: next, budget: spent },
  });
  const startAs = (how: Start): WorldEvent =>
    change(nameOf(how), restarted(tree, engine, how), { monitor: world.monitor.restarted() });
  // A start ends what the death of the EL began, so it costs nothing more.
  if (!engine.up) return starts.map((how) => ({ ...startAs(how), next: { ...startAs(how).next, budget } }));
  const events: WorldEvent[] = [];
  if (engine.late !== null) {
    const applied = applyLate(tree, profile, engine);
    events.push({ name: 'the late write is applied', next: { ...world, engine: applied } });
  }
  if (isFetching(engine)) {
    events.push({ name: 'a block of a peer is executed', next: { ...world, engine: fetched(tree, engine) } });
  }
  if (engine.fading !== NO_BLOCKS) {
    events.push({ name: 'a removal ends', next: { ...world, engine: removalEnded(profile, engine) } });
  }
  if (budget.engine === 0) return events;
  events.push(change('EL dies', { ...engine, up: false, late: null }));
  events.push(change('EL read times out', engine, { hung: true }));
  events.push(change(engine.syncing ? 'EL sync ends' : 'EL syncs', { ...engine, syncing: !engine.syncing }));
  events.push(change('a long pause', engine, { now: world.now + LONG_PAUSE_MS }));
  if (engine.invalid !== null) events.push(change('EL is upgraded', { ...engine, up: false, invalid: null }));
  return [...events, ...starts.map(startAs)];
}

function nameOf({ lost, labels, keeps }: Start): string {
  return `EL restarts (-${lost}, labels ${labels}${keeps === 'nothing' ? '' : `, blocks ${keeps}`})`;
}

/** What the loop sees at the start of a turn. */
export function observe(tree: Tree, { source, engine, hung, outcome }: World): Observation {
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
  const value = viewOf(tree, engine, heightsOfInterest(heads, view));
  return { engine: { kind: 'seen', value }, source: sourceSeen, outcome };
}

/** The source's canonical block at a height, as it is now and not as it was polled. */
export function sourceRefAt(tree: Tree, source: SourceModel, height: number): BlockRef | null {
  const index = tree.atHeight(source.head, height);
  return index === null ? null : tree.ref(index);
}

export function engineRefAt(tree: Tree, engine: EngineModel, height: number): BlockRef | null {
  const index = tree.atHeight(engine.head, height);
  return index === null ? null : tree.ref(index);
}
