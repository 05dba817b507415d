import { send } from './engine/send.js';
import type { EngineModel } from './engine/state.js';
import type { Index, Tree } from './tree.js';
import type { Scenario, World } from './world.js';

/** The highest block that both sides have. */
export function forkOf(tree: Tree, a: Index, b: Index): Index {
  let fork = a;
  while (!tree.isOnLine(fork, b)) fork = tree.parent(fork);
  return fork;
}

/**
 * Whether any way that the operator allows brings this EL to where its chain and the source's part: tried on the EL
 * itself, one way after the other, as each leaves it.
 */
export function hasWayBack(scenario: Scenario, { engine, source, state, now, monitor }: World): boolean {
  const { tree } = scenario;
  const { finalized, head } = engine;
  // What was final is so also for an EL that came back with lower labels: a copy beside it would be beside the fence (I8).
  const final = [finalized, monitor.past.fence].filter((block) => block !== null && tree.isOnLine(block, head));
  const floor = Math.max(0, ...final.map((block) => tree.height(block!)));
  const fork = forkOf(tree, head, source.head);
  const next = tree.atHeight(source.head, tree.height(fork) + 1);
  const { reset, synthetic } = scenario.policy;
  const trial = new Trial(scenario, engine);
  const isTaken = (block: Index): boolean => now >= (state.refused.get(tree.ref(block).hash) ?? 0);
  const mayInsert = next !== null && isTaken(next);
  const mayReset = reset === 'auto' || reset === 'forkchoice';
  const maySetHead = (reset === 'auto' || reset === 'sethead') && scenario.canSetHead;
  const mayCopy = synthetic && tree.height(fork) > floor && isTaken(tree.copy(fork));
  return (
    (mayInsert && trial.sibling(next)) ||
    (mayReset && trial.stepDown(fork)) ||
    (mayCopy && trial.copiedSibling(fork)) ||
    (maySetHead && trial.setHead(fork))
  );
}

/** What becomes of the next block, once an EL that takes its time is through with it. */
export function trialOf(
  scenario: Scenario,
  engine: EngineModel,
  next: Index,
): { executes: boolean; moves: boolean; cures: boolean } {
  const { tree, profile } = scenario;
  const ready = { ...engine, lazy: 0, deaf: 0, syncing: false };
  const { engine: sent, answer } = send(tree, profile, ready, { call: 'payload', block: next });
  const { engine: named } = send(tree, profile, sent, forkchoiceTo(next));
  const cures = new Trial(scenario, named).copiedSibling(next);
  return { executes: answer.status === 'VALID', moves: named.head === next, cures };
}

function forkchoiceTo(head: Index) {
  return { call: 'forkchoice', sent: { head, safe: null, finalized: null } } as const;
}

class Trial {
  readonly #scenario: Scenario;
  #engine: EngineModel;

  constructor(scenario: Scenario, engine: EngineModel) {
    this.#scenario = scenario;
    this.#engine = engine;
  }

  sibling(next: Index): boolean {
    return this.#payload(next) && this.#name(next);
  }

  stepDown(fork: Index): boolean {
    const { tree, habits } = this.#scenario;
    const top = this.#engine.head;
    if (habits.maxResetDepth === 0 || !this.#name(top)) return false;
    for (let at = tree.height(top); at > tree.height(fork);) {
      at = Math.max(tree.height(fork), at - habits.maxResetDepth);
      if (!this.#name(tree.atHeight(top, at)!)) return false;
    }
    return true;
  }

  copiedSibling(fork: Index): boolean {
    const copy = this.#scenario.tree.copy(fork);
    return this.#payload(copy) && this.#name(copy) && this.#name(fork);
  }

  setHead(fork: Index): boolean {
    const { tree, profile } = this.#scenario;
    this.#engine = send(tree, profile, this.#engine, { call: 'set-head', block: fork }).engine;
    return this.#engine.head === fork;
  }

  #payload(block: Index): boolean {
    const { tree, profile } = this.#scenario;
    const { engine, answer } = send(tree, profile, this.#engine, { call: 'payload', block });
    this.#engine = engine;
    return answer.status === 'VALID';
  }

  #name(head: Index): boolean {
    const { tree, profile } = this.#scenario;
    this.#engine = send(tree, profile, this.#engine, forkchoiceTo(head)).engine;
    return this.#engine.head === head;
  }
}
