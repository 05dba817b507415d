import type { JsonValue } from './json.js';

export interface RpcCall {
  readonly method: string;
  readonly params: readonly JsonValue[];
}

/** The id of a request whose text is made before its transport is known: HTTP pairs it with its reply all the same. */
export const FIXED_REQUEST_ID = 1;

/** How every request text begins. */
export function requestStart(id: number): string {
  return `{"jsonrpc":"2.0","id":${id},`;
}

/** The text of one JSON-RPC request. */
export function requestText(id: number, { method, params }: RpcCall): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}
