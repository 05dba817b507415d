import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isJsonObject, type JsonValue } from '../../src/util/json.js';

/** One HTTP request as it arrived, whole. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Which connection it came on: 1, 2, ... */
  readonly connection: number;
  /** The JSON-RPC calls in it, one or a batch. */
  readonly calls: readonly ReceivedCall[];
  readonly batch: boolean;
}

export interface ReceivedCall {
  readonly id: number;
  readonly method: string;
  readonly params: readonly JsonValue[];
}

export type Script = (received: Received, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server on a free port of the loopback, which records what it gets and answers by a script. */
export class HttpServer {
  readonly received: Received[] = [];
  /** Connections that are open now. */
  readonly sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #connectionIds = new WeakMap<Socket, number>();
  #connections = 0;
  script: Script;

  private constructor(script: Script) {
    this.script = script;
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('error', () => response.destroy());
      request.on('end', () => {
        const body = Buffer.concat(parts);
        const received: Received = {
          path: request.url ?? '',
          headers: request.headers,
          body,
          connection: this.#connectionIds.get(request.socket) ?? 0,
          ...readCalls(body),
        };
        this.received.push(received);
        void this.script(received, response);
      });
    });
    this.#server.on('connection', (socket) => {
      this.#connections += 1;
      this.#connectionIds.set(socket, this.#connections);
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(script: Script): Promise<HttpServer> {
    const server = new HttpServer(script);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The methods of all calls so far, in order of arrival. */
  get methods(): string[] {
    return this.received.flatMap(({ calls }) => calls.map(({ method }) => method));
  }

  /** Settles when every connection is gone: what the client destroyed is seen here as a closed socket. */
  async disconnected(): Promise<void> {
    await Promise.all([...this.sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function readCalls(body: Buffer): { calls: ReceivedCall[]; batch: boolean } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    return { calls: [], batch: false };
  }
  const batch = Array.isArray(parsed);
  const calls = (batch ? (parsed as unknown[]) : [parsed]).flatMap((call) => {
    if (!isJsonObject(call) || typeof call['id'] !== 'number' || typeof call['method'] !== 'string') return [];
    const params = Array.isArray(call['params']) ? (call['params'] as JsonValue[]) : [];
    return [{ id: call['id'], method: call['method'], params }];
  });
  return { calls, batch };
}

/** Ends a response with this text or JSON value. */
export function send(
  response: ServerResponse,
  body: string | Buffer,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

export type Answer = { readonly result: JsonValue } | { readonly error: { code: number; message: string } };

/** A script that answers each call of a request by its method. */
export function answering(answer: (call: ReceivedCall) => Answer): Script {
  return (received, response) => {
    const replies = received.calls.map((call) => ({ jsonrpc: '2.0', id: call.id, ...answer(call) }));
    send(response, JSON.stringify(received.batch ? replies : replies[0]));
  };
}
