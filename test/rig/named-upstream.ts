import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonValue } from '../../src/util/json.js';

/** One JSON-RPC request as a test writes it. */
export type Asked = { id: JsonValue; method: string; params: JsonValue[] };

/** A JSON-RPC server that names itself, serves a chain up to `head`, and remembers what reached it. */
export class NamedUpstream {
  readonly reached: { method: string; authorization: string | undefined }[] = [];
  head = 10;
  readonly #name: string;
  readonly #server: Server;

  constructor(name: string) {
    this.#name = name;
    this.#server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const asked = JSON.parse(Buffer.concat(chunks).toString()) as Asked | Asked[];
        for (const { method } of [asked].flat()) {
          this.reached.push({ method, authorization: req.headers.authorization });
        }
        const answers = [asked].flat().map((one) => ({ jsonrpc: '2.0', id: one.id, result: this.#result(one) }));
        res.setHeader('content-type', 'application/json');
        res.end(JSON.stringify(Array.isArray(asked) ? answers : answers[0]));
      });
    });
  }

  #result({ method, params }: Asked): JsonValue {
    if (method === 'eth_getBlockByNumber') return this.#block(params[0] as string);
    if (method === 'eth_getBlockByHash') return this.#block(`0x${(params[0] as string).split('-')[1] ?? ''}`);
    if (method.startsWith('engine_newPayload')) return { status: 'VALID' };
    if (method.startsWith('engine_forkchoiceUpdated')) return { payloadStatus: { status: 'VALID' } };
    return { name: this.#name, method };
  }

  #block(tag: string): JsonValue {
    const labels: Record<string, number> = { latest: this.head, safe: this.head - 2, finalized: this.head - 4 };
    const number = labels[tag] ?? Number(tag);
    if (number > this.head) return null;
    return {
      number: `0x${number.toString(16)}`,
      hash: `${this.#name}-${number.toString(16)}`,
      transactions: ['a', 'b'],
    };
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
