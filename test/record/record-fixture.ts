import type { State, Tick, Turn } from '../../src/follow/state.js';
import { type RecordHeader, readLine } from '../../src/record/lines.js';
import type { NumberedLine } from '../../src/record/read-record.js';
import { Recorder, type LineSink } from '../../src/record/recorder.js';
import { storyOf, type StoryPart } from '../../src/record/story.js';
import { ZERO_HASH } from '../../src/util/hex.js';
import { decide } from '../../src/follow/decide.js';
import type { Observation } from '../../src/follow/state.js';

export const HEADER: RecordHeader = {
  run: 'run-1',
  version: '0.1.0',
  node: 'v20.19.0',
  startedAt: 1_700_000_000_000,
  chainId: 901,
  genesis: ZERO_HASH,
  engine: 'geth',
  dryRun: false,
  settings: {},
};

export function recorderInto(sink: LineSink, maxLineBytes = 1e9): Recorder {
  return new Recorder({ header: HEADER, sink, maxLineBytes, wallNow: () => HEADER.startedAt });
}

/** `decide`, with what it was given and came to recorded. */
export function recordingDecide(recorder: Recorder, decides: typeof decide = decide): typeof decide {
  return (before: State, observation: Observation, tick: Tick) => {
    const decision = decides(before, observation, tick);
    const turn: Turn = { before, observation, ...decision };
    recorder.decided(turn, tick);
    return decision;
  };
}

export async function* numbered(text: string): AsyncGenerator<NumberedLine> {
  let number = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    number += 1;
    yield await Promise.resolve({ number, line: readLine(line) });
  }
}

/** The parts of the story that this text of a record tells. */
export async function partsOf(text: string): Promise<readonly StoryPart[]> {
  const parts: StoryPart[] = [];
  for await (const part of storyOf(numbered(text))) parts.push(part);
  return parts;
}

/** Of every turn that is decided otherwise in the replay, or that began in another state: where. */
export function differencesIn(parts: readonly StoryPart[]): readonly string[] {
  return parts.flatMap((part) => {
    if (part.kind !== 'turn') return [];
    const { line, turn } = part.told;
    const fields = turn.drifted.map((field) => `line ${line}: ${field}`);
    return turn.recorded === null ? fields : [...fields, `line ${line}: ${turn.action.do}`];
  });
}
