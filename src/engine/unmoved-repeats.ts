import type { Heads } from '../chain/block.js';
import type { Forkchoice } from '../chain/forkchoice.js';
import type { Hash } from '../util/hex.js';
import type { AppliedForkchoice, EngineProfile } from './engine.js';

/**
 * The pauses before a VALID forkchoice that moved nothing is sent again: as many as the profile of the EL finds worth it,
 * until the EL proves the profile wrong by moving there after all.
 */
export class UnmovedRepeats {
  readonly #all: readonly number[];
  readonly #onSurprise: ((detail: string) => void) | undefined;
  #delaysMs: readonly number[];
  #kind: EngineProfile['kind'] = 'unknown';
  /** The head that the EL was given up on with repeats left, or null. */
  #givenUp: Hash | null = null;

  constructor(all: readonly number[], onSurprise?: (detail: string) => void) {
    this.#all = all;
    this.#delaysMs = all;
    this.#onSurprise = onSurprise;
  }

  get delaysMs(): readonly number[] {
    return this.#delaysMs;
  }

  /** What was learnt of the EL before is forgotten: another one may have taken its place. */
  allow({ kind, maxUnmovedRepeats }: EngineProfile): void {
    this.#delaysMs = this.#all.slice(0, maxUnmovedRepeats);
    this.#kind = kind;
    this.#givenUp = null;
  }

  applied({ head }: Forkchoice, { effect, answer, heads }: AppliedForkchoice): void {
    if (heads !== null) this.seen(heads);
    const stayed = effect === 'unmoved' || effect === 'labels-only';
    const cutShort = this.#delaysMs.length < this.#all.length;
    this.#givenUp = stayed && answer.status === 'VALID' && cutShort ? head.hash : null;
  }

  /** The EL stands at the block after all: it moves late, whatever its kind is known for. */
  seen({ unsafe }: Heads): void {
    if (this.#givenUp === null || unsafe.hash !== this.#givenUp) return;
    this.#givenUp = null;
    this.#delaysMs = this.#all;
    this.#onSurprise?.(`it took block ${unsafe.number} for its head late, which no ${this.#kind} was seen to do`);
  }
}
