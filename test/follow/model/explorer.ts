import { forEveryChoice } from './choices.js';
import { eventsBefore, type WorldEvent } from './events.js';
import { worldKey } from './key.js';
import { Liveness, type See } from './liveness.js';
import { Turn, type Core } from './turn.js';
import { asViolation, withoutStacks } from './violation.js';
import { firstWorld, type Budget, type Scenario, type World } from './world.js';

export interface Exploration {
  readonly states: number;
  /** Every world is among them in which at most so many things went wrong before; -1: not even all in which nothing did. */
  readonly depth: number;
  /** The most turns that it took from any world to its end, nothing going wrong. */
  readonly turnsToEnd: number;
  /** Every reachable state was visited, not only the nearest ones. */
  readonly complete: boolean;
  readonly violation: FoundViolation | null;
}

interface FoundViolation {
  readonly invariant: string;
  /** What happened, turn by turn, and at the end what is wrong with it. */
  readonly trace: readonly string[];
}

/** How a world was reached: from the world at place `from`. */
interface Visit {
  readonly from: number;
  readonly what: string;
}

interface Waiting {
  readonly place: number;
  readonly world: World;
}

export interface Limits {
  readonly budget: Budget;
  readonly maxStates: number;
}

/** Visits the worlds that can be reached, those first in which the fewest things went wrong, until `maxStates` or a violation. */
export function explore(scenario: Scenario, core: Core, limits: Limits, see: See | null = null): Exploration {
  return withoutStacks(() => new Explorer(scenario, core, limits, see).run());
}

class Explorer {
  readonly #scenario: Scenario;
  readonly #core: Core;
  readonly #limits: Limits;
  readonly #liveness: Liveness;
  readonly #known = new Set<string>();
  readonly #visits: Visit[] = [];
  /** The worlds that are not expanded yet, by the number of things that went wrong before them. */
  readonly #waiting: (Waiting | null)[][] = [[]];
  #done = -1;
  /** What is being tried at the moment, and how many things went wrong by then. */
  #from = -1;
  #event = 'start';
  #turn: Turn | null = null;

  constructor(scenario: Scenario, core: Core, limits: Limits, see: See | null) {
    this.#scenario = scenario;
    this.#core = core;
    this.#limits = limits;
    this.#liveness = new Liveness(scenario, core, see);
  }

  run(): Exploration {
    const violation = this.#violation();
    const complete = violation === null && !this.#isFull;
    return {
      states: this.#known.size,
      depth: this.#done,
      turnsToEnd: this.#liveness.longest,
      complete,
      violation,
    };
  }

  #violation(): FoundViolation | null {
    try {
      this.#add(firstWorld(this.#scenario, this.#limits.budget), 0);
      for (let depth = 0; depth < this.#waiting.length && !this.#isFull; depth += 1) this.#expandAll(depth);
      return null;
    } catch (thrown) {
      const violation = asViolation(thrown);
      return { invariant: violation.invariant, trace: [...this.#trace(), this.#what(), violation.message] };
    }
  }

  /** Worlds are added while it runs: those that follow without anything else going wrong. */
  #expandAll(depth: number): void {
    const waiting = this.#waiting[depth]!;
    for (let at = 0; at < waiting.length && !this.#isFull; at += 1) {
      const { place, world } = waiting[at]!;
      // An expanded world leaves a hole, so that its memory is free.
      waiting[at] = null;
      this.#from = place;
      for (const event of eventsBefore(this.#scenario, world)) this.#expand(event, depth);
    }
    if (!this.#isFull) this.#done = depth;
  }

  #expand({ name, next }: WorldEvent, depth: number): void {
    this.#event = name;
    const turn = new Turn(this.#scenario, next, this.#core);
    this.#turn = turn;
    turn.decide();
    forEveryChoice((choices) => {
      const after = turn.act(choices);
      const wrong = choices.taken.filter(({ option }) => option > 0).length + (name === '' ? 0 : 1);
      if (after !== null) this.#add(after, depth + wrong);
    });
  }

  #add(world: World, depth: number): void {
    const key = worldKey(world);
    if (this.#known.has(key) || this.#isFull) return;
    this.#known.add(key);
    const place = this.#visits.push({ from: this.#from, what: this.#what() }) - 1;
    while (this.#waiting.length <= depth) this.#waiting.push([]);
    this.#waiting[depth]!.push({ place, world });
    this.#liveness.check(world);
  }

  get #isFull(): boolean {
    return this.#known.size >= this.#limits.maxStates;
  }

  #what(): string {
    const turn = this.#turn?.describe() ?? '';
    return this.#event === '' ? turn : `[${this.#event}] ${turn}`;
  }

  #trace(): string[] {
    const trace: string[] = [];
    for (let at = this.#from; at > 0; at = this.#visits[at]!.from) trace.unshift(this.#visits[at]!.what);
    return trace;
  }
}
