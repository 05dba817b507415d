import type { BlockRef, Heads, Labels } from '../chain/block.js';
import { sameBlock } from '../chain/block.js';
import type { AppliedForkchoice, EngineReader } from '../engine/engine.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import { heightsOfInterest } from './labels.js';
import { LedChain } from './led-chain.js';
import { WHOLE_LOOK_EVERY_MS } from './limits.js';
import type { Outcome } from './action.js';
import type { EngineView, Observation, Seen, SourceView, State } from './state.js';

interface Look extends EngineView {
  /** When labels and eth_syncing were asked for (ms). */
  readonly wholeAtMs: number;
}

/**
 * Looks at both sides, once per turn. The source's part is the newest that its pollers brought. The EL is looked at as a
 * whole, but for a following one to which nothing happened: there its head alone is read. While that stands, so does
 * the chain below it, and the rest is as it was a few seconds ago. After a forkchoice that did what it says, what was read
 * back is the look.
 */
export class Observer {
  readonly #engine: EngineReader;
  readonly #now: () => number;
  #last: Look | null = null;
  #hangUps = 0;
  #readBack: Heads | null = null;
  readonly #led = new LedChain();

  constructor(engine: EngineReader, now: () => number) {
    this.#engine = engine;
    this.#now = now;
  }

  /** A forkchoice was sent, and this is what became of it. */
  applied({ effect, heads }: AppliedForkchoice): void {
    this.#readBack = effect === 'moved' ? heads : null;
  }

  /** `state`: as the last decision left it. */
  async observe(
    source: Seen<SourceView>,
    outcome: Outcome | null,
    state: Pick<State, 'phase' | 'remembered'>,
    signal: AbortSignal,
  ): Promise<Observation> {
    const hungUp = this.#engine.hangUps !== this.#hangUps;
    this.#hangUps = this.#engine.hangUps;
    const before = isCalm(state, outcome) && !hungUp ? this.#last : null;
    const readBack = this.#readBack;
    this.#readBack = null;
    try {
      const look = await this.#look(before, before === null ? null : readBack, signal);
      const heights = heightsOfInterest(look.heads, source.kind === 'seen' ? source.value : null, state.remembered);
      const at = await this.#blocksAt(heights, look, signal);
      requireWhole(look.heads, state.remembered, at);
      this.#last = { ...look, at, hungUp };
      return { engine: { kind: 'seen', value: this.#last }, source, outcome };
    } catch (thrown) {
      this.#last = null;
      const error = asLockstepError(thrown);
      if (error.code === 'INTERNAL' || error.code === 'ABORTED') throw error;
      return { engine: { kind: 'failed', error }, source, outcome };
    }
  }

  /** `at` of what it resolves to: the blocks that are known to be on the chain of the head. */
  async #look(before: Look | null, readBack: Heads | null, signal: AbortSignal): Promise<Omit<Look, 'hungUp'>> {
    const wholeAtMs = this.#now();
    if (before !== null && wholeAtMs - before.wholeAtMs < WHOLE_LOOK_EVERY_MS) {
      if (readBack !== null) {
        this.#led.ledTo(readBack.unsafe);
        return { ...before, heads: readBack };
      }
      if (sameBlock(await this.#engine.head(signal), before.heads.unsafe)) return before;
    }
    const [heads, syncing] = await Promise.all([this.#engine.heads(signal), this.#engine.syncing(signal)]);
    const expected = readBack ?? before?.heads;
    const isSameChain = expected !== undefined && sameBlock(heads.unsafe, expected.unsafe);
    if (!isSameChain) this.#led.forget();
    else if (readBack !== null) this.#led.ledTo(readBack.unsafe);
    return { heads, syncing, at: isSameChain && before !== null ? before.at : new Map(), wholeAtMs };
  }

  /** Asked for at once: a new head of the source waits for these answers. */
  async #blocksAt(
    heights: readonly number[],
    { heads, at }: Omit<Look, 'hungUp'>,
    signal: AbortSignal,
  ): Promise<EngineView['at']> {
    const read = async (height: number): Promise<[number, BlockRef | null]> => {
      if (height === heads.unsafe.number) return [height, heads.unsafe];
      return [height, at.get(height) ?? this.#led.at(height) ?? (await this.#engine.refAt(height, signal))];
    };
    return new Map(await Promise.all(heights.map(read)));
  }
}

/**
 * An EL without a block at the height of a label, below its own head, is on its way to another chain. What is final there
 * cannot be told, and a lower label must not take its place (I1).
 * @throws LockstepError ENGINE_SCHEMA
 */
function requireWhole({ unsafe, safe, finalized }: Heads, remembered: Labels, at: EngineView['at']): void {
  const labels = [safe, finalized, remembered.safe, remembered.finalized];
  const gap = labels.find((label) => label !== null && at.get(label.number) === null);
  if (gap === undefined || gap === null) return;
  const detail = `it has no block at ${gap.number}, the height of a label, and its head is ${unsafe.number}`;
  throw new LockstepError('ENGINE_SCHEMA', { detail, data: { number: gap.number, head: unsafe.number } });
}

/** It follows, and the last action left no doubt: where its head is what it was, it was led there or left alone. */
function isCalm({ phase }: Pick<State, 'phase'>, outcome: Outcome | null): boolean {
  if (phase.kind !== 'following' || outcome === null) return false;
  if (outcome.of === 'extend') return outcome.stop.why === 'reached';
  return outcome.of === 'wait' || (outcome.of === 'forkchoice' && outcome.effect === 'moved');
}
