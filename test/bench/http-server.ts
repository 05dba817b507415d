import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Takes the body of one request and answers it now or later with the parts of a JSON text. */
export type RequestHandler = (body: Buffer, answer: (parts: readonly Buffer[]) => void) => void;

/** Takes over a connection that asks for a WebSocket; `head` is its request, header only. */
export type UpgradeHandler = (socket: Socket, head: string) => void;

const HEADER_END = Buffer.from('\r\n\r\n');

/**
 * The least HTTP/1.1 server that a keep-alive client can talk to: POST with a content-length. Requests are handled in
 * the order of their arrival, over all connections, and a handler that blocks makes the others wait, as one execution
 * thread does. node:http would start pipelined requests side by side.
 */
export function listen(handle: RequestHandler, upgrade?: UpgradeHandler): Promise<{ server: Server; port: number }> {
  const server = createServer({ noDelay: true }, (socket) => serve(socket, handle, upgrade));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

function serve(socket: Socket, handle: RequestHandler, upgrade: UpgradeHandler | undefined): void {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  /** Bytes of the request at the front, header included, once its header is known. */
  let requestBytes = Infinity;
  let bodyStart = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', function onData(chunk: Buffer) {
    pending.push(chunk);
    pendingBytes += chunk.length;
    for (;;) {
      if (requestBytes === Infinity) {
        const front = Buffer.concat(pending);
        pending = [front];
        const headerEnd = front.indexOf(HEADER_END);
        if (headerEnd < 0) return;
        const head = front.toString('latin1', 0, headerEnd);
        if (upgrade !== undefined && head.startsWith('GET ')) {
          socket.off('data', onData);
          upgrade(socket, head);
          return;
        }
        bodyStart = headerEnd + HEADER_END.length;
        requestBytes = bodyStart + contentLength(head);
      }
      if (pendingBytes < requestBytes) return;
      const front = Buffer.concat(pending);
      const body = front.subarray(bodyStart, requestBytes);
      pending = [front.subarray(requestBytes)];
      pendingBytes -= requestBytes;
      requestBytes = Infinity;
      handle(body, (parts) => respond(socket, parts));
    }
  });
}

function contentLength(header: string): number {
  const found = /\r\ncontent-length: *(\d+)/i.exec(header);
  if (found === null) throw new Error('the stub takes requests with a content-length only');
  return Number(found[1]);
}

function respond(socket: Socket, parts: readonly Buffer[]): void {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  socket.cork();
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`);
  for (const part of parts) socket.write(part);
  socket.uncork();
}
