// The front door loads fetch, caches and WebSockets too: an eighth of the CPU time of a start.
import Pool from 'undici/lib/dispatcher/pool.js';
import { LARGE_BUFFERS } from './buffer-pool.js';
import { credentialHeaders } from './credential-headers.js';
import { type Peer, peerError, readBatch, readReply, rpcError, type RpcOutcome } from './envelope.js';
import { LockstepError } from './errors.js';
import { exchange, type ExchangeLimits, type HttpRequest, type HttpResponse } from './http-exchange.js';
import { statusError } from './http-status.js';
import { ACCEPT_ENCODING, inflateBody } from './inflate.js';
import type { JsonValue } from './json.js';
import { displayUrl } from './redact.js';
import { type RpcCall, requestText } from './request-text.js';
import { connectWithSharedReads } from './shared-reads.js';
import { systemErrorCode } from './system-error.js';

export type { Peer, RpcOutcome } from './envelope.js';
export type { RpcCall } from './request-text.js';

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
  /** The peer closed the last connection, and nothing was asked of it: another process may answer when it is asked again. */
  readonly onHangUp?: () => void;
}

export interface PostOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** A lower cap on the body than that of the transport. */
  readonly maxBytes?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ask for a compressed reply. */
  readonly gzip?: boolean;
  /** How long a request that may have been sent outlives the abort of the signal. Without it, it is cut at once. */
  readonly drainMs?: number;
}

export interface RpcReply {
  readonly body: Buffer;
  /** The Date header, or null. */
  readonly date: string | null;
  /** The body as it came: its bytes before inflation, and when its first and its last byte were there. */
  readonly transfer: { readonly sizeBytes: number; readonly fromMs: number; readonly toMs: number };
  readonly wasCompressed: boolean;
}

/** Geth closes an idle connection after 120 s without a word (engines-measured 2.F): ours must be closed before. */
const IDLE_CONNECTION_MAX_MS = 90_000;
const CONNECT_TIMEOUT_MAX_MS = 10_000;

/** How undici says that the other side closed a connection; for what we close it has other words. */
const PEER_CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * JSON-RPC over HTTP with one peer. Nothing is ever sent twice and no redirect is followed. Every method rejects with a
 * LockstepError of its peer, or ABORTED. `data.phase` tells 'connect' (the request was certainly not sent) from
 * 'exchange' (the peer may have received it) on every transport error.
 */
export class RpcTransport {
  /** Scheme and host, without credentials, path or query: fit for a log. */
  readonly name: string;
  readonly #options: RpcTransportOptions;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #pool: InstanceType<typeof Pool>;
  #nextId = 1;
  #underWay = 0;

  /** @throws LockstepError CONFIG_INVALID for an unusable URL or header; the value is not repeated in the error. */
  constructor(options: RpcTransportOptions) {
    const url = parseUrl(options.url);
    this.name = displayUrl(options.url);
    this.#options = options;
    this.#path = `${url.pathname}${url.search}`;
    this.#headers = transportHeaders(options, url);
    this.#pool = new Pool(url.origin, {
      connections: options.maxConnections,
      pipelining: 1,
      keepAliveTimeout: IDLE_CONNECTION_MAX_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MAX_MS,
      connect: connectWithSharedReads(Math.min(options.timeoutMs, CONNECT_TIMEOUT_MAX_MS)),
    });
    this.#pool.on('disconnect', (_origin, _targets, error) => {
      const isSilent = this.#underWay === 0 && this.#pool.stats.connected === 0;
      if (isSilent && PEER_CLOSED.has(systemErrorCode(error))) options.onHangUp?.();
    });
  }

  /** Sends one body once, and gives back the reply, inflated and not yet read. */
  async post(body: string | Buffer, o: PostOptions): Promise<RpcReply> {
    const { peer, maxResponseBytes } = this.#options;
    const maxBytes = Math.min(o.maxBytes ?? Infinity, maxResponseBytes);
    const gzip = o.gzip ?? false;
    const request = {
      path: this.#path,
      headers: { ...this.#headers, ...(gzip ? { 'accept-encoding': ACCEPT_ENCODING } : {}), ...o.headers },
      body: typeof body === 'string' ? Buffer.from(body) : body,
    };
    const response = await this.#exchange(request, {
      peer,
      name: this.name,
      timeoutMs: o.timeoutMs ?? this.#options.timeoutMs,
      maxBytes,
      signal: o.signal,
      drainMs: o.drainMs ?? 0,
    });
    const plain = this.#inflate(response, gzip, maxBytes);
    const refused = statusError(peer, this.name, { ...response, body: plain }, request.body.length);
    if (refused !== undefined) throw refused;
    const { fromMs, toMs } = response;
    return {
      body: plain,
      date: response.headers.date ?? null,
      transfer: { sizeBytes: response.body.length, fromMs, toMs },
      wasCompressed: plain !== response.body,
    };
  }

  /** One call. @throws LockstepError <PEER>_RPC_ERROR with data {rpcCode, method} for an error object. */
  async call(call: RpcCall, o: PostOptions): Promise<JsonValue> {
    const id = this.takeIds(1);
    const { body } = await this.post(requestText(id, call), o);
    const outcome = readReply(this.#options.peer, body, id);
    LARGE_BUFFERS.giveBack(body);
    if (!outcome.ok) throw rpcError(this.#options.peer, call.method, outcome);
    return outcome.result;
  }

  /** One batch, outcomes in the order of `calls`. A batch refused as a whole is thrown as <PEER>_RPC_ERROR. */
  async batch(calls: readonly RpcCall[], o: PostOptions): Promise<readonly RpcOutcome[]> {
    const firstId = this.takeIds(calls.length);
    const text = calls.map((call, index) => requestText(firstId + index, call)).join(',');
    const { body } = await this.post(`[${text}]`, o);
    const outcomes = readBatch(this.#options.peer, body, firstId, calls.length);
    LARGE_BUFFERS.giveBack(body);
    return outcomes;
  }

  /** Reserves `count` request ids in a row and gives the first, for who builds a body for {@link post}. */
  takeIds(count: number): number {
    const first = this.#nextId;
    this.#nextId += count;
    return first;
  }

  /** Ends every connection; calls under way are ABORTED. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #exchange(request: HttpRequest, limits: ExchangeLimits): Promise<HttpResponse> {
    this.#underWay += 1;
    try {
      return await exchange(this.#pool, request, limits);
    } finally {
      this.#underWay -= 1;
    }
  }

  #inflate({ body, headers }: HttpResponse, gzip: boolean, maxBytes: number): Buffer {
    const { peer } = this.#options;
    const encoding = headers['content-encoding'];
    if (encoding === undefined || encoding.toLowerCase() === 'identity') return body;
    if (gzip) return inflateBody(peer, body, encoding, maxBytes);
    throw peerError(peer, 'BAD_BODY', {
      detail: `${this.name}: a content-encoding that was not asked for`,
      data: { phase: 'exchange' },
    });
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new LockstepError('CONFIG_INVALID', { detail: 'an RPC URL must start with http:// or https://' });
}

function transportHeaders(options: RpcTransportOptions, url: URL): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json' };
  return { ...headers, ...credentialHeaders(options.headers, url) };
}
