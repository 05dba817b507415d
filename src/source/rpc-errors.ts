import { rpcError } from '../util/envelope.js';
import type { LockstepError } from '../util/errors.js';
import type { RpcOutcome } from '../util/rpc.js';
import type { Lookup } from './source.js';

/** The error object of a call that was answered with one. */
export type RpcFailure = Extract<RpcOutcome, { readonly ok: false }>;

/** EIP-4444 "pruned history unavailable" (geth, besu), and EIP-1474 "resource not found". */
const PRUNED: ReadonlySet<number> = new Set([4444, -32001]);

/**
 * JSON-RPC "method not found", EIP-1474 "method not supported", and "invalid request", by which providers refuse what
 * is not part of a plan.
 */
const METHOD_MISSING: ReadonlySet<number> = new Set([-32601, -32004, -32600]);

export function isMethodMissing(failure: RpcFailure): boolean {
  return METHOD_MISSING.has(failure.code);
}

/** What a failed look-up says: pruned, or else nothing. @throws LockstepError SOURCE_RPC_ERROR */
export function prunedOrThrow(method: string, failure: RpcFailure): Lookup<never> {
  const error = rpcError('SOURCE', method, failure);
  if (!PRUNED.has(failure.code)) throw error;
  return { kind: 'pruned', detail: error.message };
}

/** A gateway that lets only some methods through; 401 and 429 are about us and not about the method. */
export function isRefusedByStatus({ code, data }: LockstepError): boolean {
  const status = data['status'];
  if (code !== 'SOURCE_AUTH' && code !== 'SOURCE_BAD_BODY') return false;
  return typeof status === 'number' && status > 401 && status < 500;
}
