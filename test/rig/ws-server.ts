import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { JsonValue } from '../../src/util/json.js';

/** One connection, as the server holds it. */
export interface WsPeer {
  readonly socket: WebSocket;
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
}

/** What the server does with a message: by default it takes the subscription under this id. */
export type WsScript = (message: JsonValue, peer: WsPeer) => void;

export const SUBSCRIPTION = '0xcafe';

/** A real WebSocket server on a free port of the loopback, which records what it gets and answers by a script. */
export class WsServer {
  /** Every connection there was, in order. */
  readonly peers: WsPeer[] = [];
  readonly messages: JsonValue[] = [];
  script: WsScript = (message, peer) => takeSubscription(message, peer);
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, { headers, url }) => {
      const peer = { socket, headers, path: url ?? '' };
      this.peers.push(peer);
      socket.on('error', () => undefined);
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as JsonValue;
        this.messages.push(message);
        this.script(message, peer);
      });
    });
  }

  static async start(port = 0): Promise<WsServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port });
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    return new WsServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Sends a notification of a new head on every open connection. */
  push(head: JsonValue, subscription: JsonValue = SUBSCRIPTION): void {
    const params = { subscription, result: head };
    this.send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params }));
  }

  send(text: string | Buffer): void {
    for (const { socket } of this.peers) if (socket.readyState === socket.OPEN) socket.send(text);
  }

  /** Cuts every connection, without a word. */
  cut(): void {
    for (const { socket } of this.peers) socket.terminate();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function takeSubscription(message: JsonValue, { socket }: WsPeer): void {
  const { id } = message as { readonly id: number };
  socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: SUBSCRIPTION }));
}
