import type { Labels } from '../../../src/chain/block.js';
import { removalEnded } from './engine/forkchoice.js';
import { fetched, isFetching } from './engine/peers.js';
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

/** lockstep is killed and starts again, with or without what it wrote down. */
function reboots(scenario: Scenario, world: World, budget: Budget): WorldEvent[] {
  const { tree } = scenario;
  const { remembered } = world.state;
  const reboot = (name: string, recalled: Labels): WorldEvent => {
    const fence = recalled.finalized === null ? null : tree.indexOf(recalled.finalized);
    const monitor = world.monitor.rebooted(fence);
    const source = { ...world.source, polled: { head: 'pending', labels: null } as const };
    return { name, next: { ...world, source, state: bootState(scenario, recalled), outcome: null, budget, monitor } };
  };
  const kept = reboot('lockstep restarts', remembered);
  if (remembered.finalized === null && remembered.safe === null) return [kept];
  return [kept, reboot('lockstep restarts without its journal', { safe: null, finalized: null })];
}

/** A second writer makes a block the head of the EL, and leaves the labels where they are. */
function led(tree: Tree, engine: EngineModel, head: Index): EngineModel {
  const line = tree.line(head);
  return { ...engine, head, known: engine.known | line, states: engine.states | line, mapped: null, synced: true };
}

function engineChanges(scenario: Scenario, world: World): WorldEvent[] {
  const { tree, profile, starts, foreign } = scenario;
  const { engine, budget, source } = world;
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
  return [...events, ...starts.map(startAs)];
}

function nameOf({ lost, labels, keeps }: Start): string {
  return `EL restarts (-${lost}, labels ${labels}${keeps === 'nothing' ? '' : `, blocks ${keeps}`})`;
}
