import { removalEnded } from './engine/forkchoice.js';
import { fetched } from './engine/peers.js';
import { restarted } from './engine/restart.js';
import { applyLate } from './engine/send.js';
import type { EngineModel } from './engine/state.js';
import { healthyKey } from './key.js';
import { Choices } from './choices.js';
import { Violation } from './violation.js';
import type { LabelPair } from './source-model.js';
import { polls } from './source-model.js';
import type { Index, Tree } from './tree.js';
import { Turn, type Core } from './turn.js';
import { forkOf, hasWayBack, trialOf } from './ways-back.js';
import type { Scenario, World } from './world.js';

/** With nothing going wrong any more, the end is reached in so many turns at most. */
const MAX_TURNS = 120;

/** From every world, what should be reached is reached once both sides are well (L1, L2, L3). */
export class Liveness {
  readonly #scenario: Scenario;
  readonly #core: Core;
  /** Turns to the end from worlds that were followed already. */
  readonly #turnsFrom = new Map<string, number>();
  longest = 0;

  constructor(scenario: Scenario, core: Core) {
    this.#scenario = scenario;
    this.#core = core;
  }

  /** @throws Violation that tells the last turns before it */
  check(world: World): void {
    if (world.state.phase.kind === 'halted') return;
    const names: string[] = [];
    try {
      this.#follow(world, names);
    } catch (thrown) {
      if (!(thrown instanceof Violation)) throw thrown;
      const turns = names.slice(-12).join(' / ');
      throw new Violation(thrown.invariant, `${thrown.what}, after nothing more went wrong: ${turns}`);
    }
  }

