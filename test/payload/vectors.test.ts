import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildPayload } from '../../src/payload/build.js';
import { initKeccak } from '../../src/payload/keccak.js';
import type { Payload } from '../../src/payload/payload.js';
import { rebuildRequests } from '../../src/payload/requests.js';
import { verifyBlock } from './both-hashers.js';
import type { FetchedBlock } from '../../src/chain/fetched-block.js';
import type { JsonValue } from '../../src/util/json.js';
import { allForms, evidenceOf, fromV2, title, VECTORS, type Vector } from './vectors.js';
import { paramsOf } from './params-of.js';

function payloadOf(vector: Vector, fetched: FetchedBlock): Payload {
  const block = verifyBlock(fetched, { number: vector.number, hash: vector.hash });
  return buildPayload(block, block.requestsNeeded ? rebuildRequests(evidenceOf(vector), block) : []);
}

/** The recorder wrote null for fields that the version does not have; they are left out here. */
function withoutNulls([payload, ...others]: Vector['params']): JsonValue[] {
  return [Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null)), ...others];
}

beforeAll(initKeccak);

describe.each(VECTORS.map((vector) => [title(vector), vector] as const))('the block %s', (_, vector) => {
  it('gives the parameters that the client called VALID', () => {
    const payload = payloadOf(vector, allForms(vector)[0]!);
    expect(paramsOf(payload)).toEqual(withoutNulls(vector.params));
    expect(`engine_newPayloadV${payload.version}`).toBe(fromV2(vector.method));
    expect(payload.transactionCount).toBe(vector.rpcBlock.transactions.length);
  });

  it('gives the same bytes from RLP, from JSON and from parts', () => {
    const [first, ...others] = allForms(vector).map((fetched) => payloadOf(vector, fetched));
    for (const other of others) {
      expect(other.request.equals(first!.request)).toBe(true);
      expect(other.ref).toEqual(first!.ref);
    }
  });

  it('has the ref of its header', () => {
    const { parentHash, timestamp } = vector.rpcBlock;
    expect(payloadOf(vector, allForms(vector)[0]!).ref).toEqual({
      number: vector.number,
      hash: vector.hash,
      parentHash,
      timestamp: Number(timestamp),
    });
  });
});
