import type { BlockRef } from '../chain/block.js';
import type { RequestEvidence } from '../chain/fetched-block.js';
import { rpcError } from '../util/envelope.js';
import { type Hex, toData } from '../util/hex.js';
import type { JsonValue } from '../util/json.js';
import type { RpcOutcome } from '../util/rpc.js';
import { readLogs, schemaError } from './decode.js';
import { isMethodMissing, prunedOrThrow } from './rpc-errors.js';
import type { Lookup } from './source.js';
import type { SourceWire } from './wire.js';

/** The caller that makes a system contract hand out its queue (EIP-7002, EIP-7251). */
const SYSTEM_ADDRESS = '0xfffffffffffffffffffffffffffffffffffffffe';
const WITHDRAWAL_CONTRACT = '0x00000961ef480eb55e80d19ad83579a64c007002';
const CONSOLIDATION_CONTRACT = '0x0000bbddc7ce488642fb579f8b00f3a590007251';

/** A block hands out at most 16 withdrawals of 76 bytes and 2 consolidations of 116. */
const QUEUE_MAX_BYTES = 64 * 1024;

/** Receipts of the block, and what the two system queues would hand out after its parent. */
export async function fetchEvidence(
  wire: SourceWire,
  block: BlockRef,
  signal: AbortSignal,
): Promise<Lookup<RequestEvidence>> {
  const [receipts, withdrawals, consolidations] = await Promise.all([
    fetchReceipts(wire, block, signal),
    readQueue(wire, block, WITHDRAWAL_CONTRACT, signal),
    readQueue(wire, block, CONSOLIDATION_CONTRACT, signal),
  ]);
  if (receipts.kind !== 'found') return receipts;
  const logs = readLogs(receipts.value);
  return { kind: 'found', value: { logs, withdrawalQueue: withdrawals, consolidationQueue: consolidations } };
}

async function fetchReceipts(wire: SourceWire, block: BlockRef, signal: AbortSignal): Promise<Lookup<JsonValue>> {
  const method = 'eth_getBlockReceipts';
  const ask = (id: string): Promise<RpcOutcome> => wire.ask({ method, params: [id] }, signal);
  const outcome = await byHashElseHeight(ask, block.hash, block.number);
  if (!outcome.ok) return prunedOrThrow(method, outcome);
  return outcome.result === null ? { kind: 'absent' } : { kind: 'found', value: outcome.result };
}

/** Null when the state of the parent is gone: full nodes keep that of 128 blocks. */
async function readQueue(wire: SourceWire, block: BlockRef, to: string, signal: AbortSignal): Promise<Hex | null> {
  const method = 'eth_call';
  const call = { from: SYSTEM_ADDRESS, to, data: '0x' };
  const ask = (id: string): Promise<RpcOutcome> => {
    const at = id === block.parentHash ? { blockHash: id } : id;
    return wire.ask({ method, params: [call, at] }, signal);
  };
  const outcome = await byHashElseHeight(ask, block.parentHash, block.number - 1);
  if (outcome.ok) return readQueueData(outcome.result);
  if (isMethodMissing(outcome)) throw rpcError('SOURCE', method, outcome);
  // The call itself cannot fail on this contract: without a result the state of the parent is gone.
  return null;
}

/** By hash is exact; ethereumjs takes heights only, and answers null or an error for a hash. What came for the wrong branch fails the check of the requests. */
async function byHashElseHeight(
  ask: (id: string) => Promise<RpcOutcome>,
  hash: string,
  height: number,
): Promise<RpcOutcome> {
  const outcome = await ask(hash);
  if (outcome.ok ? outcome.result !== null : isMethodMissing(outcome)) return outcome;
  return ask(`0x${height.toString(16)}`);
}

function readQueueData(value: JsonValue): Hex {
  const data = toData(value, QUEUE_MAX_BYTES);
  if (data === undefined) throw schemaError('a system queue is not hex data');
  return data;
}
