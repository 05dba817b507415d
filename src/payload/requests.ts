import { createHash } from 'node:crypto';
import type { RequestEvidence, RequestLog } from '../chain/fetched-block.js';
import { LockstepError } from '../util/errors.js';
import type { Hash, Hex } from '../util/hex.js';

/** The requestsHash of a block without requests: sha256 of nothing (EIP-7685). */
export const EMPTY_REQUESTS_HASH: Hash = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** A system contract whose queue is emptied, up to a maximum, into the requests of a block. */
interface SystemQueue {
  readonly type: '01' | '02';
  readonly address: Hex;
  readonly requestChars: number;
  readonly maxPerBlock: number;
  /** What the contract logs, as the request that it queues. */
  readonly fromLog: (data: string) => string;
}

const WITHDRAWAL_CHARS = 2 * 76;
const AMOUNT_CHARS = 2 * 8;

/** EIP-7002. The amount is big-endian in the log and little-endian in the request. */
const WITHDRAWALS: SystemQueue = {
  type: '01',
  address: '0x00000961ef480eb55e80d19ad83579a64c007002',
  requestChars: WITHDRAWAL_CHARS,
  maxPerBlock: 16,
  fromLog: (data) =>
    data.slice(0, -AMOUNT_CHARS) + Buffer.from(data.slice(-AMOUNT_CHARS), 'hex').reverse().toString('hex'),
};

/** EIP-7251. */
const CONSOLIDATIONS: SystemQueue = {
  type: '02',
  address: '0x0000bbddc7ce488642fb579f8b00f3a590007251',
  requestChars: 2 * 116,
  maxPerBlock: 2,
  fromLog: (data) => data,
};

/** EIP-6110: topic and data of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`. */
const DEPOSIT_TOPIC: Hash = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5';
const DEPOSIT_DATA_CHARS = 2 * 576;
/** Public key, withdrawal credentials, amount, signature and index, as bytes of the data. */
const DEPOSIT_FIELDS = [
  [192, 240],
  [288, 320],
  [352, 360],
  [416, 512],
  [544, 552],
] as const;

/** The requestsHash of a verified block; null before Prague. */
export interface RequestsCommitment {
  readonly requestsHash: Hash | null;
}

/**
 * Rebuilds the execution requests of a block (EIP-7685: non-empty ones, ascending types) and proves them by their hash.
 * @throws LockstepError BLOCK_REQUESTS_UNKNOWN when what is rebuilt does not hash to `requestsHash`.
 */
export function rebuildRequests(evidence: RequestEvidence, { requestsHash }: RequestsCommitment): Hex[] {
  const queued = [
    ...takeFromQueue(WITHDRAWALS, evidence.withdrawalQueue, evidence.logs),
    ...takeFromQueue(CONSOLIDATIONS, evidence.consolidationQueue, evidence.logs),
  ];
  for (const deposits of depositCandidates(evidence.logs)) {
    const requests = [...deposits, ...queued];
    if (hashOf(requests) === requestsHash) return requests;
  }
  const stateGone = evidence.withdrawalQueue === null || evidence.consolidationQueue === null;
  const why = stateGone
    ? 'the source no longer has the state of the parent block, whose queue is part of them'
    : `nothing rebuilt from ${evidence.logs.length} logs hashes to ${requestsHash ?? 'a missing requestsHash'}`;
  throw new LockstepError('BLOCK_REQUESTS_UNKNOWN', {
    detail: why,
    data: { logs: evidence.logs.length, stateGone },
  });
}

/** sha256 over the sha256 of each request. */
function hashOf(requests: readonly Hex[]): Hash {
  const outer = createHash('sha256');
  for (const request of requests) outer.update(createHash('sha256').update(request.slice(2), 'hex').digest());
  return `0x${outer.digest('hex')}`;
}

/**
 * What stood in the queue at the parent comes first, then what this block queued, up to the maximum. A queue that is
 * not known is taken for empty, as every block leaves it unless more was queued than the maximum.
 */
function takeFromQueue(queue: SystemQueue, atParent: Hex | null, logs: readonly RequestLog[]): Hex[] {
  const digits = atParent?.slice(2) ?? '';
  if (digits.length % queue.requestChars !== 0) {
    throw new LockstepError('BLOCK_REQUESTS_UNKNOWN', {
      detail: `the queue of ${queue.address} answered ${digits.length / 2} bytes`,
    });
  }
  const requests: string[] = [];
  for (let at = 0; at < digits.length; at += queue.requestChars)
    requests.push(digits.slice(at, at + queue.requestChars));
  for (const { address, topics, data } of logs) {
    if (address === queue.address && topics.length === 0 && data.length === 2 + queue.requestChars) {
      requests.push(queue.fromLog(data.slice(2)));
    }
  }
  return toRequests(queue.type, requests.slice(0, queue.maxPerBlock));
}

/**
 * Deposits come from one contract, whose address is a setting of the chain: every emitter of deposit events is tried,
 * and none. The hash decides.
 */
function depositCandidates(logs: readonly RequestLog[]): Hex[][] {
  const byEmitter = new Map<Hex, string[]>();
  for (const { address, topics, data } of logs) {
    if (topics[0] !== DEPOSIT_TOPIC || data.length !== 2 + DEPOSIT_DATA_CHARS) continue;
    const deposit = DEPOSIT_FIELDS.map(([from, to]) => data.slice(2 + 2 * from, 2 + 2 * to)).join('');
    const deposits = byEmitter.get(address);
    if (deposits === undefined) byEmitter.set(address, [deposit]);
    else deposits.push(deposit);
  }
  return [...[...byEmitter.values()].map((deposits) => toRequests('00', deposits)), []];
}

function toRequests(type: string, requests: readonly string[]): Hex[] {
  return requests.length === 0 ? [] : [`0x${type}${requests.join('')}`];
}
