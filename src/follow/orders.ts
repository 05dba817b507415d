import type { State } from './state.js';

/** What an operator wants of the running loop. Each takes effect with the next turn, which begins at once or ends a replay first. */
export class Orders {
  #paused = false;
  /** As the last turn was told. */
  #isPaused = false;
  #rechecks = 0;
  #onOrder: () => void = () => undefined;

  /** Nothing is written to the EL any more. */
  pause(): void {
    this.#paused = true;
    this.#onOrder();
  }

  /** Both sides are identified and compared before the next write: much may have happened meanwhile. */
  resume(): void {
    if (this.#paused) this.#rechecks += 1;
    this.#paused = false;
    this.#onOrder();
  }

  /** Both sides are identified and compared anew. */
  recheck(): void {
    this.#rechecks += 1;
    this.#onOrder();
  }

  /** `wake` is called with each order. */
  listen(wake: () => void): void {
    this.#onOrder = wake;
  }

  /** There is one that no turn was told of yet. */
  get waiting(): boolean {
    return this.#rechecks > 0 || this.#paused !== this.#isPaused;
  }

  /** The state with what was ordered since the last turn. */
  applyTo(state: State): State {
    const paused = this.#paused;
    this.#isPaused = paused;
    if (this.#rechecks === 0) return state.paused === paused ? state : { ...state, paused };
    this.#rechecks = 0;
    const session = { ...state.session, identified: false, compared: false };
    return { ...state, paused, session, sourceIdentified: false };
  }
}
