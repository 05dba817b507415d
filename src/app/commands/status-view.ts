import type { BlockRef } from '../../chain/block.js';
import { type Rung, rungsOf } from '../../status/rungs.js';
import { blocksText, sentenceOf, type ToldStatus } from '../../status/sentence.js';
import { durationText } from '../../util/duration-text.js';
import { LockstepError } from '../../util/errors.js';
import { shortHash } from '../../util/hex.js';
import { type Line, type Span, wrapped } from './spans.js';
import type { StatusAnswer, ToldEvent } from './status-answer.js';

/** One look at a lockstep, or why there was nothing to see. */
export interface Look {
  /** Scheme and host, fit to be shown. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly seen: StatusAnswer | LockstepError;
}

const NAME_COLUMNS = 11;
const SIDE_COLUMNS = 22;
/** Of an event: when, and the name of what happened. */
const WHEN_COLUMNS = 16;
const EVENT_COLUMNS = 13;
const MAX_EVENT_LINES = 3;
const CUT_EVENT = ' …';
const MIN_TEXT_COLUMNS = 20;

/** The view of a terminal with so many columns: the sentence first, then what it is made of. */
export function statusLines({ name, atMs, seen }: Look, columns: number): readonly Line[] {
  const { day, time } = timeOf(atMs);
  if (seen instanceof LockstepError) {
    return [
      ...sentence(`No status: ${seen.message}.`, 'red', columns),
      ...field('fix', seen.fix, columns),
      ...[[], [{ text: `${name}, ${day} ${time} UTC` }]],
    ];
  }
  const { status, events } = seen;
  return [
    ...sentence(sentenceOf(status), styleOf(status), columns),
    [],
    ...ladder(status),
    [],
    ...figures(status, atMs).flatMap(([title, text]) => field(title, text, columns)),
    ...wish(status).flatMap(([title, text]) => field(title, text, columns)),
    ...explanation(status).flatMap(([title, text]) => field(title, text, columns)),
    [],
    [{ text: events.length === 0 ? 'no events yet' : 'last events, newest first', style: 'dim' }],
    ...events.toReversed().flatMap((event) => eventLines(event, columns)),
    ...[[], [{ text: `lockstep ${status.version} at ${name}, ${day} ${time} UTC` }]],
  ];
}

/** The same as one line, for a file or a pipe. */
export function statusLine({ atMs, seen }: Look): Line {
  const { day, time } = timeOf(atMs);
  if (seen instanceof LockstepError) return [{ text: `${day} ${time} No status: ${seen.message}.` }];
  const { status } = seen;
  const rungs = rungsOf(status).map(({ label, source, local, match }) => {
    return `${label} ${source?.number ?? '-'} ${MARKS[match].text} ${local?.number ?? '-'}`;
  });
  const rate = `${status.blocksPerSecond} blocks/s`;
  return [{ text: `${day} ${time} ${sentenceOf(status)} ${[...rungs, rate].join(', ')}` }];
}

function sentence(text: string, style: NonNullable<Span['style']>, columns: number): readonly Line[] {
  return wrapped(text, columns).map((part) => [{ text: part, style }]);
}

function styleOf({ ready, state }: ToldStatus): NonNullable<Span['style']> {
  if (ready) return 'green';
  return state === 'holding' || state === 'halted' ? 'red' : 'yellow';
}

/** Source and local, label by label. */
function ladder(status: ToldStatus): readonly Line[] {
  const head = `${''.padEnd(NAME_COLUMNS)}${'source'.padEnd(SIDE_COLUMNS)}   local`;
  const rows = rungsOf(status).map(({ label, source, local, match, note }): Line => [
    { text: label.padEnd(NAME_COLUMNS) },
    { text: refText(source).padEnd(SIDE_COLUMNS) },
    MARKS[match],
    { text: `  ${refText(local).padEnd(SIDE_COLUMNS)}${note}` },
  ]);
  return [[{ text: head, style: 'dim' }], ...rows];
}

/** ✔ the same block, ≠ another one at the same height, … heights that do not tell. */
const MARKS: Readonly<Record<Rung['match'], Span>> = {
  same: { text: '✔', style: 'green' },
  other: { text: '≠', style: 'red' },
  unknown: { text: '…', style: 'dim' },
};

function refText(ref: BlockRef | null): string {
  return ref === null ? '-' : `${ref.number} ${shortHash(ref.hash)}`;
}

type Row = readonly [title: string, text: string];

function figures(status: ToldStatus, atMs: number): readonly Row[] {
  const { state, ready, elSession, stateSeconds, lagBlocks, blocksPerSecond, etaSeconds, elSync, local } = status;
  const session = elSession > 1 ? `, session ${elSession} of the EL` : '';
  const unready = state === 'following' ? 'no: /readyz of the same port names the criterion that fails' : 'no';
  const age = local?.unsafe ? durationText(atMs / 1_000 - local.unsafe.timestamp) : 'unknown';
  return [
    ['state', `${state} for ${durationText(stateSeconds)}${session}`],
    ['ready', ready ? 'yes' : unready],
    ['lag', lagBlocks === null ? 'unknown' : `${blocksText(lagBlocks)}${lagTime(status)}`],
    ['head age', age],
    ['rate', `${blocksPerSecond} blocks/s`],
    ...(etaSeconds === null ? [] : [['to go', durationText(etaSeconds)] as const]),
    ...(elSync === null ? [] : [['EL sync', `at ${elSync.at} of ${elSync.of} (${elSync.by})`] as const]),
    ...l1Rows(status),
  ];
}

function lagTime({ source, local }: ToldStatus): string {
  if (!source?.unsafe || !local?.unsafe) return '';
  const seconds = source.unsafe.timestamp - local.unsafe.timestamp;
  return seconds > 0 ? `, ${durationText(seconds)} of block time` : '';
}

function l1Rows({ l1Origin, sourceCurrentL1 }: ToldStatus): readonly Row[] {
  const known = [
    ...(l1Origin === null ? [] : [`origin of the local head ${l1Origin.number}`]),
    ...(sourceCurrentL1 === null ? [] : [`the source has derived up to ${sourceCurrentL1.number}`]),
  ];
  return known.length === 0 ? [] : [['L1', known.join(', ')]];
}

/** What the state means and what ends it; a state in which all is well needs none. */
/** What a lockstep would do that only watches its EL. */
function wish({ dryRun, would }: ToldStatus): readonly Row[] {
  if (!dryRun) return [];
  const { kind = 'not known yet', ...facts } = would ?? {};
  const told = Object.entries(facts).map(([name, fact]) => `${name} ${fact}`);
  return [['dry run', `nothing is written to the EL; it would: ${[kind, ...told].join(', ')}`]];
}

function explanation({ state, meaning, ends, error }: ToldStatus): readonly Row[] {
  if (state === 'following') return [];
  const { code, err, fix } = error ?? {};
  return [
    ['meaning', meaning],
    ...(ends === null ? [] : [['ends', ends] as const]),
    ...(code === undefined ? [] : [['error', `${code}: ${err ?? ''}`] as const]),
    ...(fix === undefined ? [] : [['fix', String(fix)] as const]),
  ];
}

function field(title: string, text: string, columns: number): readonly Line[] {
  const parts = wrapped(text, Math.max(MIN_TEXT_COLUMNS, columns - NAME_COLUMNS));
  return parts.map((part, index) => [
    { text: (index === 0 ? title : '').padEnd(NAME_COLUMNS), style: 'dim' },
    { text: part },
  ]);
}

function eventLines({ timeMs, event, facts }: ToldEvent, columns: number): readonly Line[] {
  const { day, time } = timeOf(timeMs);
  const pairs = Object.entries(facts).map(([name, fact]) => {
    const text = String(fact);
    return `${name}=${/[\s"=]/.test(text) ? JSON.stringify(text) : text}`;
  });
  const title = `${`${day.slice(-5)} ${time}`.padEnd(WHEN_COLUMNS)}${event.padEnd(EVENT_COLUMNS)}`;
  const indent = ' '.repeat(WHEN_COLUMNS + EVENT_COLUMNS);
  const parts = wrapped(pairs.join(' '), Math.max(MIN_TEXT_COLUMNS, columns - indent.length - CUT_EVENT.length));
  const shown = parts.slice(0, MAX_EVENT_LINES);
  return shown.map((part, index) => {
    const isCut = index === MAX_EVENT_LINES - 1 && parts.length > MAX_EVENT_LINES;
    return [{ text: index === 0 ? title : indent }, { text: isCut ? `${part}${CUT_EVENT}` : part }];
  });
}

/** In UTC, as the log. */
function timeOf(ms: number): { readonly day: string; readonly time: string } {
  const [day = '', rest = ''] = new Date(ms).toISOString().split('T');
  return { day, time: rest.slice(0, 8) };
}
