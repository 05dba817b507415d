import { decide } from '../../src/follow/decide.js';
import { promote } from '../../src/follow/labels.js';
import type { Action, Outcome } from '../../src/follow/action.js';
import type { Observation, State, Tick } from '../../src/follow/state.js';
import type { Divergence } from '../../src/recovery/plan.js';
import type { Core } from '../follow/model/turn.js';

/** The decision core with one mistake in it, and the invariants that this mistake breaks. */
export interface Mutant {
  /** The bug of a predecessor that it brings back: an id of reliability section 1; null: a bug of nobody yet. */
  readonly id: string | null;
  readonly name: string;
  /** The small world in which it shows. */
  readonly scenario: string;
  readonly breaks: readonly string[];
  readonly core: Core;
}

export type Decision = ReturnType<typeof decide>;

/** Decides right, and then does something else. */
export function acting(change: (decided: Decision, seen: Observation, before: State) => Decision): Core {
  return {
    promote,
    decide: (before: State, seen: Observation, tick: Tick) => change(decide(before, seen, tick), seen, before),
  };
}

/** Decides right, from a state that it remembers wrongly. */
export function remembering(change: (state: State, now: number) => State): Core {
  return { promote, decide: (before, seen, tick) => decide(change(before, tick.now), seen, tick) };
}

/** Decides right, from what it sees wrongly. */
export function seeing(change: (seen: Observation) => Observation): Core {
  return { promote, decide: (before, seen, tick) => decide(before, change(seen), tick) };
}

/** Decides right, from an outcome that it reads wrongly. */
export function reading(change: (outcome: Outcome) => Outcome): Core {
  return seeing((seen) => ({ ...seen, outcome: seen.outcome === null ? null : change(seen.outcome) }));
}

export function promoting(change: Core['promote']): Core {
  return { decide, promote: change };
}

export function instead(decided: Decision, action: Action): Decision {
  return { ...decided, action };
}

export function heldFor({ state }: Decision, kind: string): boolean {
  return state.phase.kind === 'holding' && state.phase.reason.kind === kind;
}

/** A plan that minds nothing that is final. */
export function planFor(decided: Decision, { engine, source }: Observation, divergence: Divergence): Decision {
  if (engine.kind !== 'seen' || source.kind !== 'seen') return decided;
  const { unsafe: engineHead } = engine.value.heads;
  const target = source.value.head;
  return instead(decided, {
    do: 'plan',
    id: 1,
    divergence,
    engineHead,
    target,
    floor: null,
    fence: null,
    maySync: false,
    pausedUntil: null,
    maxDepth: 100,
  });
}

/** For a second decision in the same turn: no pause of the state has begun by this time. */
export const SECOND_TICK: Tick = { now: Number.MAX_SAFE_INTEGER, random: 0 };
