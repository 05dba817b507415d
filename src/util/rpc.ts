import type { JsonValue } from './json.js';

/** Which side a transport talks to: it prefixes the codes of its errors (SOURCE_TIMEOUT, ENGINE_TIMEOUT, ...). */
export type Peer = 'SOURCE' | 'ENGINE';

export interface RpcTransportOptions {
  readonly peer: Peer;
  /** http(s) URL; path and user-info are kept, user-info becomes a Basic authorization header. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** One deadline per call, from send to the last byte of the body. */
  readonly timeoutMs: number;
  /** Cap on the body after inflation. */
  readonly maxResponseBytes: number;
  readonly maxConnections: number;
  /** Ask for gzip. Off on loopback, where it costs more than it saves. */
  readonly gzip: boolean;
}

export interface PostOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RpcReply {
  readonly body: Buffer;
  /** The Date header, or null. */
  readonly date: string | null;
}

export interface RpcCall {
  readonly method: string;
  readonly params: readonly JsonValue[];
}

/** One element of a batch: a result, or the JSON-RPC error object. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: JsonValue }
  | { readonly ok: false; readonly code: number; readonly message: string };
