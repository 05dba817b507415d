import { readFileSync } from 'node:fs';
import { decodeRlp, type RlpStructuredData } from 'ethers/utils';
import type { FetchedBlock, JsonBlock, PartsBlock, RequestEvidence, RlpBlock } from '../../src/chain/fetched-block.js';
import type { Hash, Hex } from '../../src/util/hex.js';
import type { JsonObject, JsonValue } from '../../src/util/json.js';
import { encodeRlp } from './reference-rlp.js';

/** One block of a real client: as served, and the newPayload call that the client answered VALID. */
export interface Vector {
  readonly chain: string;
  readonly client: string;
  readonly fork: string;
  readonly number: number;
  readonly hash: Hash;
  readonly rawBlock: Hex;
  readonly rpcBlock: JsonObject & { readonly transactions: readonly JsonObject[] };
  readonly method: string;
  readonly params: readonly [JsonObject, ...JsonValue[]];
  readonly rpcReceipts?: readonly { readonly logs: RequestEvidence['logs'] }[];
  readonly queueAtParent?: { readonly withdrawals7002: Hex; readonly consolidations7251: Hex };
}

export const VECTORS = JSON.parse(
  readFileSync(new URL('../vectors/blocks.json', import.meta.url), 'utf8'),
) as readonly Vector[];

/** The vector of a fork's last block on one of the chains `l1-forks`, `op-forks`. */
export function vectorOf(fork: string): Vector {
  const found = VECTORS.findLast((vector) => vector.fork === fork);
  if (found === undefined) throw new Error(`no vector of ${fork}`);
  return found;
}

/** The V1 calls in V2, which takes the same parameters from before Shanghai (execution-apis, engine/shanghai.md). */
export function fromV2(method: string): string {
  return method === 'engine_newPayloadV1' ? 'engine_newPayloadV2' : method;
}

export function title({ chain, number, fork }: Vector): string {
  return `${chain} ${number} (${fork})`;
}

/** RLP in the middle of a reply, as the source hands it over. */
export function rlpForm(rawBlock: string): RlpBlock {
  const before = '{"jsonrpc":"2.0","id":1,"result":"0x';
  const text = Buffer.from(`${before}${rawBlock.slice(2)}"}`);
  return { form: 'rlp', text, start: before.length, end: before.length + rawBlock.length - 2 };
}

export function jsonForm(vector: Vector): JsonBlock {
  return { form: 'json', block: vector.rpcBlock };
}

export function partsForm(vector: Vector): PartsBlock {
  const [, transactions] = decodeBlock(vector.rawBlock);
  return {
    form: 'parts',
    block: { ...vector.rpcBlock, transactions: vector.rpcBlock.transactions.map(({ hash }) => hash ?? null) },
    transactions: transactions.map(canonical),
  };
}

export function allForms(vector: Vector): FetchedBlock[] {
  return [rlpForm(vector.rawBlock), jsonForm(vector), partsForm(vector)];
}

/** A transaction of a decoded block in its canonical encoding: a list is a legacy one. */
export function canonical(item: RlpStructuredData): Hex {
  return typeof item === 'string' ? (item as Hex) : encodeRlp(item);
}

/** Header fields, transactions, ommers and, from Shanghai on, withdrawals; free to be changed. */
export type DecodedBlock = [
  header: string[],
  transactions: RlpStructuredData[],
  ommers: RlpStructuredData[],
  withdrawals?: RlpStructuredData[],
];

export function decodeBlock(rawBlock: string): DecodedBlock {
  // From bytes: ethers reads hex text one digit at a time.
  return structuredClone(decodeRlp(Buffer.from(rawBlock.slice(2), 'hex'))) as DecodedBlock;
}

export function evidenceOf({ rpcReceipts, queueAtParent }: Vector): RequestEvidence {
  if (rpcReceipts === undefined || queueAtParent === undefined) throw new Error('the vector has no evidence');
  return {
    logs: rpcReceipts.flatMap(({ logs }) => logs),
    withdrawalQueue: queueAtParent.withdrawals7002,
    consolidationQueue: queueAtParent.consolidations7251,
  };
}
