import type { Engine, EngineReader } from '../engine/engine.js';
import { act, type ActDeps } from './act.js';
import type { Action, Outcome } from './action.js';
import type { State } from './state.js';

/** What the loop is to its EL. The decisions are the same for every role. */
export interface Role<E extends EngineReader> {
  /** What is remembered, as far as it holds for this role; before every decision. `now` in ms. */
  readonly recall: (state: State, now: number) => State;
  /** The height that an action leads the EL to, block by block; null where it does not. */
  readonly replaysTo: (action: Action) => number | null;
  /** Carries out one action, as `act` does. */
  readonly act: (action: Exclude<Action, { do: 'halt' }>, deps: ActDeps<E>, stop: AbortSignal) => Promise<Outcome>;
}

/** The one consensus client of its EL. */
export const DRIVER: Role<Engine> = {
  recall: (state) => state,
  replaysTo: (action) => (action.do === 'extend' ? action.to.number : null),
  act,
};
