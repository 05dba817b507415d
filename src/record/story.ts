import type { Outcome } from '../follow/action.js';
import type { RecordHeader } from './lines.js';
import type { NumberedLine } from './read-record.js';
import { Replay, type ReplayedTurn } from './replay.js';
import { UnreadableValue } from './values.js';

/** A turn with what became of its action; null where that was not recorded any more. */
export interface ToldTurn {
  /** In the file. */
  readonly line: number;
  readonly turn: ReplayedTurn;
  readonly outcome: Outcome | null;
}

export type StoryPart =
  | { readonly kind: 'run'; readonly header: RecordHeader }
  | { readonly kind: 'turn'; readonly told: ToldTurn }
  /** Turns that are not in the record. */
  | { readonly kind: 'gap'; readonly turns: number }
  | { readonly kind: 'end'; readonly error: string | null }
  /** A line was cut: the process was killed, or the disk was full. */
  | { readonly kind: 'cut'; readonly line: number };

/**
 * Replays a record part by part. What an action came to is told by the turn after it.
 * @throws UnreadableLine for a line that no lockstep wrote
 */
export async function* storyOf(lines: AsyncIterable<NumberedLine>): AsyncGenerator<StoryPart> {
  const replay = new Replay();
  let run: string | null = null;
  let open: Omit<ToldTurn, 'outcome'> | null = null;
  const close = (outcome: Outcome | null): StoryPart[] => {
    const parts: StoryPart[] = open === null ? [] : [{ kind: 'turn', told: { ...open, outcome } }];
    open = null;
    return parts;
  };
  for await (const { number, line } of lines) {
    switch (line.kind) {
      case 'turn': {
        const turn = atLine(number, () => replay.turn(line.turn));
        yield* close(turn.observation.outcome);
        open = { line: number, turn };
        break;
      }
      case 'header':
        // The same run goes on after a gap, and in the next file.
        yield* close(null);
        replay.forget();
        if (line.header.run !== run) yield { kind: 'run', header: line.header };
        run = line.header.run;
        break;
      case 'gap':
        yield { kind: 'gap', turns: line.turns };
        break;
      case 'end':
        yield* close(null);
        yield { kind: 'end', error: line.error };
        break;
      case 'cut':
        yield* close(null);
        yield { kind: 'cut', line: number };
        break;
    }
  }
  yield* close(null);
}

/** A line that can be read and makes no sense. */
export class UnreadableLine extends Error {
  constructor(
    readonly line: number,
    detail: string,
  ) {
    super(detail);
  }
}

function atLine<T>(line: number, replay: () => T): T {
  try {
    return replay();
  } catch (thrown) {
    if (thrown instanceof UnreadableValue) throw new UnreadableLine(line, thrown.message);
    throw thrown;
  }
}
