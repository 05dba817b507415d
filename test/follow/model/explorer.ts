import { LockstepError } from '../../../src/util/errors.js';
import { forEveryChoice } from './choices.js';
import { worldKey } from './key.js';
import { Violation } from './violation.js';
import { Turn, type Core } from './turn.js';
import { Liveness } from './liveness.js';
import { eventsBefore, type WorldEvent } from './events.js';
import { type Budget, firstWorld, type Scenario, type World } from './world.js';

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** The most turns that it took from any world to its end, nothing going wrong. */
  readonly turnsToEnd: number;
  /** Every reachable state was visited, not only the nearest ones. */
  readonly complete: boolean;
  readonly violation: FoundViolation | null;
}

export interface FoundViolation {
  readonly invariant: string;
  /** What happened, turn by turn, and at the end what is wrong with it. */
  readonly trace: readonly string[];
}

/** How a world was reached: from the world at place `from`. */
interface Visit {
  readonly from: number;
  readonly what: string;
}

export interface Limits {
  readonly budget: Budget;
  readonly maxStates: number;
}

/** Visits the worlds that can be reached, nearest first, until `maxStates` or a violation. */
export function explore(scenario: Scenario, core: Core, limits: Limits): Exploration {
  // Faults are errors, by the hundred thousand: where each was made costs an eighth of the time and is never read.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new Explorer(scenario, core, limits).run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class Explorer {
  readonly #scenario: Scenario;
  readonly #core: Core;
  readonly #limits: Limits;
  readonly #liveness: Liveness;
  readonly #known = new Set<string>();
  readonly #visits: Visit[] = [];
  /** An expanded world leaves a hole, so that its memory is free. */
  readonly #queue: (World | null)[] = [];
  #transitions = 0;
  /** What is being tried at the moment. */
  #from = -1;
  #event = 'start';
  #turn: Turn | null = null;

  constructor(scenario: Scenario, core: Core, limits: Limits) {
    this.#scenario = scenario;
    this.#core = core;
    this.#limits = limits;
    this.#liveness = new Liveness(scenario, core);
  }

  run(): Exploration {
    const violation = this.#violation();
    const complete = violation === null && !this.#isFull;
    return {
      states: this.#known.size,
      transitions: this.#transitions,
      turnsToEnd: this.#liveness.longest,
      complete,
      violation,
    };
  }

  #violation(): FoundViolation | null {
    try {
      this.#add(firstWorld(this.#scenario, this.#limits.budget));
      for (this.#from = 0; this.#from < this.#queue.length && !this.#isFull; this.#from += 1) {
        const world = this.#queue[this.#from]!;
        this.#queue[this.#from] = null;
        for (const event of eventsBefore(this.#scenario, world)) this.#expand(event);
      }
      return null;
    } catch (thrown) {
      const violation = asViolation(thrown);
      return { invariant: violation.invariant, trace: [...this.#trace(), this.#what(), violation.message] };
    }
  }

  #expand({ name, next }: WorldEvent): void {
    this.#event = name;
    const turn = new Turn(this.#scenario, next, this.#core);
    this.#turn = turn;
    turn.decide();
    forEveryChoice((choices) => {
      const after = turn.act(choices);
      if (after !== null) this.#add(after);
    });
  }

  #add(world: World): void {
    this.#transitions += 1;
    const key = worldKey(world);
    if (this.#known.has(key) || this.#isFull) return;
    this.#known.add(key);
    this.#visits.push({ from: this.#from, what: this.#what() });
    this.#queue.push(world);
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

/** A fail-stop of the core itself (I24) is a violation like those that the checks find. */
function asViolation(thrown: unknown): Violation {
  if (thrown instanceof Violation) return thrown;
  if (thrown instanceof LockstepError) return new Violation('I24', thrown.message);
  throw thrown;
}