  #follow(world: World, names: string[]): void {
    const path: string[] = [];
    let now = healed(this.#scenario, world);
    let left = 0;
    while (!isAtEnd(this.#scenario, now)) {
      const key = healthyKey(now);
      const known = this.#turnsFrom.get(key);
      if (known !== undefined) {
        left = known;
        break;
      }
      path.push(key);
      if (path.length > MAX_TURNS) throw new Violation('L1', `no end in ${MAX_TURNS} turns`);
      const turn = new Turn(this.#scenario, now, this.#core);
      turn.decide();
      names.push(turn.describe());
      const next = turn.act(new Choices([]));
      if (next === null && path.length > 1) throw new Violation('L1', 'the loop ends although both sides are well');
      // What happened before may have been the last straw.
      if (next === null) return;
      now = polled({ ...next, engine: goneOn(this.#scenario, next.engine) });
    }
    for (const key of path.reverse()) this.#turnsFrom.set(key, (left += 1));
    this.longest = Math.max(this.longest, left);
    if (left > MAX_TURNS) throw new Violation('L1', `the end is ${left} turns away`);
  }
}

/** Both sides are there, nothing more goes wrong, and each turn sees what the source is. */
function healed({ tree, profile }: Scenario, world: World): World {
  const { engine } = world;
  const up = engine.up
    ? applyLate(tree, profile, engine)
    : restarted(tree, engine, { lost: 0, labels: 'kept', keeps: 'nothing' });
  // An EL that shows a sync for ever has to stand above genesis, or nothing tells whether it takes blocks.
  const syncing = engine.syncing && tree.height(engine.head) > 0;
  return polled({
    ...world,
    source: { ...world.source, up: true, strayLabels: null, replica: null },
    // What an EL fetches beside a divergence it would move to by itself.
    engine: { ...up, syncing, wanted: isAside(tree, world.source.head, engine.head) ? null : up.wanted },
    hung: false,
    budget: { source: 0, engine: 0, faults: 0 },
  });
}

/** What the EL does by itself meanwhile; one that died comes back. */
function goneOn({ tree, profile }: Scenario, engine: EngineModel): EngineModel {
  const up = engine.up ? engine : restarted(tree, engine, { lost: 0, labels: 'kept', keeps: 'nothing' });
  return fetched(tree, removalEnded(profile, up));
}

function polled(world: World): World {
  const [all] = polls(world.source);
  return { ...world, source: all!.next };
}

/** What a healthy run has to come to: in step, or held for a reason that only a person or the source can end. */
function isAtEnd(scenario: Scenario, world: World): boolean {
  const { tree } = scenario;
  const { source, engine, state } = world;
  const held = state.phase.kind === 'holding' ? state.phase.reason.kind : null;
  const expected = holdOf(scenario, world);
  if (expected !== null) return expected.includes(held ?? '');
  const { invalid } = engine;
  if (invalid !== null && tree.isOnLine(invalid, source.head)) {
    const stands = isAside(tree, source.head, engine.head) || engine.head === tree.parent(invalid);
    return held === 'payload-refused' && stands;
  }
  if (!tree.isOnLine(source.head, engine.head)) return false;
  // An EL that drops the labels of a forkchoice for its own head gets them with the next block.
  const drops = !scenario.profile.labels.atSameHead && held === 'engine-stuck';
  return drops || hasLabels(tree, world);
}

/** The reason for which this world has to be held; null where it must not be. */
function holdOf(scenario: Scenario, world: World): readonly string[] | null {
  const { tree, policy } = scenario;
  const { source, engine, monitor } = world;
  const { fence } = monitor.past;
  if (fence !== null && isAside(tree, source.head, fence)) {
    const shows = tree.isOnLine(fence, engine.head) || tree.height(source.head) >= tree.height(fence);
    if (shows) return ['finalized-divergence'];
  }
  if (!isAside(tree, source.head, engine.head)) return whileBehind(scenario, world);
  if (policy.mode !== 'auto') return ['recovery-off'];
  const fork = forkOf(tree, engine.head, source.head);
  if (tree.height(engine.head) - tree.height(fork) > policy.maxDepth) return ['recovery-too-deep'];
  if (engine.invalid !== null) return null;
  return hasWayBack(scenario, world) ? null : ['recovery-failed'];
}

/** An EL that does not execute, or may not be cured, stays where it is. */
function whileBehind(scenario: Scenario, { source, engine, state, now }: World): readonly string[] | null {
  const { tree, policy } = scenario;
  const next = tree.atHeight(source.head, tree.height(engine.head) + 1);
  if (next === null || next === engine.invalid) return null;
  // What this EL refused in this session is not sent again for ten minutes (reliability E6).
  if (now < (state.refused.get(tree.ref(next).hash) ?? 0)) return ['payload-refused'];
  const { executes, moves } = trialOf(scenario, engine, next);
  if (!executes) return ['engine-snap-sync', 'engine-stuck', 'payload-refused'];
  const mayCure = policy.mode === 'auto' && policy.synthetic;
  return moves || mayCure ? null : ['engine-stuck'];
}

/** Neither is on the other's chain. */
function isAside(tree: Tree, a: Index, b: Index): boolean {
  return !tree.isOnLine(a, b) && !tree.isOnLine(b, a);
}

/** The EL shows the labels of the source, or its own where they are higher, and nothing that was final is lost. */
function hasLabels(tree: Tree, { source, engine, monitor }: World): boolean {
  const { fence } = monitor.past;
  const kept = fence !== null && tree.isOnLine(fence, engine.head) ? fence : null;
  if (kept !== null && !isAtOrAbove(tree, kept, engine.finalized, engine.head)) return false;
  const stands = (label: keyof LabelPair): boolean =>
    source[label] === null || isAtOrAbove(tree, source[label], engine[label], engine.head);
  // A safe label alone cannot be sent.
  if (source.finalized === null && engine.finalized === null) return true;
  return stands('finalized') && stands('safe');
}

function isAtOrAbove(tree: Tree, wanted: Index, shown: Index | null, head: Index): boolean {
  return shown !== null && tree.isOnLine(wanted, shown) && tree.isOnLine(shown, head);
}
