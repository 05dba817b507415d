import { LockstepError, remoteText } from '../util/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../util/json.js';
import { EMPTY_STRING, rlpString } from './rlp-encode.js';

const ZERO = 0x30;
const X = 0x78;
const MAX_INTEGER_DIGITS = 64;

/**
 * The fields of one JSON object of the source, read as RLP in hex text. Null counts as absent.
 * Only prefixes and lengths are checked here: that every digit is one shows when the finished RLP is decoded.
 */
export class JsonFields {
  constructor(
    private readonly object: JsonObject,
    /** What the object is, for errors: `block`, `transaction 5`. */
    private readonly kind: string,
    private readonly position: number | null = null,
  ) {}

  get(name: string): JsonValue | undefined {
    return this.object[name] ?? undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** An integer of at most 32 bytes. Leading zeros, as r and s of some nodes have them, are dropped. */
  integer(name: string): string {
    const digits = hexDigits(this.get(name));
    if (digits === undefined || digits === '' || digits.length > MAX_INTEGER_DIGITS) {
      throw this.wrong(name, 'an integer in hex');
    }
    let start = 0;
    while (digits.charCodeAt(start) === ZERO) start++;
    const minimal = digits.slice(start);
    return rlpString(minimal.length % 2 === 0 ? minimal : `0${minimal}`);
  }

  /** Like {@link integer}; absent is zero. */
  integerOrZero(name: string): string {
    return this.has(name) ? this.integer(name) : EMPTY_STRING;
  }

  /** Exactly `sizeBytes` bytes. */
  fixed(name: string, sizeBytes: number): string {
    const digits = hexDigits(this.get(name));
    if (digits?.length !== 2 * sizeBytes) throw this.wrong(name, `${sizeBytes} bytes in hex`);
    return rlpString(digits);
  }

  /** Like {@link fixed}; absent is the empty string. */
  fixedOrEmpty(name: string, sizeBytes: number): string {
    return this.has(name) ? this.fixed(name, sizeBytes) : EMPTY_STRING;
  }

  /** Any whole number of bytes. */
  bytes(name: string): string {
    const digits = hexDigits(this.get(name));
    if (digits === undefined || digits.length % 2 !== 0) throw this.wrong(name, 'whole bytes in hex');
    return rlpString(digits);
  }

  /** A boolean; absent is false. */
  flag(name: string): string {
    const value = this.get(name) ?? false;
    if (typeof value !== 'boolean') throw this.wrong(name, 'a boolean');
    return value ? '01' : EMPTY_STRING;
  }

  /** The elements of an array; absent is empty. */
  array(name: string): readonly JsonValue[] {
    const value = this.get(name) ?? [];
    if (!Array.isArray(value)) throw this.wrong(name, 'an array');
    return value as readonly JsonValue[];
  }

  /** The objects in an array; absent is empty. */
  objects(name: string, kind: string): JsonFields[] {
    return this.array(name).map((element, index) => {
      if (!isJsonObject(element)) throw this.wrong(name, 'an array of objects');
      return new JsonFields(element, kind, index);
    });
  }

  /** The elements of an array of 32-byte values, as RLP strings that follow each other. */
  hashes(name: string): string {
    let items = '';
    for (const element of this.array(name)) {
      const digits = hexDigits(element);
      if (digits?.length !== 64) throw this.wrong(name, 'an array of 32 bytes in hex');
      items += rlpString(digits);
    }
    return items;
  }

  /** The error for a field that does not have the wanted form. */
  wrong(name: string, wanted: string): LockstepError {
    const owner = this.position === null ? this.kind : `${this.kind} ${this.position}`;
    const detail = `${name} of ${owner} is ${describe(this.get(name))} and not ${wanted}`;
    return new LockstepError('BLOCK_MALFORMED', { detail, data: { field: name, position: this.position } });
  }

  get index(): number {
    return this.position ?? 0;
  }
}

/** What follows 0x; undefined when the value is not text that starts so. */
export function hexDigits(value: JsonValue | undefined): string | undefined {
  if (typeof value !== 'string' || value.charCodeAt(0) !== ZERO || value.charCodeAt(1) !== X) return undefined;
  return value.slice(2);
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return `'${remoteText(String(value))}'`;
}
