import type { Socket } from 'node:net';
import type { buildConnector, Client, WebSocket } from 'undici';
import type { BlockRef } from '../chain/block.js';
import { credentialHeaders } from '../util/credential-headers.js';
import type { OnCall } from '../util/call-report.js';
import { bodyExcerpt, readReply, rpcError } from '../util/envelope.js';
import { asLockstepError, LockstepError, remoteText } from '../util/errors.js';
import { isJsonObject, type JsonValue } from '../util/json.js';
import { displayUrl } from '../util/redact.js';
import { requestText } from '../util/request-text.js';
import { readRef, schemaError } from './decode.js';
import type { HeadFeed, HeadListener } from './source.js';

export interface HeadFeedOptions {
  /** ws(s) URL of the source, with path and user-info. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Deadline from the first packet to the reply to eth_subscribe. */
  readonly openTimeoutMs: number;
  /** Told of every subscription that was asked for. */
  readonly onCall?: OnCall;
}

const SUBSCRIBE = 'eth_subscribe';
const SUBSCRIBE_ID = 1;

/** A header has 1.5 kB; some servers add the hashes of all transactions, 66 bytes each. */
const MESSAGE_MAX_BYTES = 1024 * 1024;
const FRAGMENTS_MAX = 64;
/** A source that syncs pushes a thousand headers in a second; more than this is noise, and costs us CPU. */
const BYTES_PER_SECOND_MAX = 8 * 1024 * 1024;
const SUBSCRIPTION_ID_MAX_CHARS = 128;
const CONNECT_TIMEOUT_MAX_MS = 10_000;

/** newHeads over a WebSocket. @throws LockstepError CONFIG_INVALID for an unusable header */
export function createHeadFeed(options: HeadFeedOptions): HeadFeed {
  const url = new URL(options.url);
  const headers = credentialHeaders(options.headers, url);
  // They travel in the header; a URL finds its way into too many messages.
  url.username = '';
  url.password = '';
  const name = displayUrl(options.url);
  return {
    name,
    subscribe: async (listener, signal) => {
      // Fetch, caches and WebSockets take an eighth of the CPU time of a start, and most runs do without.
      const undici = await import('undici');
      return new Promise<never>((_resolve, reject) => {
        new Subscription(undici, { ...options, name, url, headers }, listener, signal, reject).open();
      });
    },
  };
}

interface Undici {
  readonly Client: typeof Client;
  readonly WebSocket: typeof WebSocket;
  readonly buildConnector: typeof buildConnector;
}

interface Endpoint extends Pick<HeadFeedOptions, 'openTimeoutMs' | 'onCall'> {
  readonly name: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** One connection and the one subscription on it. It ends with the first thing that is not as it should be. */
class Subscription {
  readonly #undici: Undici;
  readonly #endpoint: Endpoint;
  readonly #listener: HeadListener;
  readonly #signal: AbortSignal;
  readonly #reject: (error: LockstepError) => void;
  #client: Client | null = null;
  #socket: Socket | null = null;
  #closeReason = 'the WebSocket handshake was refused';
  #timer: NodeJS.Timeout | undefined;
  #openedAtMs = 0;
  /** What the source calls the subscription; null until it has taken it. */
  #id: string | null = null;
  #ended = false;
  #second = 0;
  #bytesInSecond = 0;

  constructor(
    undici: Undici,
    endpoint: Endpoint,
    listener: HeadListener,
    signal: AbortSignal,
    reject: (error: LockstepError) => void,
  ) {
    this.#undici = undici;
    this.#endpoint = endpoint;
    this.#listener = listener;
    this.#signal = signal;
    this.#reject = reject;
  }

