import { toNumber } from '../util/hex.js';
import type { JsonValue } from '../util/json.js';
import { refusal } from './refusal.js';

/** How one parameter is read. */
export interface ParamType<T> {
  /** For documentation and for the refusal: "a block number in hex". */
  readonly describe: string;
  /** Undefined when the value is anything else. */
  read(value: JsonValue): T | undefined;
}

/** A block number as op-node takes it: hex text without leading zeros. */
export const BLOCK_NUMBER: ParamType<number> = { describe: 'a block number in hex, as "0x5"', read: toNumber };

export const HASH: ParamType<string> = {
  describe: 'a hash of 32 bytes in hex',
  read: (value) => (typeof value === 'string' && /^0x[0-9a-fA-F]{64}$/.test(value) ? value : undefined),
};

export function integer(min: number, max: number): ParamType<number> {
  return {
    describe: `a whole number from ${min} to ${max}`,
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined,
  };
}

export function oneOf<T extends string>(words: readonly T[]): ParamType<T> {
  return {
    describe: `one of ${words.map((word) => `"${word}"`).join(', ')}`,
    read: (value) => words.find((word) => word === value),
  };
}

/** Anything: of a method that is refused whatever it is called with. */
export const ANYTHING: ParamType<JsonValue> = { describe: 'anything', read: (value) => value };

/** @throws JSONRPCErrorException invalid-params for params that are no array, or more than the method has */
export function requireList(params: unknown, most: number): readonly JsonValue[] {
  const list: unknown = params ?? [];
  if (!Array.isArray(list)) throw refusal('invalid-params', 'not-a-list', 'params have to be a list');
  if (list.length <= most) return list as readonly JsonValue[];
  throw refusal('invalid-params', 'too-many-params', `too many params: ${list.length}, at most ${most} are taken`);
}

/** @throws JSONRPCErrorException invalid-params */
export function readParam<T>(list: readonly JsonValue[], index: number, name: string, type: ParamType<T>): T {
  const value = list[index];
  const read = value === undefined ? undefined : type.read(value);
  if (read !== undefined) return read;
  const what = value === undefined ? 'is missing' : 'is not valid';
  throw refusal('invalid-params', 'bad-param', `params[${index}] (${name}) ${what}: it has to be ${type.describe}`);
}
