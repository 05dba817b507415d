import type { BlockRef, Heads, Labels } from '../chain/block.js';
import { sameBlock } from '../chain/block.js';
import type { AppliedForkchoice, EngineReader } from '../engine/engine.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import { heightsOfInterest } from './labels.js';
import { LedChain } from './led-chain.js';
import { LED_HEAD_STANDS_MS, WHOLE_LOOK_BEHIND_BLOCK_MS, WHOLE_LOOK_EVERY_MS } from './limits.js';
import type { Outcome } from './action.js';
import type { EngineView, Observation, Seen, SourceView, State } from './state.js';

interface Look extends EngineView {
  /** When labels and eth_syncing were asked for (ms). */
  readonly wholeAtMs: number;
  /** When a forkchoice led it to its head, and would have found it elsewhere than at the block before (ms); null: it was looked at. */
  readonly ledAtMs: number | null;
}

/** What a look brings; the rest is told by actions. */
type Looked = Omit<Look, 'hungUp' | 'foreignMove'>;

/** What was read back after a forkchoice, and whether nobody else had moved the EL before it. */
interface Led {
  readonly heads: Heads;
  readonly alone: boolean;
}

/**
 * Looks at both sides, once per turn. The source's part is the newest that its pollers brought. The EL is looked at as a
 * whole, but for a following one to which nothing happened: there its head alone is read. While that stands, so does
 * the chain below it, and the rest is as it was a few seconds ago. After a forkchoice that did what it says, what was read
 * back is the look, and where the forkchoice tells whether others lead the EL too, for the next block as well.
 */
export class Observer {
  readonly #engine: EngineReader;
  readonly #now: () => number;
  #last: Look | null = null;
  #hangUps = 0;
  #readBack: Heads | null = null;
  /** Of the forkchoices since the look before. */
  #foreignMove: boolean | null = null;
  readonly #led = new LedChain();

  constructor(engine: EngineReader, now: () => number) {
    this.#engine = engine;
    this.#now = now;
  }

  /** A forkchoice was sent, and this is what became of it. */
  applied({ effect, heads, foreignMove }: AppliedForkchoice): void {
    this.#readBack = effect === 'moved' ? heads : null;
    this.#foreignMove = this.#foreignMove === true ? true : foreignMove;
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
    const foreignMove = this.#foreignMove;
    this.#foreignMove = null;
    const led = readBack === null ? null : { heads: readBack, alone: foreignMove === false };
    try {
      const look = await this.#look(before, before === null ? null : led, signal);
      const heights = heightsOfInterest(look.heads, source.kind === 'seen' ? source.value : null, state.remembered);
      const at = await this.#blocksAt(heights, look, signal);
      requireWhole(look.heads, state.remembered, at);
      this.#last = { ...look, at, hungUp, foreignMove: foreignMove === true };
      return { engine: { kind: 'seen', value: this.#last }, source, outcome };
    } catch (thrown) {
      this.#last = null;
      const error = asLockstepError(thrown);
      if (error.code === 'INTERNAL' || error.code === 'ABORTED') throw error;
      return { engine: { kind: 'failed', error }, source, outcome };
    }
  }

  /** `at` of what it resolves to: the blocks that are known to be on the chain of the head. */
  async #look(before: Look | null, led: Led | null, signal: AbortSignal): Promise<Looked> {
    const now = this.#now();
    const wholeEveryMs = led === null ? WHOLE_LOOK_EVERY_MS : WHOLE_LOOK_BEHIND_BLOCK_MS;
    if (before !== null && now - before.wholeAtMs < wholeEveryMs) {
      if (led !== null) return { ...before, heads: led.heads, ledAtMs: this.#follow(led, before, now) };
      if (before.ledAtMs !== null && now - before.ledAtMs < LED_HEAD_STANDS_MS) return before;
      if (sameBlock(await this.#engine.head(signal), before.heads.unsafe)) return before;
    }
    const [heads, syncing] = await Promise.all([this.#engine.heads(signal), this.#engine.syncing(signal)]);
    const expected = led?.heads ?? before?.heads;
    if (before === null || expected === undefined || !sameBlock(heads.unsafe, expected.unsafe)) {
      this.#led.forget();
      return { heads, syncing, at: new Map(), wholeAtMs: now, ledAtMs: null };
    }
    const ledAtMs = led === null ? null : this.#follow(led, before, now);
    return { heads, syncing, at: before.at, wholeAtMs: now, ledAtMs };
  }

  /** Since when the EL is taken to stand where it is. */
  #follow({ heads, alone }: Led, before: Look, now: number): number | null {
    this.#led.ledTo(heads.unsafe);
    if (alone) return now;
    return sameBlock(heads.unsafe, before.heads.unsafe) ? before.ledAtMs : null;
  }

  /** Asked for at once: a new head of the source waits for these answers. */
  async #blocksAt(heights: readonly number[], { heads, at }: Looked, signal: AbortSignal): Promise<EngineView['at']> {
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
