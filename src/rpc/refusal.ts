import { JSONRPCErrorException } from 'json-rpc-2.0';

/** Error codes of JSON-RPC 2.0, and those of EIP-1474 that fit. */
export const RPC_CODES = {
  parse: -32700,
  'invalid-request': -32600,
  'unknown-method': -32601,
  'invalid-params': -32602,
  internal: -32603,
  'not-available': -32000,
  'not-served': -32004,
  'too-many': -32005,
} as const;

export type RpcCodeName = keyof typeof RPC_CODES;

/** For docs/rpc.md: what each code means here, and what the caller can do. */
export const RPC_CODE_MEANINGS: Readonly<Record<RpcCodeName, string>> = {
  parse: 'the body is not JSON',
  'invalid-request': 'not a JSON-RPC 2.0 request, an empty batch, or a batch of too many',
  'unknown-method': 'no such method, or one that needs `--rpc.enable-admin`',
  'invalid-params': 'too many, too few or wrong parameters; the message names the first wrong one',
  internal: 'a bug of lockstep; its log has the details',
  'not-available':
    'it cannot be told now: the EL or the consensus client of the source does not answer, or has no such block or state (`data.code` and `data.fix` tell more)',
  'not-served': 'a method of a consensus client that a follower cannot answer; `data.reason` says why',
  'too-many': 'more requests at a time than are answered; ask again',
};

/** An answer that is a refusal. `data.reason` is for programs and does not change. */
export function refusal(code: RpcCodeName, reason: string, message: string): JSONRPCErrorException {
  return new JSONRPCErrorException(message, RPC_CODES[code], { reason });
}
