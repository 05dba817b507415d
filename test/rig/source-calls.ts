import type { WireCall } from '../../devnet/proxy/wire-log.js';

const BLOCK_METHODS = ['debug_getRawBlock', 'eth_getBlockByHash'];

/** Everything from the start to the fetch of the last block; what comes after it is following. */
export function untilLastBlock(calls: readonly WireCall[]): readonly WireCall[] {
  return calls.slice(0, calls.findLastIndex(({ method }) => BLOCK_METHODS.includes(method)) + 1);
}
