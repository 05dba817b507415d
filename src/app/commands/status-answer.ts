import type { FollowEvent } from '../../status/event-log.js';
import type { ToldStatus } from '../../status/sentence.js';
import { LockstepError, remoteText } from '../../util/errors.js';
import { type Hash, toHash } from '../../util/hex.js';
import { isJsonObject, type JsonValue } from '../../util/json.js';

/** An event as it is told, by a lockstep that may know other kinds of them. */
export type ToldEvent = Omit<FollowEvent, 'event'> & { readonly event: string };

/** What one look at a lockstep brought. Its texts are as they came, and not fit for a terminal. */
export interface StatusAnswer {
  readonly status: ToldStatus;
  /** Oldest first. */
  readonly events: readonly ToldEvent[];
}

/** @throws LockstepError STATUS_SCHEMA for what is no answer of follow_status */
export function readStatus(result: JsonValue): ToldStatus {
  return STATUS(result, 'follow_status');
}

/** @throws LockstepError STATUS_SCHEMA for what is no answer of follow_events */
export function readEvents(result: JsonValue): readonly ToldEvent[] {
  return EVENTS(result, 'follow_events').events;
}

/** `what` is the place of the value, for the error. */
type Read<T> = (value: JsonValue, what: string) => T;

type Fields = Readonly<Record<string, Read<unknown>>>;

type Shaped<F extends Fields> = { readonly [Name in keyof F]: ReturnType<F[Name]> };

/** Milliseconds that a Date can hold, on either side of 1970 (ECMA-262, "time values"). */
const MAX_TIME_MS = 8.64e15;

const text: Read<string> = (value, what) => (typeof value === 'string' ? value : refuse(what, 'text'));

const flag: Read<boolean> = (value, what) => (typeof value === 'boolean' ? value : refuse(what, 'true or false'));

const number: Read<number> = (value, what) => {
  return typeof value === 'number' && Number.isFinite(value) ? value : refuse(what, 'a number');
};

const integer: Read<number> = (value, what) => {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : refuse(what, 'a whole number');
};

const count: Read<number> = (value, what) => {
  const read = integer(value, what);
  return read >= 0 ? read : refuse(what, 'a number of at least 0');
};

const timeMs: Read<number> = (value, what) => {
  const read = count(value, what);
  return read <= MAX_TIME_MS ? read : refuse(what, 'a time');
};

const hash: Read<Hash> = (value, what) => toHash(value) ?? refuse(what, 'a hash');

const facts: Read<Readonly<Record<string, string | number>>> = (value, what) => {
  if (!isJsonObject(value)) return refuse(what, 'an object');
  const entries = Object.entries(value).map(([name, fact]) => {
    if (typeof fact === 'string' || typeof fact === 'number') return [name, fact] as const;
    return refuse(`${what}.${remoteText(name)}`, 'text or a number');
  });
  return Object.fromEntries(entries);
};

function oneOf<Word extends string>(...words: readonly Word[]): Read<Word> {
  return (value, what) => words.find((word) => word === value) ?? refuse(what, `one of ${words.join(', ')}`);
}

function orNull<T>(read: Read<T>): Read<T | null> {
  return (value, what) => (value === null ? null : read(value, what));
}

function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value, what) => {
    if (!Array.isArray(value)) return refuse(what, 'a list');
    return (value as readonly JsonValue[]).map((each, index) => read(each, `${what}[${index}]`));
  };
}

/** Known fields only, copied; one that is absent is read as null. */
function shape<F extends Fields>(fields: F): Read<Shaped<F>> {
  return (value, what) => {
    if (!isJsonObject(value)) return refuse(what, 'an object');
    const entries = Object.entries(fields).map(([name, read]) => [name, read(value[name] ?? null, `${what}.${name}`)]);
    return Object.fromEntries(entries) as Shaped<F>;
  };
}

function refuse(what: string, wanted: string): never {
  throw new LockstepError('STATUS_SCHEMA', { detail: `${what} is not ${wanted}` });
}

const REF = shape({ number: count, hash, parentHash: hash, timestamp: count });
const SIDE = orNull(shape({ unsafe: orNull(REF), safe: orNull(REF), finalized: orNull(REF) }));

const STATUS = shape({
  version: text,
  state: text,
  ready: flag,
  reason: orNull(text),
  meaning: text,
  ends: orNull(text),
  error: orNull(facts),
  stateSeconds: count,
  elSession: count,
  source: SIDE,
  local: SIDE,
  lagBlocks: orNull(integer),
  blocksPerSecond: number,
  etaSeconds: orNull(count),
  elSync: orNull(shape({ at: count, of: count, by: oneOf('latest', 'eth_syncing') })),
  l1Origin: orNull(shape({ number: count, hash, timestamp: count, sequenceNumber: count })),
  sourceCurrentL1: orNull(REF),
  dryRun: flag,
  would: orNull(facts),
  lastEvent: count,
});

const EVENTS = shape({ events: listOf(shape({ seq: count, timeMs, event: text, facts })) });
