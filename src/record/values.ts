import type { BlockRef } from '../chain/block.js';
import { ERROR_CODES, type ErrorCode } from '../util/error-codes.js';
import { type ErrorData, LockstepError } from '../util/errors.js';
import { toHash } from '../util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../util/json.js';
import { causeText } from '../util/log-fields.js';

/**
 * What JSON has no form for, or none that is short. A block is written once, as [id, number, hash, parentHash, timestamp],
 * and from then on named by its id.
 */
const TAGS = {
  block: '$block',
  map: '$map',
  set: '$set',
  bigint: '$bigint',
  number: '$number',
  error: '$error',
} as const;

/** Nothing that a decision sees is nested deeper than ten levels. */
const MAX_DEPTH = 24;
/** Ids are counted anew with every whole state. */
const MAX_BLOCKS = 2_000_000;

/** Why a value cannot be read. */
export class UnreadableValue extends Error {}

/** Writes what decisions are made of as JSON, without loss for `decide`. Of the cause of an error its text is kept. */
export class ValueWriter {
  readonly #ids = new Map<string, { readonly ref: BlockRef; readonly id: number }>();
  #fresh: JsonValue[] = [];
  #next = 0;

  /** Every block is written anew from here on. */
  reset(): void {
    this.#ids.clear();
    this.#fresh = [];
    this.#next = 0;
  }

  /** The blocks that were named for the first time since the last call. */
  takeFresh(): readonly JsonValue[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  write(value: unknown): JsonValue {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) ? value : { [TAGS.number]: String(value) };
      case 'bigint':
        return { [TAGS.bigint]: value.toString() };
      case 'object':
        return value === null ? null : this.#object(value);
      case 'undefined':
      case 'function':
      case 'symbol':
        throw new TypeError(`a ${typeof value} cannot be recorded`);
    }
  }

  #object(value: object): JsonValue {
    if (isBlockRef(value)) return { [TAGS.block]: this.#idOf(value) };
    if (Array.isArray(value)) return value.map((item) => this.write(item));
    if (value instanceof Map)
      return { [TAGS.map]: [...value].map(([key, item]) => [this.write(key), this.write(item)]) };
    if (value instanceof Set) return { [TAGS.set]: [...value].map((item) => this.write(item)) };
    if (value instanceof LockstepError) return { [TAGS.error]: this.#error(value) };
    return this.#fields(value);
  }

  #fields(value: object): JsonObject {
    const plain: Record<string, JsonValue> = {};
    for (const [key, item] of Object.entries(value) as [string, unknown][]) {
      if (item !== undefined) plain[key] = this.write(item);
    }
    return plain;
  }

  #error({ code, detail, data, cause }: LockstepError): JsonObject {
    const text = causeText(cause);
    return {
      code,
      ...(detail === undefined ? {} : { detail }),
      ...(Object.keys(data).length === 0 ? {} : { data: this.#fields(data) }),
      ...(text === '' ? {} : { cause: text }),
    };
  }

  #idOf(ref: BlockRef): number {
    const known = this.#ids.get(ref.hash);
    // A source may lie about a block, and be told apart from one that does not.
    if (known !== undefined && sameFields(known.ref, ref)) return known.id;
    const id = this.#next;
    this.#next += 1;
    this.#ids.set(ref.hash, { ref, id });
    this.#fresh.push([id, ref.number, ref.hash, ref.parentHash, ref.timestamp]);
    return id;
  }
}

/** Reads what {@link ValueWriter} wrote. Every method throws UnreadableValue. */
export class ValueReader {
  readonly #blocks = new Map<number, BlockRef>();

  reset(): void {
    this.#blocks.clear();
  }

  learn(fresh: JsonValue | undefined): void {
    if (fresh === undefined) return;
    if (!Array.isArray(fresh)) throw new UnreadableValue('its blocks are not a list');
    for (const entry of fresh as readonly JsonValue[]) this.#learn(entry);
  }

