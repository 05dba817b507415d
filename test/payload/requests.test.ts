import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { AbiCoder } from 'ethers/abi';
import type { RequestEvidence, RequestLog } from '../../src/chain/fetched-block.js';
import { buildPayload } from '../../src/payload/build.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { rebuildRequests } from '../../src/payload/requests.js';
import { verifyBlock } from './both-hashers.js';
import type { Hash, Hex } from '../../src/util/hex.js';
import { expectRefusal } from './refusal.js';
import { evidenceOf, rlpForm, title, VECTORS } from './vectors.js';

const WITH_EVIDENCE = VECTORS.filter(({ rpcReceipts }) => rpcReceipts !== undefined);
const WITHDRAWAL_CONTRACT = '0x00000961ef480eb55e80d19ad83579a64c007002';
const CONSOLIDATION_CONTRACT = '0x0000bbddc7ce488642fb579f8b00f3a590007251';
const DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa';
const DEPOSIT_TOPIC = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5';
const NO_EVIDENCE: RequestEvidence = { logs: [], withdrawalQueue: '0x', consolidationQueue: '0x' };

/** EIP-7685, word for word. */
function commitment(requests: readonly string[]): Hash {
  const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
  const hashes = requests.map((request) => sha256(Buffer.from(request.slice(2), 'hex')));
  return `0x${sha256(Buffer.concat(hashes)).toString('hex')}`;
}

function bytes(sizeBytes: number, fill: number): Hex {
  return `0x${Buffer.alloc(sizeBytes, fill).toString('hex')}`;
}

/** The parts of a deposit, in the order of the event and of the request. */
function deposit(fill: number): Hex[] {
  return [bytes(48, fill), bytes(32, fill + 1), bytes(8, fill + 2), bytes(96, fill + 3), bytes(8, fill + 4)];
}

function depositLog(parts: readonly Hex[], address: Hex = DEPOSIT_CONTRACT): RequestLog {
  const data = AbiCoder.defaultAbiCoder().encode(['bytes', 'bytes', 'bytes', 'bytes', 'bytes'], parts) as Hex;
  return { address, topics: [DEPOSIT_TOPIC], data };
}

const joined = (...parts: readonly string[]): Hex => `0x${parts.map((part) => part.slice(2)).join('')}`;

function withdrawal(fill: number): { readonly log: RequestLog; readonly request: Hex } {
  const start = bytes(68, fill);
  return {
    log: { address: WITHDRAWAL_CONTRACT, topics: [], data: joined(start, '0x0102030405060708') },
    request: joined(start, '0x0807060504030201'),
  };
}

function consolidation(fill: number): { readonly log: RequestLog; readonly request: Hex } {
  const request = bytes(116, fill);
  return { log: { address: CONSOLIDATION_CONTRACT, topics: [], data: request }, request };
}

beforeAll(initKeccak);

describe.each(WITH_EVIDENCE.map((vector) => [title(vector), vector] as const))('the block %s', (_, vector) => {
  it('has the requests that the client accepted', () => {
    const block = verifyBlock(rlpForm(vector.rawBlock), {});
    expect(rebuildRequests(evidenceOf(vector), block)).toEqual(vector.params[3]);
    expect(block.requestsNeeded).toBe((vector.params[3] as unknown[]).length > 0);
  });

  it('gets no payload without the requests that it needs', () => {
    const block = verifyBlock(rlpForm(vector.rawBlock), {});
    if (block.requestsNeeded) expectRefusal(() => buildPayload(block), 'BLOCK_REQUESTS_UNKNOWN');
    else expect(buildPayload(block).version).toBe(4);
  });
});

describe('execution requests', () => {
  it('are never needed before Prague or on the OP Stack', () => {
    const others = VECTORS.filter(({ chain, method }) => chain === 'op-forks' || method !== 'engine_newPayloadV4');
    for (const { rawBlock } of others) expect(verifyBlock(rlpForm(rawBlock), {}).requestsNeeded).toBe(false);
    expect(others.length).toBeGreaterThan(15);
  });

  it('are none where nothing happened', () => {
    expect(rebuildRequests(NO_EVIDENCE, { requestsHash: commitment([]) })).toEqual([]);
  });

  it('hold the deposits, then the withdrawals, then the consolidations', () => {
    const logs = [consolidation(5).log, withdrawal(6).log, depositLog(deposit(10)), depositLog(deposit(20))];
    const expected = [
      joined('0x00', ...deposit(10), ...deposit(20)),
      joined('0x01', withdrawal(6).request),
      joined('0x02', consolidation(5).request),
    ];
    const evidence = { ...NO_EVIDENCE, logs };
    expect(rebuildRequests(evidence, { requestsHash: commitment(expected) })).toEqual(expected);
  });

  it('leave out deposit events that are not from the deposit contract', () => {
    const logs = [depositLog(deposit(1), DEPOSIT_CONTRACT), depositLog(deposit(2), WITHDRAWAL_CONTRACT)];
    for (const fills of [[1], [2], []]) {
      const expected = fills.map((fill) => joined('0x00', ...deposit(fill)));
      expect(rebuildRequests({ ...NO_EVIDENCE, logs }, { requestsHash: commitment(expected) })).toEqual(expected);
    }
  });

  it('leave out logs of another form or another contract', () => {
    const { log } = withdrawal(1);
    const logs: RequestLog[] = [
      { ...log, topics: [DEPOSIT_TOPIC] },
      { ...log, data: bytes(75, 1) },
      { ...log, address: DEPOSIT_CONTRACT },
      { ...consolidation(1).log, data: bytes(115, 1) },
      { ...depositLog(deposit(1)), data: bytes(575, 1) },
      { ...depositLog(deposit(1)), topics: [] },
    ];
    expect(rebuildRequests({ ...NO_EVIDENCE, logs }, { requestsHash: commitment([]) })).toEqual([]);
  });

  it('take what was queued before first, up to the maximum', () => {
    const queued = Array.from({ length: 15 }, (_, i) => withdrawal(i).request);
    const evidence = {
      logs: [withdrawal(40).log, withdrawal(41).log, consolidation(1).log, consolidation(2).log],
      withdrawalQueue: joined(...queued),
      consolidationQueue: consolidation(3).request,
    };
    const expected = [
      joined('0x01', ...queued, withdrawal(40).request),
      joined('0x02', consolidation(3).request, consolidation(1).request),
    ];
    expect(rebuildRequests(evidence, { requestsHash: commitment(expected) })).toEqual(expected);
  });

  it('take a queue that is not known for empty, as it mostly is', () => {
    const evidence = { logs: [withdrawal(1).log], withdrawalQueue: null, consolidationQueue: null };
    const expected = [joined('0x01', withdrawal(1).request)];
    expect(rebuildRequests(evidence, { requestsHash: commitment(expected) })).toEqual(expected);
  });

  it.each(['withdrawalQueue', 'consolidationQueue'] as const)('are unknown when the %s is cut', (queue) => {
    const evidence = { ...NO_EVIDENCE, [queue]: bytes(75, 1) };
    expectRefusal(() => rebuildRequests(evidence, { requestsHash: commitment([]) }), 'BLOCK_REQUESTS_UNKNOWN');
  });

  it.each([commitment(['0x0001']), null])('are unknown when nothing hashes to %s', (requestsHash) => {
    const evidence = { ...NO_EVIDENCE, logs: [withdrawal(1).log, depositLog(deposit(1))] };
    expectRefusal(() => rebuildRequests(evidence, { requestsHash }), 'BLOCK_REQUESTS_UNKNOWN');
  });
});
