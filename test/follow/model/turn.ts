import type { decide } from '../../../src/follow/decide.js';
import type { promote } from '../../../src/follow/labels.js';
import type { Outcome } from '../../../src/follow/action.js';
import type { Observation } from '../../../src/follow/state.js';
import { actInModel } from './act-model.js';
import { Hands } from './carry-out.js';
import type { Choices } from './choices.js';
import { observe, type Scenario, type World } from './world.js';

/** The decisions under test. */
export interface Core {
  readonly decide: typeof decide;
  readonly promote: typeof promote;
}

export type Decision = ReturnType<Core['decide']>;

/** How long it takes to look at both sides. */
const OBSERVE_MS = 5;

/** One turn of the loop in a small world: observe, decide, act. */
export class Turn {
  readonly #scenario: Scenario;
  readonly #core: Core;
  readonly #world: World;
  readonly #observation: Observation;
  #decision: Decision | null = null;
  #hands: Hands | null = null;

  constructor(scenario: Scenario, world: World, core: Core) {
    this.#scenario = scenario;
    this.#core = core;
    this.#observation = observe(scenario.tree, world);
    this.#world = {
      ...world,
      now: world.now + OBSERVE_MS,
      monitor: world.monitor.observed(this.#observation, world.now + OBSERVE_MS),
    };
  }

  decide(): Decision {
    const tick = { now: this.#world.now, random: 0 };
    this.#decision ??= this.#core.decide(this.#world.state, this.#observation, tick);
    return this.#decision;
  }

  /** The world after the action; null when the loop has ended. Can be asked for every way that things can go. */
  act(choices: Choices): World | null {
    const { action } = this.decide();
    if (action.do === 'halt') return null;
    const hands = this.hands(choices);
    return this.after(hands, actInModel(action, hands));
  }

  /** The world that a halt leaves: the loop has ended, and remembers what it decided on. */
  halted(): World {
    return { ...this.#world, hung: false, state: this.decide().state };
  }

  /** What carries the action out, unless it is a halt. */
  hands(choices: Choices, soundSource = false): Hands {
    const world = this.#world;
    const { state, action } = this.decide();
    const monitor = world.monitor.decided(state, this.#observation, action, world.now);
    const { engine } = this.#observation;
    const shown = engine.kind === 'seen' ? engine.value : null;
    const turn = { choices, state, action, shown, core: this.#core };
    this.#hands = new Hands(this.#scenario, { ...world, monitor }, turn, soundSource);
    return this.#hands;
  }

  /** The world after the action came to `outcome`. */
  after(hands: Hands, outcome: Outcome): World {
    const { state, action } = this.decide();
    return {
      source: this.#world.source,
      engine: hands.engine,
      hung: false,
      state,
      outcome,
      now: hands.now,
      budget: { ...this.#world.budget, faults: hands.faults },
      monitor: hands.monitor.ended(action, outcome, hands.now, hands.engine),
    };
  }

  /** What was decided, and what went wrong the last time it was carried out. */
  describe(): string {
    if (this.#decision === null) return 'nothing is decided';
    const { action, state } = this.#decision;
    const why = 'why' in action ? ` to ${action.why}` : 'rung' in action ? ` by ${action.rung}` : '';
    const reason = state.phase.kind === 'holding' ? ` (${state.phase.reason.kind})` : '';
    return [`${state.phase.kind}${reason}: ${action.do}${why}`, ...(this.#hands?.happened ?? [])].join(', ');
  }
}
