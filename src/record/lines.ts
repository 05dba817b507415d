import { toHash, type Hash } from '../util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../util/json.js';
import { UnreadableValue } from './values.js';

/** Grows whenever a reader of the old form would misunderstand the new one. */
const FORM = 1;

/** How a file begins that is a record. */
export const SIGNATURE = '{"record":"lockstep"';

/** More than the longest line that is written, which has a plan of some 50,000 blocks. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

/** What stands before the turns of a run, again after a gap, and at the start of each file. */
export interface RecordHeader {
  /** Tells one process from the next in the same file. */
  readonly run: string;
  readonly version: string;
  readonly node: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly chainId: number;
  readonly genesis: Hash;
  readonly engine: string;
  readonly dryRun: boolean;
  /** What was set, with every secret left out. */
  readonly settings: Readonly<Record<string, string>>;
}

/** One decision, with its values as they are written. */
export interface TurnLine {
  readonly now: number;
  readonly random: number;
  /** The blocks that are named here for the first time. */
  readonly blocks: JsonValue | undefined;
  /** What the state was changed by since the decision before: orders of an operator, or what another driver does. */
  readonly patch: JsonObject | null;
  /** The whole state before the decision, at the start and every so often, with the time of day in ms since 1970. */
  readonly whole: { readonly state: JsonObject; readonly wall: number } | null;
  readonly observation: JsonObject;
  readonly action: JsonObject;
}

export type RecordLine =
  | { readonly kind: 'header'; readonly header: RecordHeader }
  /** So many turns are missing: the disk was too slow, or there was none. */
  | { readonly kind: 'gap'; readonly turns: number }
  | { readonly kind: 'turn'; readonly turn: TurnLine }
  /** The run ended by itself; `error` is the code of the error that it ended with. */
  | { readonly kind: 'end'; readonly error: string | null };

export function headerText(header: RecordHeader): string {
  return `${JSON.stringify({ record: 'lockstep', form: FORM, ...header })}\n`;
}

/** @throws UnreadableValue saying what is wrong; SyntaxError for what is not JSON */
export function readLine(text: string): RecordLine {
  const entry: unknown = JSON.parse(text);
  if (!isJsonObject(entry)) throw new UnreadableValue('it is not an object');
  if (Object.hasOwn(entry, 'record')) return { kind: 'header', header: readHeader(entry) };
  if (Object.hasOwn(entry, 'gap')) return { kind: 'gap', turns: count(entry, 'gap') };
  if (Object.hasOwn(entry, 'end'))
    return { kind: 'end', error: entry['end'] === null ? null : shortText(entry, 'end') };
  return { kind: 'turn', turn: readTurn(entry) };
}

function readHeader(entry: JsonObject): RecordHeader {
  if (entry['record'] !== 'lockstep') throw new UnreadableValue('it is a record of something else');
  const form = count(entry, 'form');
  if (form !== FORM) {
    throw new UnreadableValue(
      `it has form ${form}, and this lockstep reads form ${FORM}: use the version that wrote it`,
    );
  }
  const genesis = toHash(entry['genesis']);
  if (genesis === undefined) throw new UnreadableValue('its genesis is not a hash');
  const settings = object(entry, 'settings');
  const isText = Object.values(settings).every((value) => typeof value === 'string');
  if (!isText) throw new UnreadableValue('a setting is not a text');
  return {
    run: shortText(entry, 'run'),
    version: shortText(entry, 'version'),
    node: shortText(entry, 'node'),
    startedAt: time(entry, 'startedAt'),
    chainId: count(entry, 'chainId'),
    genesis,
    engine: shortText(entry, 'engine'),
    dryRun: entry['dryRun'] === true,
    settings: settings as Readonly<Record<string, string>>,
  };
}

function readTurn(entry: JsonObject): TurnLine {
  const hasState = Object.hasOwn(entry, 'state');
  const { blocks } = entry;
  return {
    now: time(entry, 'now'),
    random: time(entry, 'random'),
    blocks,
    patch: Object.hasOwn(entry, 'patch') ? object(entry, 'patch') : null,
    whole: hasState ? { state: object(entry, 'state'), wall: time(entry, 'wall') } : null,
    observation: object(entry, 'observation'),
    action: object(entry, 'action'),
  };
}

function object(entry: JsonObject, field: string): JsonObject {
  const value = entry[field];
  if (isJsonObject(value)) return value;
  throw new UnreadableValue(`its ${field} is ${value === undefined ? 'missing' : 'not an object'}`);
}

function shortText(entry: JsonObject, field: string): string {
  const value = entry[field];
  if (typeof value === 'string' && value.length <= 200) return value;
  throw new UnreadableValue(`its ${field} is ${value === undefined ? 'missing' : 'not a short text'}`);
}

function count(entry: JsonObject, field: string): number {
  const value = entry[field];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new UnreadableValue(`its ${field} is ${value === undefined ? 'missing' : 'not a whole number'}`);
}

/** Within what a Date can show. */
function time(entry: JsonObject, field: string): number {
  const value = entry[field];
  if (typeof value === 'number' && value >= 0 && value < 8e15) return value;
  throw new UnreadableValue(`its ${field} is ${value === undefined ? 'missing' : 'not a number of that kind'}`);
}
