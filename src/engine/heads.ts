import type { BlockRef, Heads } from '../chain/block.js';
import { type RpcOutcome, rpcError } from '../util/envelope.js';
import { toNumber } from '../util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../util/json.js';
import type { RpcCall } from '../util/rpc.js';
import { schemaError } from './answer.js';
import { readBlockRef } from './block-ref.js';
import type { EngineClient } from './client.js';
import { NOT_SYNCING, type EngineSyncing } from './engine.js';

const GET_BLOCK = 'eth_getBlockByNumber';
const LATEST = 'the latest block';

function getBlock(tag: string): RpcCall {
  return { method: GET_BLOCK, params: [tag, false] };
}

/** What {@link readHead} asks. */
export const HEAD_CALLS: readonly RpcCall[] = [getBlock('latest')];

/** What {@link readHeads} asks. */
export const HEADS_CALLS: readonly RpcCall[] = ['latest', 'safe', 'finalized'].map(getBlock);

export async function readHead(client: EngineClient, signal: AbortSignal): Promise<BlockRef> {
  return readBlockRef(await client.call(getBlock('latest'), signal), LATEST);
}

/** The three labels out of one batch, so that they belong together. */
export async function readHeads(client: EngineClient, signal: AbortSignal): Promise<Heads> {
  return headsOf(await client.batch(HEADS_CALLS, signal));
}

/** The answers to HEADS_CALLS; to HEAD_CALLS, without labels. @throws LockstepError ENGINE_SCHEMA, ENGINE_RPC_ERROR */
export function headsOf([latest, safe, finalized]: readonly RpcOutcome[]): Heads {
  if (latest === undefined) throw schemaError('the batch came back empty');
  if (!latest.ok) throw rpcError('ENGINE', `${GET_BLOCK} latest`, latest);
  return {
    unsafe: readBlockRef(latest.result, LATEST),
    safe: readLabel(safe, 'the safe block'),
    finalized: readLabel(finalized, 'the finalized block'),
  };
}

/** A label that was never set is null in some ELs and an error object in others, with codes that differ. */
function readLabel(outcome: RpcOutcome | undefined, what: string): BlockRef | null {
  if (outcome?.ok !== true || outcome.result === null) return null;
  return readBlockRef(outcome.result, what);
}

/** The canonical block at a height as the EL answers it, with its ref; or null. */
export async function readBlockAt(
  client: EngineClient,
  number: number,
  signal: AbortSignal,
): Promise<{ readonly ref: BlockRef; readonly block: JsonValue } | null> {
  const block = await client.call(getBlock(`0x${number.toString(16)}`), signal);
  if (block === null) return null;
  const ref = readBlockRef(block, `block ${number}`);
  if (ref.number === number) return { ref, block };
  throw schemaError(`block ${ref.number} was answered for block ${number}`);
}

/** The canonical block at a height, or null. */
export async function readRefAt(client: EngineClient, number: number, signal: AbortSignal): Promise<BlockRef | null> {
  return (await readBlockAt(client, number, signal))?.ref ?? null;
}

/** An EL that cannot say (ethereumjs without peers answers an error) is not syncing by itself. */
export async function readSyncing(client: EngineClient, signal: AbortSignal): Promise<EngineSyncing> {
  const result = await client.callOptional({ method: 'eth_syncing', params: [] }, signal);
  if (result === null || result === false) return NOT_SYNCING;
  if (isJsonObject(result)) return syncStatus(result);
  throw schemaError('eth_syncing answered neither false nor an object');
}

/**
 * geth counts blocks, and 1.17 also answers an object while only its transaction index lags: its blocks are at the
 * target then. reth 2.5.1 names its own head as current and as highest block from begin to end, and what moves is the
 * checkpoint of each of its stages.
 */
function syncStatus({ currentBlock, highestBlock, stages }: JsonObject): EngineSyncing {
  const [current = 0, highest] = [toNumber(currentBlock), toNumber(highestBlock)];
  const busy = highest === undefined || toNumber(currentBlock) === undefined || current < highest;
  if (!Array.isArray(stages)) return { busy, underway: busy, at: current, work: current };
  const checkpoints = new Map(stages.filter(isJsonObject).map(({ name, block }) => [name, toNumber(block) ?? 0]));
  const work = [...checkpoints.values()].reduce((sum, block) => sum + block, current);
  return { busy, underway: true, at: Math.max(current, checkpoints.get('Execution') ?? 0), work };
}
