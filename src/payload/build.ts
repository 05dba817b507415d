import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import { LockstepError } from '../util/errors.js';
import type { Hex } from '../util/hex.js';
import type { JsonValue } from '../util/json.js';
import { FIXED_REQUEST_ID, requestStart } from '../util/request-text.js';
import { readL1Origin } from './l1-attributes.js';
import type { Payload } from './payload.js';
import type { VerifiedBlock } from './verify.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const X = 0x78;
/** Two quotes and 0x around the digits of a transaction, and the comma behind it (the last has none). */
const TRANSACTION_OVERHEAD_BYTES = 5;

/**
 * Writes the newPayload request of a verified block. Transactions are copied as the hex text they came as.
 * `requests` are those of `rebuildRequests`, and are needed where the block says so.
 * @throws LockstepError BLOCK_REQUESTS_UNKNOWN when the block needs requests and there are none.
 */
export function buildPayload(block: VerifiedBlock, requests: readonly Hex[] = []): Payload {
  if (block.requestsNeeded && requests.length === 0) {
    throw new LockstepError('BLOCK_REQUESTS_UNKNOWN', { detail: `block ${block.ref.number} came without them` });
  }
  const [head, tail] = aroundTransactions(block, requests);
  const request = LARGE_BUFFERS.take(head.length + transactionsSizeBytes(block) + tail.length);
  const afterHead = request.write(head, 0, 'latin1');
  request.write(tail, copyTransactions(block, request, afterHead), 'latin1');
  const { ref, version, transactionCount } = block;
  return { ref, version, request, transactionCount, l1Origin: readL1Origin(block) };
}

/** The request before and behind the elements of `transactions`. */
function aroundTransactions(block: VerifiedBlock, requests: readonly Hex[]): [head: string, tail: string] {
  const { header, version } = block;
  const before = {
    parentHash: header.parentHash,
    feeRecipient: header.miner,
    stateRoot: header.stateRoot,
    receiptsRoot: header.receiptsRoot,
    logsBloom: header.logsBloom,
    prevRandao: header.mixHash,
    blockNumber: header.number,
    gasLimit: header.gasLimit,
    gasUsed: header.gasUsed,
    timestamp: header.timestamp,
    extraData: header.extraData,
    baseFeePerGas: header.baseFeePerGas,
    blockHash: block.ref.hash,
  };
  const after = {
    ...(block.withdrawals !== null && { withdrawals: block.withdrawals }),
    ...(version >= 3 && { blobGasUsed: header.blobGasUsed, excessBlobGas: header.excessBlobGas }),
    ...(block.isIsthmus && { withdrawalsRoot: header.withdrawalsRoot }),
  };
  const others: JsonValue[] = [];
  if (version >= 3) others.push(block.blobVersionedHashes, header.parentBeaconBlockRoot ?? null);
  if (version >= 4) others.push(requests);
  const members = JSON.stringify(after).slice(1, -1);
  const parameters = JSON.stringify(others).slice(1, -1);
  const call = `${requestStart(FIXED_REQUEST_ID)}"method":"engine_newPayloadV${version}"`;
  return [
    `${call},"params":[${JSON.stringify(before).slice(0, -1)},"transactions":[`,
    `]${members === '' ? '' : `,${members}`}}${parameters === '' ? '' : `,${parameters}`}]}`,
  ];
}

function transactionsSizeBytes({ transactions: { starts, ends } }: VerifiedBlock): number {
  if (starts.length === 0) return 0;
  let size = -1;
  for (let i = 0; i < starts.length; i++) size += 2 * ((ends[i] ?? 0) - (starts[i] ?? 0)) + TRANSACTION_OVERHEAD_BYTES;
  return size;
}

/** Writes `"0x..","0x.."` at an offset; returns the offset behind it. */
function copyTransactions({ rlp, transactions: { starts, ends } }: VerifiedBlock, out: Buffer, offset: number): number {
  let at = offset;
  for (let i = 0; i < starts.length; i++) {
    if (i > 0) out[at++] = COMMA;
    out[at++] = QUOTE;
    out[at++] = ZERO;
    out[at++] = X;
    at += rlp.text.copy(out, at, rlp.start + 2 * (starts[i] ?? 0), rlp.start + 2 * (ends[i] ?? 0));
    out[at++] = QUOTE;
  }
  return at;
}
