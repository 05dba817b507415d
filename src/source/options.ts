import type { RetryPolicy } from '../util/retry.js';

export interface SourceOptions {
  /** http(s) URL of the trusted RPC, with path and user-info. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Deadline of one request, from send to the last byte of the reply. */
  readonly rpcTimeoutMs: number;
  /** Requests under way at once; more wait for a connection within their own deadline. */
  readonly maxConcurrency: number;
  /** Cap on one reply after inflation. */
  readonly maxResponseBytes: number;
  readonly retry?: Partial<RetryPolicy>;
  /** Told of every JSON-RPC call sent, each attempt and each element of a batch: 'ok', or the error code. */
  readonly onCall?: (method: string, outcome: string) => void;
}
