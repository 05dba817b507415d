import type { RunningEl } from '../../devnet/els/el.js';
import { rpcClient, type RpcClient } from '../../devnet/rpc.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';

/** From this timestamp on the genesis of {@link withAmsterdam} makes Amsterdam blocks. */
const SECONDS_PER_BLOCK = 1;

/** Puts blocks of exactly the given transactions on a geth: block by block what a test is about, and nothing else. */
export class BlockMaker {
  readonly #http: RpcClient;
  readonly #engine: RpcClient;

  constructor(el: RunningEl) {
    this.#http = rpcClient(el.httpUrl);
    this.#engine = rpcClient(el.engineUrl, el.jwtSecretFile);
  }

  /** Adds one block; null takes the transactions of the pool. Equal calls make equal chains. */
  async add(transactions: readonly string[] | null = [], fork: 'prague' | 'amsterdam' = 'prague'): Promise<void> {
    const parent = objectOf(await this.#http.call('eth_getBlockByNumber', ['latest', false]));
    const slot = Number(parent['number']) + 1;
    const attributes = {
      timestamp: hex(Number(parent['timestamp']) + SECONDS_PER_BLOCK),
      prevRandao: `0x${'11'.repeat(32)}`,
      suggestedFeeRecipient: `0x${'22'.repeat(20)}`,
      withdrawals: [],
      parentBeaconBlockRoot: `0x${'33'.repeat(32)}`,
      ...(fork === 'amsterdam' && { slotNumber: hex(slot), targetGasLimit: parent['gasLimit'] ?? null }),
    };
    const built = objectOf(
      await this.#http.call('testing_buildBlockV1', [parent['hash'] ?? null, attributes, transactions, null]),
    );
    const payload = objectOf(built['executionPayload']);
    const method = fork === 'amsterdam' ? 'engine_newPayloadV5' : 'engine_newPayloadV4';
    const params = [payload, [], attributes.parentBeaconBlockRoot, built['executionRequests'] ?? []];
    requireValid(await this.#engine.call(method, params));
    const head = payload['blockHash'] ?? null;
    const labels = parent['hash'] ?? null;
    await this.#forkchoice({ headBlockHash: head, safeBlockHash: labels, finalizedBlockHash: labels });
  }

  async #forkchoice(state: JsonObject): Promise<void> {
    const answer = objectOf(await this.#engine.call('engine_forkchoiceUpdatedV3', [state, null]));
    requireValid(answer['payloadStatus']);
  }
}

function requireValid(status: JsonValue | undefined): void {
  if (objectOf(status)['status'] !== 'VALID') throw new Error(`an own block: ${JSON.stringify(status)}`);
}

export function objectOf(value: JsonValue | undefined): JsonObject {
  if (!isJsonObject(value)) throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
