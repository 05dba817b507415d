import { gzipSync } from 'node:zlib';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ExchangeFault, WireRequest } from './faults.js';

/** A reply as the upstream gave it, or as the proxy made it. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Headers that describe one hop and are written anew for the next. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

/** The reply that the fault puts in the place of the upstream's, or null when the upstream is to be asked. */
export function cannedReply(fault: ExchangeFault, [request]: readonly WireRequest[]): HttpReply | null {
  const { kind } = fault;
  if (kind === 'text' && request !== undefined) return made(200, 'application/json', fault.text(request));
  if (kind === 'status') return made(fault.code, 'text/plain', fault.body ?? '', fault.headers);
  if (kind === 'html') return made(200, 'text/html', '<!doctype html><title>502</title><h1>Bad gateway</h1>');
  if (kind === 'redirect') return made(307, 'text/plain', '', { location: fault.location });
  if (kind === 'oversize') return made(200, 'application/json', padded(fault.bytes));
  if (kind !== 'gzip-bomb') return null;
  return made(200, 'application/json', gzipSync(padded(fault.inflatedBytes)), { 'content-encoding': 'gzip' });
}

function made(
  status: number,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { status, headers: { 'content-type': type, ...headers }, body: bytes };
}

/** White space is legal JSON, so only a cap on the size can refuse this. */
function padded(sizeBytes: number): Buffer {
  const tail = '{"jsonrpc":"2.0","id":1,"result":null}';
  return Buffer.concat([Buffer.alloc(Math.max(0, sizeBytes - tail.length), ' '), Buffer.from(tail)]);
}

/** Sends the reply whole. Resolves when the client has it or is gone. */
export function send(
  res: ServerResponse,
  reply: HttpReply,
  setHeaders: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, value] of Object.entries({ ...reply.headers, ...setHeaders })) {
    if (value !== undefined && !HOP_HEADERS.has(name)) res.setHeader(name, value);
  }
  res.statusCode = reply.status;
  res.setHeader('content-length', reply.body.length);
  return ended(res, () => res.end(reply.body));
}

/** Sends half of the body and closes, with a content-length that it then breaks or without one. */
export function sendTruncated(res: ServerResponse, reply: HttpReply, contentLength: boolean): Promise<void> {
  const half = reply.body.subarray(0, Math.floor(reply.body.length / 2));
  const lengthLine = contentLength ? `content-length: ${reply.body.length}\r\n` : '';
  return overSocket(res, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${lengthLine}connection: close\r\n\r\n`);
    socket.end(half);
  });
}

/** Sends the body in small pieces, until it ends or the client gives up. */
export async function sendDripping(
  res: ServerResponse,
  reply: HttpReply,
  { chunkBytes, everyMs }: { readonly chunkBytes: number; readonly everyMs: number },
): Promise<void> {
  res.writeHead(reply.status, { 'content-type': 'application/json', 'content-length': reply.body.length });
  for (let at = 0; at < reply.body.length && !res.destroyed; at += chunkBytes) {
    res.write(reply.body.subarray(at, at + chunkBytes));
    await pause(everyMs, res);
  }
  if (!res.destroyed) await ended(res, () => res.end());
}

/** Resets the connection (RST), as a crashed process or a firewall does. */
export function reset(res: ServerResponse): void {
  res.socket?.resetAndDestroy();
}

/** Closes our direction without an answer; the client may go on sending, and is read. */
export function halfClose(res: ServerResponse): Promise<void> {
  return overSocket(res, (socket) => {
    socket.end();
    socket.resume();
  });
}

/** Resolves when the client gives up, never before. */
export function hang(res: ServerResponse): Promise<void> {
  return ended(res, () => undefined);
}

/** Waits, but not for a client that has gone. */
export function pause(ms: number, res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      res.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    res.on('close', done);
    if (res.destroyed) done();
  });
}

function ended(res: ServerResponse, act: () => void): Promise<void> {
  return new Promise((resolve) => {
    if (res.destroyed || res.socket === null) {
      resolve();
      return;
    }
    res.once('finish', () => resolve());
    res.once('close', () => resolve());
    act();
  });
}

function overSocket(res: ServerResponse, act: (socket: Socket) => void): Promise<void> {
  const { socket } = res;
  return new Promise((resolve) => {
    if (socket === null || socket.destroyed) {
      resolve();
      return;
    }
    socket.once('close', () => resolve());
    act(socket);
  });
}
