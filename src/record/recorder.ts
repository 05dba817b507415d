import type { State, Tick, Turn } from '../follow/state.js';
import type { LockstepError } from '../util/errors.js';
import { headerText, MAX_LINE_BYTES, type RecordHeader } from './lines.js';
import { toldAction } from './told-action.js';
import { ValueWriter } from './values.js';

/** Takes lines without making anybody wait. */
export interface LineSink {
  /** False where the text is dropped; `turns` are missing in the file where it is lost later. */
  push(text: string, turns: number): boolean;
  /** Turns that are missing because of what was taken and did not reach the file, since the last call. */
  takeLost(): number;
  /** Whether so many more bytes belong into the next file. */
  isOver(bytes: number): boolean;
  /** What is pushed from now on goes into a new file. */
  rotate(): void;
}

interface RecorderParts {
  readonly header: RecordHeader;
  readonly sink: LineSink;
  /** No line may be longer. */
  readonly maxLineBytes: number;
  /** The time of day in ms since 1970. */
  readonly wallNow: () => number;
}

/** The whole state is written so often: it bounds what a reader has to keep, and shows whether a replay is on track. */
const WHOLE_EVERY_TURNS = 256;

/** After a turn that was too long to be kept. Its state is as long, so the next ones would be in vain as well. */
const REST_TURNS = 64;

/** Writes what every decision was given, and what it came to. Never throws. */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #values = new ValueWriter();
  /** The state as the decision left it that was written last; null: a reader does not know it. */
  #last: State | null = null;
  #sinceWhole = 0;
  #missed = 0;
  #resting = 0;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  decided(turn: Turn, tick: Tick): void {
    const { sink } = this.#parts;
    const lost = sink.takeLost();
    if (lost > 0) this.#miss(lost);
    if (this.#resting > 0) {
      this.#resting -= 1;
      this.#miss(1);
      return;
    }
    try {
      this.#write(turn, tick);
    } catch {
      // Nothing of a turn is worth the end of the following; that it is missing shows.
      this.#miss(1);
    }
  }

  /** The run is over; `error` is what it ended with. */
  end(error: LockstepError | null): void {
    if (this.#last !== null) this.#parts.sink.push(`${JSON.stringify({ end: error?.code ?? null })}\n`, 0);
  }

  #write(turn: Turn, tick: Tick): void {
    const { sink, maxLineBytes } = this.#parts;
    let text = this.#textOf(turn, tick);
    if (sink.isOver(text.length)) {
      sink.rotate();
      this.#last = null;
      text = this.#textOf(turn, tick);
    }
    if (text.length > Math.min(maxLineBytes, MAX_LINE_BYTES)) {
      this.#resting = REST_TURNS;
      this.#miss(1);
    } else if (sink.push(text, 1 + this.#missed)) {
      this.#last = turn.state;
      this.#missed = 0;
    } else this.#miss(1);
  }

  #miss(turns: number): void {
    this.#missed += turns;
    this.#last = null;
  }

  /** All of it is ASCII but for what an operator named so. */
  #textOf({ before, observation, action }: Turn, { now, random }: Tick): string {
    const values = this.#values;
    const isAnchor = this.#last === null;
    const isWhole = isAnchor || this.#sinceWhole >= WHOLE_EVERY_TURNS;
    this.#sinceWhole = isWhole ? 1 : this.#sinceWhole + 1;
    if (isWhole) values.reset();
    const patch = this.#last === null ? null : patchOf(this.#last, before);
    const line = {
      now,
      random,
      ...(patch === null ? {} : { patch: values.write(patch) }),
      ...(isWhole ? { wall: this.#parts.wallNow(), state: values.write(before) } : {}),
      observation: values.write(observation),
      action: values.write(toldAction(action)),
    };
    const blocks = values.takeFresh();
    const text = `${JSON.stringify(blocks.length === 0 ? line : { ...line, blocks })}\n`;
    return isAnchor ? `${this.#anchor()}${text}` : text;
  }

  #anchor(): string {
    const gap = this.#missed === 0 ? '' : `${JSON.stringify({ gap: this.#missed })}\n`;
    return headerText(this.#parts.header) + gap;
  }
}

/** The fields that were changed between two decisions; null without any. */
function patchOf(last: State, before: State): Partial<State> | null {
  if (last === before) return null;
  const changed = Object.entries(before).filter(([key, value]) => Reflect.get(last, key) !== value);
  return changed.length === 0 ? null : Object.fromEntries(changed);
}
