import { setTimeout as wait } from 'node:timers/promises';
import type { BlockRef, Labels } from '../../src/chain/block.js';
import { ZERO_HASH } from '../../src/util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import type { RpcClient } from '../rpc.js';

/** PayloadAttributes of the Engine API up to V3, with the fields of the OP Stack (opstack 9). */
export type PayloadAttributes = {
  readonly timestamp: string;
  readonly prevRandao: string;
  readonly suggestedFeeRecipient: string;
  /** From Shanghai on. */
  readonly withdrawals?: readonly JsonObject[];
  /** From Cancun on. */
  readonly parentBeaconBlockRoot?: string;
  /** The rest is of the OP Stack. Raw transactions that come first. */
  readonly transactions?: readonly string[];
  readonly noTxPool?: boolean;
  readonly gasLimit?: string;
  /** From Holocene on. */
  readonly eip1559Params?: string;
  /** From Jovian on; not in hex. */
  readonly minBaseFee?: number;
};

/** What the versions of the methods depend on. */
export type EngineFork = 'paris' | 'shanghai' | 'cancun' | 'prague';

interface MethodVersions {
  readonly forkchoiceUpdated: number;
  readonly getPayload: number;
  readonly newPayload: number;
}

const VERSIONS: Readonly<Record<EngineFork, MethodVersions>> = {
  paris: { forkchoiceUpdated: 2, getPayload: 2, newPayload: 2 },
  shanghai: { forkchoiceUpdated: 2, getPayload: 2, newPayload: 2 },
  cancun: { forkchoiceUpdated: 3, getPayload: 3, newPayload: 3 },
  prague: { forkchoiceUpdated: 3, getPayload: 4, newPayload: 4 },
};

const PARAMETERS_BESIDE_PAYLOAD: Readonly<Record<number, number>> = { 2: 0, 3: 2, 4: 3 };

/** A payload as a builder returned it, with what newPayload wants beside it. */
export interface BuiltBlock {
  readonly fork: EngineFork;
  readonly payload: JsonObject;
  readonly blobVersionedHashes: readonly string[];
  /** null before Cancun. */
  readonly parentBeaconBlockRoot: string | null;
  readonly executionRequests: readonly JsonValue[];
}

export interface Building {
  readonly fork: EngineFork;
  readonly attributes: PayloadAttributes;
}

/** The Engine API calls of a block producer. Anything but VALID is an error: the blocks are our own. */
export interface EngineDriver {
  newPayload(block: BuiltBlock): Promise<void>;
  /** Returns the payload id when something is to be built. */
  forkchoice(head: BlockRef, labels: Labels, building?: Building): Promise<JsonValue>;
  getPayload(payloadId: JsonValue, fork: EngineFork): Promise<JsonObject>;
}

/** An EL that has just started may answer SYNCING to a forkchoice once (engines 16.6). */
const SYNCING_RETRIES = 50;
const SYNCING_DELAY_MS = 100;

export function engineDriver(engine: RpcClient): EngineDriver {
  return {
    async newPayload({ fork, payload, blobVersionedHashes, parentBeaconBlockRoot, executionRequests }) {
      const version = VERSIONS[fork].newPayload;
      const beside = [blobVersionedHashes, parentBeaconBlockRoot, executionRequests];
      const params = [payload, ...beside.slice(0, PARAMETERS_BESIDE_PAYLOAD[version])];
      const status = await engine.call(`engine_newPayloadV${version}`, params);
      if (statusOf(status) !== 'VALID') throw new Error(`newPayload of an own block: ${JSON.stringify(status)}`);
    },
    async forkchoice(head, labels, building) {
      const state = {
        headBlockHash: head.hash,
        safeBlockHash: labels.safe?.hash ?? ZERO_HASH,
        finalizedBlockHash: labels.finalized?.hash ?? ZERO_HASH,
      };
      const method = `engine_forkchoiceUpdatedV${VERSIONS[building?.fork ?? 'prague'].forkchoiceUpdated}`;
      for (let attempt = 0; ; attempt++) {
        const answer = await engine.call(method, [state, building?.attributes ?? null]);
        const { payloadStatus = null, payloadId = null } = isJsonObject(answer) ? answer : {};
        const status = statusOf(payloadStatus);
        if (status === 'VALID') return payloadId;
        if (status !== 'SYNCING' || attempt >= SYNCING_RETRIES) {
          throw new Error(`forkchoice to own block ${head.number}: ${JSON.stringify(payloadStatus)}`);
        }
        await wait(SYNCING_DELAY_MS);
      }
    },
    async getPayload(payloadId, fork) {
      const envelope = await engine.call(`engine_getPayloadV${VERSIONS[fork].getPayload}`, [payloadId]);
      if (!isJsonObject(envelope)) throw new Error('getPayload answered no envelope');
      return envelope;
    },
  };
}

function statusOf(answer: JsonValue): JsonValue {
  return isJsonObject(answer) ? (answer['status'] ?? null) : null;
}
