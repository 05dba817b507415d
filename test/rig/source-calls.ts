import type { WireCall } from '../../devnet/proxy/wire-log.js';

const BLOCK_METHODS = ['debug_getRawBlock', 'eth_getBlockByHash'];

/** Everything from the start to the fetch of the last block; what comes after it is following, as a look for the next is. */
export function untilLastBlock(calls: readonly WireCall[], last: number): readonly WireCall[] {
  const next = `0x${(last + 1).toString(16)}`;
  const isFetch = ({ method, params }: WireCall): boolean => BLOCK_METHODS.includes(method) && params[0] !== next;
  return calls.slice(0, calls.findLastIndex(isFetch) + 1);
}
