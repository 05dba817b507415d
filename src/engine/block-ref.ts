import type { BlockRef } from '../chain/block.js';
import { toHash, toNumber } from '../util/hex.js';
import { isJsonObject, type JsonValue } from '../util/json.js';
import { schemaError } from './answer.js';

/**
 * The ref of a block object as eth_getBlockBy* answers it.
 * @throws LockstepError ENGINE_SCHEMA
 */
export function readBlockRef(block: JsonValue, what: string): BlockRef {
  if (!isJsonObject(block)) throw schemaError(`${what} is not a block`);
  const number = toNumber(block['number']);
  const hash = toHash(block['hash']);
  const parentHash = toHash(block['parentHash']);
  const timestamp = toNumber(block['timestamp']);
  if (number === undefined || hash === undefined || parentHash === undefined || timestamp === undefined) {
    throw schemaError(`${what} lacks number, hash, parentHash or timestamp`);
  }
  return { number, hash, parentHash, timestamp };
}
