import type { Labels } from '../../../src/chain/block.js';
import { fetched, isFetching } from './engine/peers.js';
import { afterRemoval } from './engine/removal.js';
import { restarted, type Start } from './engine/restart.js';
import { applyLate } from './engine/send.js';
import type { EngineModel } from './engine/state.js';
import { polls, sourceEvents } from './source-model.js';
import { NO_BLOCKS, type Index, type Tree } from './tree.js';
import { bootState, type Budget, type Scenario, type World } from './world.js';

export interface WorldEvent {
  readonly name: string;
  readonly next: World;
}

/** Longer than the memory of refused payloads, than every back-off, and than the keep-alive interval. */
const LONG_PAUSE_MS = 11 * 60_000;

/** Everything that can have happened by the time of the next observation. */
export function eventsBefore(scenario: Scenario, world: World): WorldEvent[] {
  const changes = [sourceChanges, engineChanges, engineStarts].flatMap((changesOf) => changesOf(scenario, world));
  return [{ name: '', next: world }, ...changes].flatMap((change) => pollsAfter(change));
}

/** What the pollers can have brought after a change: everything, which comes first, or less. */
export function pollsAfter({ name, next }: WorldEvent): WorldEvent[] {
  return polls(next.source).map((poll) => ({
    name: [name, poll.name].filter((part) => part !== '').join(', '),
    next: { ...next, source: poll.next },
  }));
}

export function sourceChanges({ tree }: Scenario, world: World): WorldEvent[] {
  const { budget } = world;
  if (budget.source === 0) return [];
  const spent = { ...budget, source: budget.source - 1 };
  return sourceEvents(tree, world.source).map(({ name, next }) => ({
    name,
    next: { ...world, source: next, budget: spent },
  }));
}

/** lockstep starts anew, and recalls these labels. */
export function rebooted(scenario: Scenario, world: World, recalled: Labels): World {
  const monitor = world.monitor.rebooted(
    recalled.finalized === null ? null : scenario.tree.indexOf(recalled.finalized),
  );
  const source = { ...world.source, polled: { head: 'pending', labels: null } as const };
  return { ...world, source, state: bootState(scenario, recalled), outcome: null, monitor };
}

/** lockstep is killed and starts again, with or without what it wrote down. */
function reboots(scenario: Scenario, world: World, budget: Budget): WorldEvent[] {
  const { remembered } = world.state;
  const reboot = (name: string, recalled: Labels): WorldEvent => ({
    name,
    next: { ...rebooted(scenario, world, recalled), budget },
  });
  const kept = reboot('lockstep restarts', remembered);
  if (remembered.finalized === null && remembered.safe === null) return [kept];
  return [kept, reboot('lockstep restarts without its journal', { safe: null, finalized: null })];
}

/** A second writer makes a block the head of the EL, and leaves the labels where they are. */
function led(tree: Tree, engine: EngineModel, head: Index): EngineModel {
  const line = tree.line(head);
  return { ...engine, head, known: engine.known | line, states: engine.states | line, mapped: null, synced: true };
}

/** The EL starts, or starts again. */
export function engineStarts({ tree, starts }: Scenario, world: World): WorldEvent[] {
  const { engine, budget, monitor } = world;
  // A start ends what the death of the EL began, so it costs nothing more.
  const left = engine.up ? budget.engine - 1 : budget.engine;
  if (left < 0) return [];
  const after = { ...world, monitor: monitor.restarted(), budget: { ...budget, engine: left } };
  return starts.map((how) => ({ name: nameOf(how), next: { ...after, engine: restarted(tree, engine, how) } }));
}

/** What else becomes of the EL, and of lockstep. */
export function engineChanges(scenario: Scenario, world: World): WorldEvent[] {
  const { tree, profile, foreign } = scenario;
  const { engine, budget, source } = world;
  if (!engine.up) return [];
  const spent = { ...budget, engine: budget.engine - 1 };
  const change = (name: string, next: EngineModel, extra: Partial<World> = {}): WorldEvent => ({
    name,
    next: { ...world, ...extra, engine: next, budget: spent },
  });
  const events: WorldEvent[] = [];
  const goesOn = (name: string, next: EngineModel): void =>
    void events.push({ name, next: { ...world, engine: next } });
  if (engine.late !== null) goesOn('the late write is applied', applyLate(tree, profile, engine));
  if (isFetching(engine)) goesOn('a block of a peer is executed', fetched(tree, engine));
  if (engine.fading !== NO_BLOCKS) {
    for (const ended of afterRemoval(profile, engine)) goesOn('a removal ends', ended);
  }
  if (budget.engine === 0) return events;
  if (source.up) events.push(...reboots(scenario, world, spent));
  events.push(
    ...foreign
      .filter((head) => head !== engine.head)
      .map((head) => change(`EL is moved to ${head} by another`, led(tree, engine, head))),
  );
  events.push(change('EL dies', { ...engine, up: false, late: null }));
  events.push(change('EL read times out', engine, { hung: true }));
  events.push(change(engine.syncing ? 'EL sync ends' : 'EL syncs', { ...engine, syncing: !engine.syncing }));
  events.push(change('a long pause', engine, { now: world.now + LONG_PAUSE_MS }));
  if (engine.invalid !== null) events.push(change('EL is upgraded', { ...engine, up: false, invalid: null }));
  return events;
}

function nameOf({ lost, labels, keeps }: Start): string {
  return `EL restarts (-${lost}, labels ${labels}${keeps === 'nothing' ? '' : `, blocks ${keeps}`})`;
}
