import type { BlockRef } from '../chain/block.js';
import type { SyncStatus } from '../chain/sync-status.js';
import { ZERO_HASH } from '../util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../util/json.js';
import { readHash, readInteger, schemaError } from './decode.js';
import type { ConsensusChain } from './source.js';

/**
 * The result of optimism_syncStatus: numbers are JSON integers, and a block that is not known is all zeros and never
 * null (opstack 8). Keys beyond those read here differ between clients and are passed over.
 * @throws LockstepError SOURCE_SCHEMA
 */
export function readSyncStatus(result: JsonValue): SyncStatus {
  if (!isJsonObject(result)) throw schemaError('the sync status is not an object');
  const unsafe = readStatusRef(result, 'unsafe_l2');
  if (unsafe === null) throw schemaError('unsafe_l2 is not set (yet)');
  return {
    unsafe,
    safe: readStatusRef(result, 'safe_l2'),
    finalized: readStatusRef(result, 'finalized_l2'),
    localSafe: readOptionalRef(result, 'local_safe_l2'),
    currentL1: readStatusRef(result, 'current_l1'),
    l1: {
      head: readOptionalRef(result, 'head_l1'),
      safe: readOptionalRef(result, 'safe_l1'),
      finalized: readOptionalRef(result, 'finalized_l1'),
    },
  };
}

/** The result of optimism_rollupConfig, as far as it names the chain. @throws LockstepError SOURCE_SCHEMA */
export function readRollupConfig(result: JsonValue): ConsensusChain {
  if (!isJsonObject(result)) throw schemaError('the rollup configuration is not an object');
  const genesis = isJsonObject(result['genesis']) ? result['genesis']['l2'] : undefined;
  if (!isJsonObject(genesis)) throw schemaError('the rollup configuration names no L2 genesis');
  const what = 'the L2 genesis of the rollup configuration';
  return {
    chainId: readInteger(result, 'l2_chain_id', 'the rollup configuration', Number.MAX_SAFE_INTEGER),
    genesis: { number: readInteger(genesis, 'number', what), hash: readHash(genesis, 'hash', what) },
    config: result,
  };
}

function readOptionalRef(status: JsonObject, field: string): BlockRef | null {
  return Object.hasOwn(status, field) ? readStatusRef(status, field) : null;
}

function readStatusRef(status: JsonObject, field: string): BlockRef | null {
  const ref = status[field];
  if (!isJsonObject(ref)) throw schemaError(`${field} of the sync status is not a block`);
  if (ref['hash'] === ZERO_HASH && ref['number'] === 0) return null;
  return {
    number: readInteger(ref, 'number', field),
    hash: readHash(ref, 'hash', field),
    parentHash: readHash(ref, 'parentHash', field),
    timestamp: readInteger(ref, 'timestamp', field),
  };
}
