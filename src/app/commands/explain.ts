import { resolve } from 'node:path';
import type { RecordHeader } from '../../record/lines.js';
import { readRecord, unreadable } from '../../record/read-record.js';
import { storyOf, type StoryPart, UnreadableLine } from '../../record/story.js';
import { sentence, timelineOf, type TimelinePart } from '../../record/timeline.js';
import { actionText, phaseText } from '../../record/words.js';
import { EXIT, type ExitCode } from '../../util/exit-codes.js';
import { escapeControls } from '../../util/errors.js';
import { version } from './version.js';

interface ExplainOutput {
  readonly stdout: (text: string) => void;
  readonly cwd: string;
}

const STATE_COLUMNS = 12;

/**
 * Tells the story of a record: what was seen, what was decided and why, and what became of it.
 * @throws LockstepError RECORD_UNREADABLE naming the file and the line
 */
export async function explain(file: string, json: boolean, io: ExplainOutput): Promise<ExitCode> {
  const path = resolve(io.cwd, file);
  const story = storyOf(readRecord(path));
  const tally = new Tally();
  const tell = (text: string): void => io.stdout(`${escapeControls(text)}\n`);
  try {
    if (json) {
      for await (const part of tally.of(story)) tell(JSON.stringify(jsonOf(part)));
      tell(JSON.stringify({ turns: tally.turns, differences: tally.differences, explainedBy: version() }));
    } else {
      for await (const part of timelineOf(tally.of(story))) for (const line of linesOf(part)) tell(line);
      tell('');
      tell(tally.verdict());
    }
  } catch (thrown) {
    if (thrown instanceof UnreadableLine) throw unreadable(path, thrown.line, thrown.message, thrown);
    throw thrown;
  }
  return EXIT.clean;
}

class Tally {
  turns = 0;
  differences = 0;
  missing = 0;

  async *of(story: AsyncIterable<StoryPart>): AsyncGenerator<StoryPart> {
    for await (const part of story) {
      if (part.kind === 'turn') {
        this.turns += 1;
        if (part.told.turn.recorded !== null || part.told.turn.drifted.length > 0) this.differences += 1;
      }
      if (part.kind === 'gap') this.missing += part.turns;
      yield part;
    }
  }

  verdict(): string {
    const gaps = this.missing === 0 ? '' : ` ${this.missing} are missing.`;
    const same =
      this.differences === 0
        ? `lockstep ${version()} decides the same in all of them.`
        : `lockstep ${version()} differs in ${this.differences} of them.`;
    return `${this.turns} turns.${gaps} ${same}`;
  }
}

function linesOf(part: TimelinePart): readonly string[] {
  switch (part.kind) {
    case 'run':
      return ['', ...headerLines(part.header), ''];
    case 'turns': {
      const { from, to, state, text, count } = part;
      const times = count === 1 ? '' : ` (${count} turns, until ${timeText(to)})`;
      return [`${timeText(from)}  ${state.padEnd(STATE_COLUMNS)}  ${text}${times}`];
    }
    case 'difference':
      return [
        `${timeText(part.wall)}  ≠ line ${part.line}: this version would ${part.now}; recorded was: ${part.then}`,
      ];
    case 'drift':
      return [`${timeText(part.wall)}  ≠ line ${part.line}: recorded otherwise: ${part.fields.join(', ')}`];
    case 'gap':
      return [`-- ${part.turns} turns are missing here: the disk was full or too slow`];
    case 'end':
      return [part.error === null ? '-- it was stopped' : `-- it ended with ${part.error}`];
    case 'cut':
      return [`-- line ${part.line} is cut: it was killed then, or the disk was full`];
  }
}

function headerLines({
  version: by,
  node,
  chainId,
  engine,
  dryRun,
  startedAt,
  settings,
}: RecordHeader): readonly string[] {
  const started = new Date(startedAt);
  const what = `lockstep ${by} (Node.js ${node}) beside ${engine}, chain ${chainId}${dryRun ? ', dry run' : ''}`;
  const set = Object.entries(settings).map(([name, value]) => `--${name} ${value}`);
  const other = by === version() ? [] : [`recorded by ${by}, explained by ${version()}`];
  return [
    what,
    `started ${dateText(started)}, times are local (UTC${offsetText(started)})`,
    ...other,
    ...(set.length === 0 ? [] : [`with ${set.join(' ')}`]),
  ];
}

function jsonOf(part: StoryPart): unknown {
  if (part.kind !== 'turn') return part;
  const { line, turn, outcome } = part.told;
  const { wall, state, situation, action, recorded, drifted } = turn;
  return {
    kind: 'turn',
    line,
    at: new Date(wall).toISOString(),
    state: phaseText(state.phase),
    situation: situation.kind,
    action: action.do,
    outcome: outcome?.of ?? null,
    text: sentence(part.told),
    differs: recorded === null ? null : { now: actionText(action), recorded },
    drifted,
  };
}

function timeText(wall: number): string {
  const date = new Date(wall);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two);
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function dateText(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeText(date.getTime())}`;
}

function offsetText(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  return `${minutes < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

const two = (value: number): string => String(value).padStart(2, '0');
