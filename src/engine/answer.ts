import { asLockstepError, LockstepError, remoteText } from '../util/errors.js';
import { type Hash, toHash } from '../util/hex.js';
import { rpcError } from '../util/envelope.js';
import { isJsonObject, type JsonValue } from '../util/json.js';
import type { EngineAnswer, VerdictOn } from './engine.js';

/** geth gives up the reply after its own 30 s with this code, and goes on with the work. */
const SERVER_TIMEOUT = -32002;

/**
 * A PayloadStatusV1 (execution-apis, engine/paris.md) as an answer.
 * @throws LockstepError ENGINE_SCHEMA when it is none
 */
export function readPayloadStatus(value: JsonValue | undefined): EngineAnswer {
  if (!isJsonObject(value)) throw schemaError('the payload status is not an object');
  const status = value['status'];
  const latestValidHash = readLatestValidHash(value['latestValidHash']);
  const reason = readValidationError(value['validationError']);
  if (status === 'VALID' || status === 'SYNCING' || status === 'ACCEPTED') return { status };
  if (status === 'INVALID') return { status, latestValidHash, reason, verdictOn: verdictOn(latestValidHash, reason) };
  if (status === 'INVALID_BLOCK_HASH') return { status: 'INVALID', latestValidHash: null, reason, verdictOn: 'form' };
  throw schemaError(`unknown payload status ${remoteText(JSON.stringify(status ?? null))}`);
}

/**
 * geth and op-geth after a crash; besu where the state of the parent is pruned; geth 1.17.7 after a reorg over exactly
 * 128 blocks to a branch that it had executed before: it stores the history of their fork twice (layertree.go, cap).
 */
const OWN_STATE = /missing trie node|layer stale|world state .* not available|append operation is out-order/i;

/**
 * The block that was sent is not the block that the hash names. A wrong method version reads like that: reth answers it
 * with the parent, or null, as the latest valid hash, where others answer -38005 or -32602 (docs/engines.md).
 */
const OWN_FORM = /block ?hash mismatch|versioned ?hash|nil withdrawalsroot/i;

/** An EL that executed a block names the parent as valid; null means that it got no further than reading it. */
function verdictOn(latestValidHash: Hash | null, reason: string): VerdictOn {
  if (OWN_STATE.test(reason)) return 'state';
  return latestValidHash === null || OWN_FORM.test(reason) ? 'form' : 'block';
}

/** An absent field is read as null: some serialisers leave nulls out. */
function readLatestValidHash(value: JsonValue | undefined): Hash | null {
  if (value === null || value === undefined) return null;
  const hash = toHash(value);
  if (hash === undefined) throw schemaError('latestValidHash is not a hash');
  return hash;
}

function readValidationError(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'no reason given';
  if (typeof value !== 'string') throw schemaError('validationError is not a text');
  return remoteText(value);
}

/**
 * What a failed state-changing call came to. REJECTED: the EL answered an error object. UNSENT: its engine certainly
 * never saw the request. UNKNOWN: everything else, a reply that cannot be read included.
 * @throws LockstepError what no transport throws, since that is a bug and not an answer
 */
export function readFailure(thrown: unknown): EngineAnswer {
  const error = asLockstepError(thrown);
  if (error.code !== 'ABORTED' && !error.code.startsWith('ENGINE_')) throw error;
  if (error.code === 'ENGINE_RPC_ERROR') return readRpcError(error);
  return { status: neverArrived(error) ? 'UNSENT' : 'UNKNOWN', error };
}

/** ELs refuse by these HTTP codes before they look at the call: token, Host header, size. */
const REFUSED_UNREAD: ReadonlySet<unknown> = new Set([401, 403, 413]);

function neverArrived({ data }: LockstepError): boolean {
  return data['phase'] === 'connect' || REFUSED_UNREAD.has(data['status']);
}

function readRpcError(error: LockstepError): EngineAnswer {
  const code = error.data['rpcCode'];
  if (typeof code !== 'number') return { status: 'UNKNOWN', error };
  if (code !== SERVER_TIMEOUT) return { status: 'REJECTED', code, reason: error.message };
  const timeout = new LockstepError('ENGINE_TIMEOUT', { detail: 'the EL gave up its own reply', cause: error });
  return { status: 'UNKNOWN', error: timeout };
}

/** The error object that stands for one call of a batch. */
export function readRejection(
  method: string,
  error: { readonly code: number; readonly message: string },
): EngineAnswer {
  return readRpcError(rpcError('ENGINE', method, error));
}

export function schemaError(detail: string): LockstepError {
  return new LockstepError('ENGINE_SCHEMA', { detail });
}