  open(): void {
    if (this.#signal.aborted) return this.#end(new LockstepError('ABORTED'));
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    const { url, headers, openTimeoutMs } = this.#endpoint;
    this.#openedAtMs = performance.now();
    this.#timer = setTimeout(this.#onDeadline, openTimeoutMs);
    const dispatcher = this.#connectable();
    const socket = new this.#undici.WebSocket(url, { dispatcher, headers });
    socket.onopen = () => {
      this.#closeReason = 'the connection was closed';
      socket.send(requestText(SUBSCRIBE_ID, { method: SUBSCRIBE, params: ['newHeads'] }));
    };
    socket.onmessage = ({ data }) => this.#guard(() => this.#take(data));
    // It follows every error.
    socket.onclose = ({ code }) => this.#fail('UNREACHABLE', `${this.#closeReason} (${code})`);
  }

  /** Keeps the socket: closing a WebSocket waits for a peer that may be gone, so it is cut. */
  #connectable(): Client {
    const { url, openTimeoutMs } = this.#endpoint;
    const timeout = Math.min(openTimeoutMs, CONNECT_TIMEOUT_MAX_MS);
    const connect = this.#undici.buildConnector({ timeout });
    this.#client = new this.#undici.Client(url.origin.replace(/^ws/, 'http'), {
      connect: (options, callback) =>
        connect(options, (error, socket) => {
          if (error !== null) {
            this.#closeReason = remoteText('code' in error ? String(error.code) : error.message);
            callback(error, null);
          } else {
            this.#socket = socket;
            callback(null, socket);
          }
        }),
      headersTimeout: openTimeoutMs,
      webSocket: { maxPayloadSize: MESSAGE_MAX_BYTES, maxFragments: FRAGMENTS_MAX },
    });
    return this.#client;
  }

  #take(data: unknown): void {
    if (typeof data !== 'string') throw this.#error('BAD_BODY', 'a binary message');
    this.#account(data.length);
    const message = parse(data);
    if (message === undefined) throw this.#error('BAD_BODY', bodyExcerpt(Buffer.from(data.slice(0, 256))));
    if (this.#id === null) return this.#takeReply(data, message);
    this.#listener.onHead(readNotification(message, this.#id));
  }

  /** A notification may overtake the reply; it is of no use without the id. */
  #takeReply(data: string, message: JsonValue): void {
    if (isJsonObject(message) && Object.hasOwn(message, 'method')) return;
    const outcome = readReply('SOURCE', Buffer.from(data), SUBSCRIBE_ID);
    if (!outcome.ok) throw rpcError('SOURCE', SUBSCRIBE, outcome);
    const { result } = outcome;
    if (typeof result !== 'string' || result.length > SUBSCRIPTION_ID_MAX_CHARS) {
      throw schemaError('the reply to eth_subscribe is not the id of a subscription');
    }
    this.#id = result;
    clearTimeout(this.#timer);
    this.#asked(null);
    this.#listener.onOpen();
  }

  #asked(error: LockstepError | null): void {
    this.#endpoint.onCall?.({ method: SUBSCRIBE, ms: performance.now() - this.#openedAtMs, error });
  }

  #account(chars: number): void {
    const second = Math.floor(performance.now() / 1_000);
    this.#bytesInSecond = second === this.#second ? this.#bytesInSecond + chars : chars;
    this.#second = second;
    if (this.#bytesInSecond > BYTES_PER_SECOND_MAX) throw this.#error('OVERSIZE', 'too many messages in one second');
  }

  #guard(work: () => void): void {
    if (this.#ended) return;
    try {
      work();
    } catch (thrown) {
      this.#end(asLockstepError(thrown));
    }
  }

  readonly #onAbort = (): void => this.#end(new LockstepError('ABORTED'));

  readonly #onDeadline = (): void => {
    this.#fail('TIMEOUT', `no subscription after ${this.#endpoint.openTimeoutMs} ms`);
  };

  #error(code: 'BAD_BODY' | 'OVERSIZE' | 'TIMEOUT' | 'UNREACHABLE', detail: string): LockstepError {
    return new LockstepError(`SOURCE_${code}`, { detail: `${this.#endpoint.name}: ${detail}` });
  }

  #fail(code: 'TIMEOUT' | 'UNREACHABLE', detail: string): void {
    this.#end(this.#error(code, detail));
  }

  #end(error: LockstepError): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    if (this.#id === null && error.code !== 'ABORTED') this.#asked(error);
    this.#socket?.destroy();
    void this.#client?.destroy();
    this.#reject(error);
  }
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function readNotification(message: JsonValue, id: string): BlockRef {
  const params = isJsonObject(message) && message['method'] === 'eth_subscription' ? message['params'] : null;
  if (!isJsonObject(params ?? null)) throw schemaError('a message is not a notification of eth_subscribe');
  const { subscription, result } = params as { readonly [key: string]: JsonValue };
  if (subscription !== id) throw schemaError('a notification is of another subscription');
  return readRef(result ?? null, 'a head of newHeads');
}
