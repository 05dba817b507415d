import type { BlockRef } from '../chain/block.js';
import type { PartsBlock } from '../chain/fetched-block.js';
import { rpcError } from '../util/envelope.js';
import { type Hex, toData } from '../util/hex.js';
import type { JsonObject } from '../util/json.js';
import type { RpcOutcome } from '../util/rpc.js';
import { readArray, schemaError } from './decode.js';
import { isMethodMissing } from './rpc-errors.js';
import type { SourceWire } from './wire.js';

const METHOD = 'eth_getRawTransactionByBlockHashAndIndex';

/** Far below every known limit on batches (geth 1000, providers 100). */
const BATCH_MAX_CALLS = 100;

/** More than any execution client takes into a block as one transaction. */
const TRANSACTION_MAX_BYTES = 16 * 1024 * 1024;

/**
 * A block with the raw encoding of each transaction, for types that cannot be encoded from JSON; null when the source
 * does not serve them.
 * @throws LockstepError SOURCE_*
 */
export async function fetchParts(
  wire: SourceWire,
  block: JsonObject,
  ref: BlockRef,
  signal: AbortSignal,
): Promise<PartsBlock | null> {
  const { transactions: listed, ...header } = block;
  const count = readArray(listed, 'the transactions').length;
  const transactions: Hex[] = [];
  while (transactions.length < count) {
    const first = transactions.length;
    const size = Math.min(BATCH_MAX_CALLS, wire.callsPerBatch, count - first);
    const calls = Array.from({ length: size }, (_, index) => rawTransaction(ref, first + index));
    for (const outcome of await wire.askTogether(calls, signal)) {
      if (!outcome.ok && isMethodMissing(outcome)) return null;
      transactions.push(readRawTransaction(outcome, ref, transactions.length));
    }
  }
  return { form: 'parts', block: header, transactions };
}

function rawTransaction({ hash }: BlockRef, index: number) {
  return { method: METHOD, params: [hash, `0x${index.toString(16)}`] };
}

function readRawTransaction(outcome: RpcOutcome, { hash }: BlockRef, index: number): Hex {
  if (!outcome.ok) throw rpcError('SOURCE', METHOD, outcome);
  const raw = toData(outcome.result, TRANSACTION_MAX_BYTES);
  // Geth answers with empty bytes for a block that it does not have (any more).
  if (raw === undefined || raw === '0x') throw schemaError(`no encoding of transaction ${index} of block ${hash}`);
  return raw;
}
