import type { BlockRef } from '../chain/block.js';
import type { RequestLog } from '../chain/fetched-block.js';
import { LockstepError } from '../util/errors.js';
import { type Hash, toData, toHash, toNumber, ZERO_HASH } from '../util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../util/json.js';

/** No chain has a height or a time (in seconds) beyond this: a larger one is a lie or a mistake. */
const HEIGHT_OR_TIME_MAX = 2 ** 44;
const ADDRESS_BYTES = 20;
const TOPICS_MAX = 4;
/** Log data is paid for by gas, 8 per byte: a block of a billion gas cannot hold more in one log. */
const LOG_DATA_MAX_BYTES = 128 * 1024 * 1024;

export function schemaError(detail: string): LockstepError {
  return new LockstepError('SOURCE_SCHEMA', { detail });
}

/**
 * The ref of a block of eth_getBlockBy*: known fields only, copied into a fresh object.
 * @throws LockstepError SOURCE_SCHEMA
 */
export function readRef(block: JsonValue, what: string): BlockRef {
  if (!isJsonObject(block)) throw schemaError(`${what} is not a block`);
  return {
    number: readHeightOrTime(block, 'number', what),
    hash: readHash(block, 'hash', what),
    parentHash: readHash(block, 'parentHash', what),
    timestamp: readHeightOrTime(block, 'timestamp', what),
  };
}

/** Some servers show a label that is not set as a block of zeros (reliability S17). */
export function isUnsetBlock(block: JsonValue): boolean {
  return block === null || (isJsonObject(block) && toHash(block['hash']) === ZERO_HASH);
}

/** An integer of the QUANTITY grammar. @throws LockstepError SOURCE_SCHEMA */
export function readQuantity(value: JsonValue, what: string): number {
  const number = toNumber(value);
  if (number === undefined) throw schemaError(`${what} is not a quantity of at most 2^53 - 1`);
  return number;
}

/** The logs of eth_getBlockReceipts, in block order. @throws LockstepError SOURCE_SCHEMA */
export function readLogs(receipts: JsonValue): readonly RequestLog[] {
  return readArray(receipts, 'the receipts').flatMap((receipt) => {
    const logs = isJsonObject(receipt) ? receipt['logs'] : undefined;
    return readArray(logs, 'the logs of a receipt').map(readLog);
  });
}

function readLog(log: JsonValue): RequestLog {
  const address = isJsonObject(log) ? toData(log['address'], ADDRESS_BYTES) : undefined;
  const data = isJsonObject(log) ? toData(log['data'], LOG_DATA_MAX_BYTES) : undefined;
  const topics = isJsonObject(log) ? readArray(log['topics'], 'the topics of a log').map(toHash) : [];
  if (address?.length !== 2 + 2 * ADDRESS_BYTES || data === undefined || topics.length > TOPICS_MAX) {
    throw schemaError('a log lacks its address or data, or has too many topics');
  }
  return { address, topics: topics.map(requireTopic), data };
}

function requireTopic(topic: Hash | undefined): Hash {
  if (topic === undefined) throw schemaError('a topic of a log is not 32 bytes');
  return topic;
}

export function readArray(value: JsonValue | undefined, what: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw schemaError(`${what} are not an array`);
  return value as readonly JsonValue[];
}

function readHeightOrTime(block: JsonObject, field: string, what: string): number {
  const value = toNumber(block[field]);
  if (value === undefined || value > HEIGHT_OR_TIME_MAX) throw schemaError(`${field} of ${what} is not plausible`);
  return value;
}

/** An integer written as a JSON number, as consensus clients do. @throws LockstepError SOURCE_SCHEMA */
export function readInteger(object: JsonObject, field: string, what: string, max = HEIGHT_OR_TIME_MAX): number {
  const value = object[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw schemaError(`${field} of ${what} is not a plausible whole number`);
  }
  return value;
}

/** A 32-byte hash; only a parent hash may be zero. @throws LockstepError SOURCE_SCHEMA */
export function readHash(block: JsonObject, field: string, what: string): Hash {
  const hash = toHash(block[field]);
  if (hash === undefined || (field === 'hash' && hash === ZERO_HASH)) {
    throw schemaError(`${field} of ${what} is not a 32-byte hash`);
  }
  return hash;
}
