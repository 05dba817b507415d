import type { BlockRef } from '../chain/block.js';

/** The N of engine_newPayloadVN, inferred from the header fields (engines: Paris 1, Shanghai 2, Cancun 3, Prague 4). */
export type PayloadVersion = 1 | 2 | 3 | 4;

/** A verified block, ready to send: `params` is the JSON text of the params array of engine_newPayloadV`version`. */
export interface Payload {
  readonly ref: BlockRef;
  readonly version: PayloadVersion;
  readonly params: Buffer;
  readonly transactionCount: number;
}
