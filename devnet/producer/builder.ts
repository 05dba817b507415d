import type { BlockRef, Labels } from '../../src/chain/block.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { isOpStack, type ElKind } from '../els/el.js';
import { RpcError, type RpcClient } from '../rpc.js';
import type { Building, BuiltBlock, EngineDriver } from './engine-driver.js';
import type { SignedTransaction } from './traffic.js';

export interface BuildRequest extends Building {
  /** The current head of the EL; with a builder of the OP Stack any block whose state it has. */
  readonly parent: BlockRef;
  readonly labels: Labels;
  readonly transactions: readonly SignedTransaction[];
}

/** Makes the EL build a block of exactly the given transactions. */
export type Builder = (request: BuildRequest) => Promise<BuiltBlock>;

export function createBuilder(kind: ElKind, http: RpcClient, driver: EngineDriver): Builder {
  const envelopeOf = builderOf(kind, http, driver);
  return async (request) => {
    const envelope = await envelopeOf(request);
    const payload = envelope['executionPayload'];
    const requests = envelope['executionRequests'];
    if (!isJsonObject(payload)) throw new Error('the builder returned no payload');
    const included = Array.isArray(payload['transactions']) ? payload['transactions'].length : 0;
    const wanted = (request.attributes.transactions ?? []).length + request.transactions.length;
    // reth takes the transactions of a branch that it left into its pool again, and from there into its next block.
    const asWanted = kind === 'reth' ? included >= wanted : included === wanted;
    if (!asWanted) throw new Error(`the builder took ${included} of ${wanted} transactions`);
    return {
      fork: request.fork,
      payload: withoutRequestsHash(payload),
      blobVersionedHashes: request.transactions.flatMap((transaction) => transaction.blobVersionedHashes),
      parentBeaconBlockRoot: request.attributes.parentBeaconBlockRoot ?? null,
      executionRequests: Array.isArray(requests) ? (requests as readonly JsonValue[]) : [],
    };
  };
}

type EnvelopeOf = (request: BuildRequest) => Promise<JsonObject>;

function builderOf(kind: ElKind, http: RpcClient, driver: EngineDriver): EnvelopeOf {
  if (isOpStack(kind)) return opStackBuilder(driver);
  return kind === 'geth' ? testingBuilder(http) : engineBuilder(http, driver);
}

/** The OP Stack names the transactions in the attributes, so the payload is complete at once. */
function opStackBuilder(driver: EngineDriver): EnvelopeOf {
  return async ({ parent, labels, fork, attributes, transactions }) => {
    const all = [...(attributes.transactions ?? []), ...transactions.map(({ raw }) => raw)];
    const building = { fork, attributes: { ...attributes, transactions: all } };
    return driver.getPayload(await driver.forkchoice(parent, labels, building), fork);
  };
}

/** geth takes no larger request on its plain port; the limit is 5 MiB (engines-measured 2.F). */
const MAX_REQUEST_CHARS = 5_000_000;

/** geth's own test namespace: needs no pool and no waiting, unless the block is too large for one request. */
function testingBuilder(http: RpcClient): EnvelopeOf {
  return async ({ parent, attributes, transactions }) => {
    const fits = transactions.reduce((sum, { raw }) => sum + raw.length, 0) < MAX_REQUEST_CHARS;
    if (!fits) for (const { raw } of transactions) await http.call('eth_sendRawTransaction', [raw]);
    const raw = fits ? transactions.map((transaction) => transaction.raw) : null;
    const envelope = await http.call('testing_buildBlockV1', [parent.hash, attributes, raw, null]);
    if (!isJsonObject(envelope)) throw new Error('testing_buildBlockV1 answered no envelope');
    return envelope;
  };
}

/** Any EL that puts its whole pool into a payload at once. */
function engineBuilder(http: RpcClient, driver: EngineDriver): EnvelopeOf {
  return async ({ parent, labels, fork, attributes, transactions }) => {
    await sendAll(http, transactions);
    return driver.getPayload(await driver.forkchoice(parent, labels, { fork, attributes }), fork);
  };
}

async function sendAll(http: RpcClient, transactions: readonly SignedTransaction[]): Promise<void> {
  const method = 'eth_sendRawTransaction';
  const outcomes = await http.batch(transactions.map(({ raw }) => ({ method, params: [raw] })));
  for (const [index, outcome] of outcomes.entries()) {
    // The ethereumjs client takes a blob transaction and then fails while it writes the answer (engines 16.4); whether
    // it did take it shows in the block.
    const carriesBlobs = (transactions[index]?.blobVersionedHashes.length ?? 0) > 0;
    if (!outcome.ok && !carriesBlobs) throw new RpcError(method, outcome.code, outcome.message);
  }
}

/** The ethereumjs client adds a field that engine_newPayloadV4 does not have (engines 16.6). */
function withoutRequestsHash(payload: JsonObject): JsonObject {
  const { requestsHash: _, ...rest } = payload;
  return rest;
}
