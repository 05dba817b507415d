import type { JsonObject } from '../util/json.js';
import type { Hash, Hex } from '../util/hex.js';

/** The block's RLP as hex text inside a reply buffer: characters `start` (after `0x`) up to `end`. */
export interface RlpBlock {
  readonly form: 'rlp';
  readonly text: Buffer;
  readonly start: number;
  readonly end: number;
}

/** `eth_getBlockBy*` with whole transactions, as parsed and not yet trusted. */
export interface JsonBlock {
  readonly form: 'json';
  readonly block: JsonObject;
  /** Its transactions as items of a block RLP, in hex text, where they were never parsed: the list in `block` is empty. */
  readonly items?: Buffer;
}

/** `eth_getBlockBy*` without transactions, plus each transaction's canonical encoding in block order. */
export interface PartsBlock {
  readonly form: 'parts';
  readonly block: JsonObject;
  readonly transactions: readonly Hex[];
}

/** A block as the source served it: nothing in it is verified yet. */
export type FetchedBlock = RlpBlock | JsonBlock | PartsBlock;

/** One log of the block, in block order, reduced to what execution requests are rebuilt from. */
export interface RequestLog {
  readonly address: Hex;
  readonly topics: readonly Hash[];
  readonly data: Hex;
}

/**
 * What non-empty execution requests (EIP-7685) are rebuilt from: the block's logs, and what the two
 * system queues (EIP-7002 at 0x..7002, EIP-7251 at 0x..7251) answered at the parent block.
 */
export interface RequestEvidence {
  readonly logs: readonly RequestLog[];
  /** Null where the source no longer has the state of the parent, as for either queue. */
  readonly withdrawalQueue: Hex | null;
  readonly consolidationQueue: Hex | null;
}