  #learn(entry: JsonValue): void {
    const [id, number, hash, parentHash, timestamp] = Array.isArray(entry) ? (entry as readonly JsonValue[]) : [];
    const hashes = { hash: toHash(hash), parentHash: toHash(parentHash) };
    if (!isCount(id) || !isCount(number) || !isCount(timestamp)) throw new UnreadableValue('a block has no number');
    if (hashes.hash === undefined || hashes.parentHash === undefined) throw new UnreadableValue('a block has no hash');
    if (this.#blocks.size >= MAX_BLOCKS) throw new UnreadableValue('it has too many blocks');
    this.#blocks.set(id, { number, hash: hashes.hash, parentHash: hashes.parentHash, timestamp });
  }

  read(value: JsonValue, depth = 0): unknown {
    if (depth > MAX_DEPTH) throw new UnreadableValue('it is nested too deep');
    if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => this.read(item, depth + 1));
    if (!isJsonObject(value)) return value;
    const [key = '', ...others] = Object.keys(value);
    if (!key.startsWith('$') || others.length > 0) return this.#fields(value, depth);
    return this.#tagged(key, value[key] ?? null, depth);
  }

  #fields(value: JsonObject, depth: number): unknown {
    // Object.fromEntries defines its fields, so that "__proto__" is one like any other.
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.read(item, depth + 1)]));
  }

  #tagged(tag: string, value: JsonValue, depth: number): unknown {
    switch (tag) {
      case TAGS.block:
        return this.#block(value);
      case TAGS.map:
        return new Map(list(value).map((entry) => this.#pair(entry, depth)));
      case TAGS.set:
        return new Set(list(value).map((item) => this.read(item, depth + 1)));
      case TAGS.bigint:
        return BigInt(matching(value, /^-?\d{1,100}$/));
      case TAGS.number:
        return Number(matching(value, /^(-?Infinity|NaN)$/));
      case TAGS.error:
        return this.#error(value, depth);
      default:
        throw new UnreadableValue('it has a tag that is not known');
    }
  }

  #pair(entry: JsonValue, depth: number): [unknown, unknown] {
    const [key, item, ...others] = list(entry);
    if (key === undefined || item === undefined || others.length > 0) throw new UnreadableValue('an entry is no pair');
    return [this.read(key, depth + 1), this.read(item, depth + 1)];
  }

  #block(id: JsonValue): BlockRef {
    const ref = typeof id === 'number' ? this.#blocks.get(id) : undefined;
    if (ref === undefined) throw new UnreadableValue('it names a block that was not told');
    return ref;
  }

  #error(value: JsonValue, depth: number): LockstepError {
    if (!isJsonObject(value)) throw new UnreadableValue('an error is not an object');
    const { code, detail, data, cause } = value;
    if (typeof code !== 'string' || !isErrorCode(code))
      throw new UnreadableValue('an error has a code that is not known');
    if (detail !== undefined && typeof detail !== 'string')
      throw new UnreadableValue('the detail of an error is no text');
    if (data !== undefined && !isJsonObject(data)) throw new UnreadableValue('the data of an error is not an object');
    return new LockstepError(code, {
      ...(detail === undefined ? {} : { detail }),
      ...(data === undefined ? {} : { data: this.#fields(data, depth) as ErrorData }),
      ...(typeof cause === 'string' ? { cause: new Error(cause) } : {}),
    });
  }
}

/** A value as text that is the same for equal values, whatever the order of their fields; blocks in full. */
export function canonicalText(value: unknown): string {
  if (value instanceof LockstepError) {
    const { code, detail = null, data } = value;
    return `error ${canonicalText({ code, detail, data })}`;
  }
  if (value instanceof Map) return `map ${canonicalText([...value])}`;
  if (value instanceof Set) return `set ${canonicalText([...value])}`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, item]) => `${key}:${canonicalText(item)}`).join()}}`;
}

function isBlockRef(value: object): value is BlockRef {
  return (
    'parentHash' in value &&
    'hash' in value &&
    'number' in value &&
    'timestamp' in value &&
    Object.keys(value).length === 4
  );
}

function sameFields(a: BlockRef, b: BlockRef): boolean {
  return a === b || (a.number === b.number && a.parentHash === b.parentHash && a.timestamp === b.timestamp);
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function list(value: JsonValue): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new UnreadableValue('a list is none');
  return value as readonly JsonValue[];
}

function matching(value: JsonValue, form: RegExp): string {
  if (typeof value !== 'string' || !form.test(value)) throw new UnreadableValue('a number is none');
  return value;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
