import type { JsonObject } from '../../src/util/json.js';
import { hash } from './fixture.js';

/** Blocks as op-node wrote them (opstack 8). */
export const SAFE_L2 =
  '{"hash":"0x21a10e85a35a417dced52fb65d7c734cb708d5b1df8dfca0b69ac3fe37a18992","number":33,"parentHash":"0xf6eb3d80f08b5c7e90d0005b4dbc4f805eb5a50c6cae2afcde807604198eccd8","timestamp":1795224609,"l1origin":{"hash":"0xdfff97bf6244e535ff9be795d381f3109749314ece40a6dcc4ab614199a95c6f","number":10},"sequenceNumber":1}';
export const CURRENT_L1 =
  '{"hash":"0x2814858714c2077499061d00801653592b18109ceb91f68fc7a018e3a97171ab","number":13,"parentHash":"0x5b484fc84c2f99181b242147896b174c3196ee526caed17ca405249f288f0b40","timestamp":1795224614}';

const ZERO = hash(0);
export const ZERO_L1: JsonObject = { hash: ZERO, number: 0, parentHash: ZERO, timestamp: 0 };
export const ZERO_L2: JsonObject = { ...ZERO_L1, l1origin: { hash: ZERO, number: 0 }, sequenceNumber: 0 };

/** A sync status with every key of op-node, in its order. */
export function opNodeStatus(changes: JsonObject = {}): JsonObject {
  const [l1, l2] = [JSON.parse(CURRENT_L1) as JsonObject, JSON.parse(SAFE_L2) as JsonObject];
  return {
    ...{ current_l1: l1, current_l1_finalized: l1, head_l1: l1, safe_l1: l1, finalized_l1: l1 },
    ...{ unsafe_l2: l2, safe_l2: l2, finalized_l2: ZERO_L2, pending_safe_l2: ZERO_L2, local_safe_l2: l2 },
    ...changes,
  };
}
