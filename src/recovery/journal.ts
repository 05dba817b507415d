import type { BlockRef, Labels } from '../chain/block.js';
import { LockstepError } from '../util/errors.js';
import { type Hash, toHash } from '../util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../util/json.js';

/** What one lockstep leaves to the next: the labels that the EL was shown to have on its chain. Always only a hint. */
export interface Journal {
  readonly chainId: number;
  readonly genesis: Hash;
  readonly labels: Labels;
}

/** Grows whenever a reader of the old form would misunderstand the new one. */
const VERSION = 1;

/** A journal has less than 700 characters; more is something else. */
export const MAX_JOURNAL_BYTES = 4_096;

const FIELDS = ['version', 'chainId', 'genesis', 'safe', 'finalized'];
const REF_FIELDS = ['number', 'hash', 'parentHash', 'timestamp'];

/** A safe block below the finalized one, as an EL shows that came back lower, is written as the finalized one. */
export function encodeJournal({ chainId, genesis, labels: { finalized, ...labels } }: Journal): string {
  const isBelow = finalized !== null && labels.safe !== null && labels.safe.number <= finalized.number;
  const safe = isBelow ? finalized : labels.safe;
  const entry = { version: VERSION, chainId, genesis, safe: refEntry(safe), finalized: refEntry(finalized) };
  return `${JSON.stringify(entry)}\n`;
}

/** @throws LockstepError JOURNAL_UNREADABLE naming what is wrong; the text itself is never part of it. */
export function decodeJournal(text: string): Journal {
  if (text.length > MAX_JOURNAL_BYTES) throw unreadable(`it has more than ${MAX_JOURNAL_BYTES} characters`);
  const entry = parse(text);
  const version = entry['version'];
  if (typeof version !== 'number') throw unreadable('it has no version');
  if (version !== VERSION) throw unreadable(`its version is ${version}, and this lockstep reads ${VERSION}`);
  requireFields(entry, FIELDS, 'it');
  const genesis = toHash(entry['genesis']);
  if (genesis === undefined) throw unreadable('its genesis is not a hash');
  const chainId = toCount(entry['chainId'], 'its chainId');
  const safe = toRef(entry['safe'], 'safe');
  const finalized = toRef(entry['finalized'], 'finalized');
  requireOrder(safe, finalized);
  return { chainId, genesis, labels: { safe, finalized } };
}

function refEntry(ref: BlockRef | null): JsonObject | null {
  if (ref === null) return null;
  const { number, hash, parentHash, timestamp } = ref;
  return { number, hash, parentHash, timestamp };
}

function parse(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message repeats parts of the text.
    throw unreadable('it is not JSON');
  }
  if (!isJsonObject(value)) throw unreadable('it is not a JSON object');
  return value;
}

function requireFields(entry: JsonObject, fields: readonly string[], what: string): void {
  const missing = fields.find((field) => !Object.hasOwn(entry, field));
  if (missing !== undefined) throw unreadable(`${what} has no ${missing}`);
  if (Object.keys(entry).length !== fields.length) throw unreadable(`${what} has fields that it should not have`);
}

function toRef(value: JsonValue | undefined, label: string): BlockRef | null {
  if (value === null) return null;
  if (!isJsonObject(value)) throw unreadable(`its ${label} is not a block`);
  requireFields(value, REF_FIELDS, `its ${label}`);
  const [hash, parentHash] = [toHash(value['hash']), toHash(value['parentHash'])];
  if (hash === undefined || parentHash === undefined) throw unreadable(`a hash of its ${label} is not one`);
  const number = toCount(value['number'], `the number of its ${label}`);
  return { number, hash, parentHash, timestamp: toCount(value['timestamp'], `the timestamp of its ${label}`) };
}

function toCount(value: JsonValue | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw unreadable(`${what} is not a whole number`);
}

function requireOrder(safe: BlockRef | null, finalized: BlockRef | null): void {
  if (safe === null || finalized === null || finalized.number < safe.number || finalized.hash === safe.hash) return;
  throw unreadable('its finalized is not at or below its safe');
}

function unreadable(detail: string): LockstepError {
  return new LockstepError('JOURNAL_UNREADABLE', { detail });
}
