import { fetched } from './engine/peers.js';
import { afterRemoval } from './engine/removal.js';
import { restarted } from './engine/restart.js';
import { applyLate } from './engine/send.js';
import type { EngineModel } from './engine/state.js';
import { healthyKey } from './key.js';
import { Choices } from './choices.js';
import { Violation } from './violation.js';
import type { LabelPair } from './source-model.js';
import { polls } from './source-model.js';
import type { Index, Tree } from './tree.js';
import { Turn, type Core, type Decision } from './turn.js';
import { forkOf, hasWayBack, trialOf } from './ways-back.js';
import type { Scenario, World } from './world.js';

/** With nothing going wrong any more, the end is reached in so many turns at most. */
const MAX_TURNS = 120;
/** So many of them are told of. */
const MAX_TOLD = 12;

/**
 * What should be reached is reached once both sides are well (L1, L2, L3).
 * @throws Violation that tells the last turns before it
 */
export function comeToRest(scenario: Scenario, core: Core, world: World): void {
  if (world.state.phase.kind === 'halted') return;
  const run = new HealthyRun(scenario, core, world);
  run.toEnd(() => null);
}

/** Is shown every world in which nothing goes wrong any more, and what is decided there. */
export type See = (world: World, decision: Decision) => void;

/** The same from every world of an exploration. */
export class Liveness {
  readonly #scenario: Scenario;
  readonly #core: Core;
  /** Turns to the end from worlds that were followed already. */
  readonly #turnsFrom = new Map<string, number>();
  readonly #see: See | null;
  longest = 0;

  constructor(scenario: Scenario, core: Core, see: See | null) {
    this.#scenario = scenario;
    this.#core = core;
    this.#see = see;
  }

  /** @throws Violation that tells the last turns before it */
  check(world: World): void {
    if (world.state.phase.kind === 'halted') return;
    const path: string[] = [];
    const run = new HealthyRun(this.#scenario, this.#core, world, this.#see);
    let left = run.toEnd((now) => {
      const key = healthyKey(now);
      const known = this.#turnsFrom.get(key);
      if (known === undefined) path.push(key);
      return known ?? null;
    });
    if (left === null) return;
    for (const key of path.reverse()) this.#turnsFrom.set(key, (left += 1));
    this.longest = Math.max(this.longest, left);
    if (left > MAX_TURNS) throw run.violation(`the end is ${left} turns away`);
  }
}

/** The turns of a world in which nothing goes wrong any more. */
class HealthyRun {
  readonly #scenario: Scenario;
  readonly #core: Core;
  readonly #turns: Turn[] = [];
  readonly #see: See | null;
  #world: World;

  constructor(scenario: Scenario, core: Core, world: World, see: See | null = null) {
    this.#scenario = scenario;
    this.#core = core;
    this.#see = see;
    this.#world = healed(scenario, world);
  }

  /**
   * The number of turns that are left where it stops: at the end, or where `known` tells of a world. Null where the loop
   * ends with the first turn: what happened before may have been the last straw.
   */
  toEnd(known: (world: World) => number | null): number | null {
    while (!isAtEnd(this.#scenario, this.#world)) {
      const left = known(this.#world);
      if (left !== null) return left;
      const turn = new Turn(this.#scenario, this.#world, this.#core);
      this.#turns.push(turn);
      if (this.#turns.length > MAX_TURNS) throw this.violation(`no end in ${MAX_TURNS} turns`);
      this.#see?.(this.#world, turn.decide());
      const next = this.#act(turn);
      if (next === null && this.#turns.length > 1) throw this.violation('the loop ends although both sides are well');
      if (next === null) return null;
      this.#world = polled({ ...next, engine: goneOn(this.#scenario, next.engine) });
    }
    this.#see?.(this.#world, new Turn(this.#scenario, this.#world, this.#core).decide());
    return 0;
  }

  violation(what: string, invariant = 'L1'): Violation {
    const turns = this.#turns.slice(-MAX_TOLD).map((turn) => turn.describe());
    return new Violation(invariant, `${what}, after nothing more went wrong: ${turns.join(' / ')}`);
  }

  #act(turn: Turn): World | null {
    try {
      return turn.act(new Choices([]));
    } catch (thrown) {
      if (!(thrown instanceof Violation)) throw thrown;
      throw this.violation(thrown.what, thrown.invariant);
    }
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
  return fetched(tree, afterRemoval(profile, up)[0]);
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
    return refusals(world).includes(held ?? '') && stands;
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
  if (hasWayBack(scenario, world)) return null;
  // A way may be missing for the very block that the EL refuses.
  const refuses = engine.invalid !== null && tree.isOnLine(engine.invalid, source.head);
  return refuses ? ['recovery-failed', ...refusals(world)] : ['recovery-failed'];
}

/** An EL that was given a copy may be the one to blame: it is told to be restarted. */
function refusals({ state: { session } }: World): readonly string[] {
  return session.spoiledAbove === null ? ['payload-refused'] : ['payload-refused', 'engine-unfit'];
}

/** An EL that does not execute, or may not be cured, stays where it is. */
function whileBehind(scenario: Scenario, world: World): readonly string[] | null {
  const { source, engine, state, now } = world;
  const { tree, policy } = scenario;
  const next = tree.atHeight(source.head, tree.height(engine.head) + 1);
  if (next === null || next === engine.invalid) return null;
  const { executes, moves, cures } = trialOf(scenario, engine, next);
  // One that lacks the state of its own head says so in several ways; besu calls the next block INVALID for it.
  if (!executes) return ['engine-snap-sync', 'engine-stuck', 'engine-unfit', ...refusals(world)];
  // What this EL refused in this session is not sent again for ten minutes (reliability E6).
  if (now < (state.refused.get(tree.ref(next).hash) ?? 0)) return refusals(world);
  const mayCure = policy.mode === 'auto' && policy.synthetic && cures;
  return moves || mayCure ? null : ['engine-stuck', 'engine-unfit'];
}

/** Neither is on the other's chain. */
function isAside(tree: Tree, a: Index, b: Index): boolean {
  return !tree.isOnLine(a, b) && !tree.isOnLine(b, a);
}

/** The EL shows the labels of the source, or its own where they are higher, and nothing that was final is lost. */
function hasLabels(tree: Tree, { source, engine, monitor }: World): boolean {
  // No forkchoice names genesis, and a safe label alone cannot be sent.
  if (engine.head === 0) return true;
  const { fence } = monitor.past;
  const onChain = (block: Index | null): Index | null =>
    block !== null && tree.isOnLine(block, engine.head) ? block : null;
  const kept = onChain(fence);
  if (kept !== null && !isAtOrAbove(tree, kept, engine.finalized, engine.head)) return false;
  const stands = (label: keyof LabelPair): boolean =>
    source[label] === null || isAtOrAbove(tree, source[label], engine[label], engine.head);
  // What it shows above its head after a crash (reliability E3) cannot be sent either.
  if (source.finalized === null && onChain(engine.finalized) === null) return true;
  return stands('finalized') && stands('safe');
}

function isAtOrAbove(tree: Tree, wanted: Index, shown: Index | null, head: Index): boolean {
  return shown !== null && tree.isOnLine(wanted, shown) && tree.isOnLine(shown, head);
}
