import type { BlockRef } from '../chain/block.js';
import type { JsonValue } from '../util/json.js';
import type { RpcCall } from '../util/rpc.js';
import { readRef, schemaError } from './decode.js';
import type { BlockId } from './source.js';

/** A block id as a call parameter: a height as a QUANTITY, a hash as DATA. */
export function idParam(id: BlockId): string {
  return 'hash' in id ? id.hash : `0x${id.number.toString(16)}`;
}

/** eth_getBlockByHash or eth_getBlockByNumber. */
export function getBlock(id: BlockId, fullTransactions: boolean): RpcCall {
  const method = 'hash' in id ? 'eth_getBlockByHash' : 'eth_getBlockByNumber';
  return { method, params: [idParam(id), fullTransactions] };
}

export function getRawBlock(id: BlockId): RpcCall {
  return { method: 'debug_getRawBlock', params: [idParam(id)] };
}

/** The ref of the block that came for `id`. @throws LockstepError SOURCE_SCHEMA when it is another block */
export function readAskedRef(block: JsonValue, id: BlockId): BlockRef {
  const ref = readRef(block, `block ${idParam(id)}`);
  if ('hash' in id ? ref.hash !== id.hash : ref.number !== id.number) {
    throw schemaError(`asked for block ${idParam(id)}, got ${ref.number} ${ref.hash}`);
  }
  return ref;
}
