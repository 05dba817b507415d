import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher, Pool } from 'undici';
import { BodyBuffer } from './body-buffer.js';
import { peerError, type Peer } from './envelope.js';
import { LockstepError, remoteText } from './errors.js';

export interface HttpRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As received, not inflated. */
  readonly body: Buffer;
  /** When the headers and when the last byte were there, in ms of a monotonic clock. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ExchangeLimits {
  readonly peer: Peer;
  /** Scheme and host, for error messages. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** How long an exchange goes on after the signal has aborted; one that has not begun is given up at once. */
  readonly drainMs: number;
}

/**
 * One POST. The deadline covers waiting for a connection, the headers and the whole body; nothing is followed or sent
 * twice. Every rejection carries `data.phase`: 'connect' when not one byte of the request can have been sent,
 * 'exchange' when the peer may have received it.
 */
export function exchange(pool: Pool, request: HttpRequest, limits: ExchangeLimits): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const handler = new ExchangeHandler(limits, resolve, reject);
    if (handler.settled) return;
    pool.dispatch({ ...request, method: 'POST', headersTimeout: 0, bodyTimeout: 0 }, handler);
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: LockstepError) => void;
  readonly #timer: NodeJS.Timeout;
  #drainTimer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #response: Pick<HttpResponse, 'status' | 'headers' | 'fromMs'> | undefined;
  #body: BodyBuffer | undefined;
  settled = false;

  constructor(
    limits: ExchangeLimits,
    resolve: (response: HttpResponse) => void,
    reject: (error: LockstepError) => void,
  ) {
    this.#limits = limits;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(this.#onDeadline, limits.timeoutMs);
    limits.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (limits.signal.aborted) this.#onAbort();
  }

  /** Called with a connection in hand, right before the first byte is written; throwing here keeps it from being. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.settled) throw new LockstepError('ABORTED');
    this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#response = { status, headers, fromMs: performance.now() };
    const announcedBytes = Number(headers['content-length'] ?? 0);
    if (announcedBytes > this.#limits.maxBytes) this.#failOversize();
    else this.#body = new BodyBuffer(announcedBytes);
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.#body === undefined) return;
    if (this.#body.sizeBytes + piece.length > this.#limits.maxBytes) this.#failOversize();
    else this.#body.add(piece);
  }

  onResponseEnd(): void {
    if (this.#response === undefined || this.#body === undefined || !this.#settle()) return;
    this.#resolve({ ...this.#response, body: this.#body.bytes(), toMs: performance.now() });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    const detail = `${this.#limits.name}: ${remoteText(errorName(error))}`;
    const garbled = this.#response !== undefined || error.name === 'HTTPParserError' || isMalformed(error);
    if (isClosedByUs(error)) this.#fail(new LockstepError('ABORTED', { data: this.#data(), cause: error }));
    else if (garbled)
      this.#failAs('BAD_BODY', `${detail}, after ${this.#body?.sizeBytes ?? 0} bytes of the body`, error);
    else this.#failAs('UNREACHABLE', detail, error);
  }

  readonly #onDeadline = (): void => {
    this.#failAs('TIMEOUT', `${this.#limits.name}: nothing complete after ${this.#limits.timeoutMs} ms`);
  };

  readonly #onAbort = (): void => {
    const { drainMs } = this.#limits;
    if (this.#controller === undefined || drainMs === 0) this.#failAborted();
    else this.#drainTimer = setTimeout(this.#failAborted, drainMs);
  };

  readonly #failAborted = (): void => {
    this.#fail(new LockstepError('ABORTED', { data: this.#data() }));
  };

  #failOversize(): void {
    this.#failAs('OVERSIZE', `${this.#limits.name}: more than ${this.#limits.maxBytes} bytes`);
  }

  #failAs(code: 'TIMEOUT' | 'OVERSIZE' | 'BAD_BODY' | 'UNREACHABLE', detail: string, cause?: Error): void {
    this.#fail(peerError(this.#limits.peer, code, { detail, data: this.#data(), cause }));
  }

  #data(): { phase: 'connect' | 'exchange' } {
    return { phase: this.#controller === undefined ? 'connect' : 'exchange' };
  }

  #fail(error: LockstepError): void {
    if (!this.#settle()) return;
    this.#reject(error);
    // Destroys the socket: the rest of the reply must not be read, and must not be taken for the next one.
    this.#controller?.abort(error);
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#drainTimer);
    this.#limits.signal.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

function errorCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** ECONNREFUSED and the like; the message only where there is no code, since it may name a URL. */
function errorName(error: Error): string {
  return errorCode(error) ?? error.message;
}

function isClosedByUs(error: Error): boolean {
  return errorCode(error) === 'UND_ERR_DESTROYED' || errorCode(error) === 'UND_ERR_CLOSED';
}

function isMalformed(error: Error): boolean {
  return errorCode(error) === 'UND_ERR_HEADERS_OVERFLOW';
}
