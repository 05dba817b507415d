import type { BlockRef } from '../chain/block.js';
import type { L1Origin } from '../chain/l1-origin.js';

/** The N of engine_newPayloadVN, inferred from the header fields (engines 9: up to Shanghai 2, Cancun 3, Prague 4). */
export type PayloadVersion = 2 | 3 | 4;

/** A verified block, ready to send. */
export interface Payload {
  readonly ref: BlockRef;
  readonly version: PayloadVersion;
  /** The text of the whole JSON-RPC request `engine_newPayloadV{version}`, id FIXED_REQUEST_ID: sent as it is, uncopied. */
  readonly request: Buffer;
  readonly transactionCount: number;
  /** Null on a chain that is not of the OP Stack, and where the block does not tell it. */
  readonly l1Origin: L1Origin | null;
  /** What it took to verify the block and to build this of it; absent where nobody measured. */
  readonly preparedMs?: number;
}
