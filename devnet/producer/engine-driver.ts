import { setTimeout as wait } from 'node:timers/promises';
import type { BlockRef, Labels } from '../../src/chain/block.js';
import { ZERO_HASH } from '../../src/util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import type { RpcClient } from '../rpc.js';

/** PayloadAttributesV3 of the Engine API. */
export type PayloadAttributes = {
  readonly timestamp: string;
  readonly prevRandao: string;
  readonly suggestedFeeRecipient: string;
  readonly withdrawals: readonly JsonObject[];
  readonly parentBeaconBlockRoot: string;
};

/** A payload as a builder returned it, with what engine_newPayloadV4 wants beside it. */
export interface BuiltBlock {
  readonly payload: JsonObject;
  readonly blobVersionedHashes: readonly string[];
  readonly parentBeaconBlockRoot: string;
  readonly executionRequests: readonly JsonValue[];
}

/** The Engine API calls of a block producer. Anything but VALID is an error: the blocks are our own. */
export interface EngineDriver {
  newPayload(block: BuiltBlock): Promise<void>;
  /** Returns the payload id when attributes are given. */
  forkchoice(head: BlockRef, labels: Labels, attributes?: PayloadAttributes): Promise<JsonValue>;
  getPayload(payloadId: JsonValue): Promise<JsonObject>;
}

/** An EL that has just started may answer SYNCING to a forkchoice once (engines 16.6). */
const SYNCING_RETRIES = 50;
const SYNCING_DELAY_MS = 100;

export function engineDriver(engine: RpcClient): EngineDriver {
  return {
    async newPayload({ payload, blobVersionedHashes, parentBeaconBlockRoot, executionRequests }) {
      const params = [payload, blobVersionedHashes, parentBeaconBlockRoot, executionRequests];
      const status = await engine.call('engine_newPayloadV4', params);
      if (statusOf(status) !== 'VALID') throw new Error(`newPayload of an own block: ${JSON.stringify(status)}`);
    },
    async forkchoice(head, labels, attributes) {
      const state = {
        headBlockHash: head.hash,
        safeBlockHash: labels.safe?.hash ?? ZERO_HASH,
        finalizedBlockHash: labels.finalized?.hash ?? ZERO_HASH,
      };
      for (let attempt = 0; ; attempt++) {
        const answer = await engine.call('engine_forkchoiceUpdatedV3', [state, attributes ?? null]);
        const { payloadStatus = null, payloadId = null } = isJsonObject(answer) ? answer : {};
        const status = statusOf(payloadStatus);
        if (status === 'VALID') return payloadId;
        if (status !== 'SYNCING' || attempt >= SYNCING_RETRIES) {
          throw new Error(`forkchoice to own block ${head.number}: ${JSON.stringify(payloadStatus)}`);
        }
        await wait(SYNCING_DELAY_MS);
      }
    },
    async getPayload(payloadId) {
      const envelope = await engine.call('engine_getPayloadV4', [payloadId]);
      if (!isJsonObject(envelope)) throw new Error('getPayload answered no envelope');
      return envelope;
    },
  };
}

function statusOf(answer: JsonValue): JsonValue {
  return isJsonObject(answer) ? (answer['status'] ?? null) : null;
}
