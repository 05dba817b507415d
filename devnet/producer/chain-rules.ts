import type { BlockRef } from '../../src/chain/block.js';
import type { EngineFork, PayloadAttributes } from './engine-driver.js';
import type { Admitted } from './traffic.js';

/** Where a block goes. */
export interface BlockPlace {
  readonly parent: BlockRef;
  readonly number: number;
  /** Seconds. */
  readonly timestamp: number;
  /** Tells blocks of one height apart. */
  readonly branch: number;
}

/** What a kind of chain lays down for its blocks, beside the transactions of users. */
export interface ChainRules {
  readonly chainId: number;
  engineFork(place: BlockPlace): EngineFork;
  /** Equal places have equal attributes. Transactions in them come first in the block. */
  attributes(place: BlockPlace): PayloadAttributes;
  /** Which transactions of users the block may hold. */
  admitted(place: BlockPlace): Admitted;
}
