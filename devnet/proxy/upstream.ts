import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type JsonValue } from '../../src/util/json.js';
import type { HttpReply } from './faulty-reply.js';
import type { WireAnswer } from './wire-answers.js';

/** The real servers behind a proxy: one, or several that take turns. */
export class Upstreams {
  readonly #agent = new Agent({ keepAlive: true });
  #urls: readonly URL[];
  #turn = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls.map((url) => new URL(url));
  }

  /** From now on these are asked. Exchanges that are under way end where they began. */
  use(urls: readonly string[]): void {
    this.#urls = urls.map((url) => new URL(url));
    this.#turn = 0;
  }

  /** The upstream whose turn it is. */
  next(): URL {
    const url = this.#urls[this.#turn % this.#urls.length];
    if (url === undefined) throw new Error('the proxy has no upstream');
    this.#turn += 1;
    return url;
  }

  async post(url: URL, headers: IncomingHttpHeaders, body: Buffer): Promise<HttpReply> {
    try {
      return await this.#postOnce(url, headers, body);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return this.#postOnce(url, headers, body);
    }
  }

  async ask(method: string, params: readonly JsonValue[]): Promise<WireAnswer> {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 'proxy', method, params }));
    const [url] = this.#urls;
    if (url === undefined) throw new Error('the proxy has no upstream');
    const reply = await this.post(url, { 'content-type': 'application/json', authorization: this.authorization }, body);
    const answer: unknown = JSON.parse(reply.body.toString('utf8'));
    if (!isJsonObject(answer)) throw new Error(`the upstream answered ${method} with something else than an answer`);
    return { ...answer };
  }

  /** The last Authorization header seen: the proxy's own questions to an engine port need one. */
  authorization: string | undefined;

  close(): void {
    this.#agent.destroy();
  }

  #postOnce(url: URL, headers: IncomingHttpHeaders, body: Buffer): Promise<HttpReply> {
    return new Promise((resolve, reject) => {
      const sent = { ...headers, host: url.host, 'content-length': String(body.length) };
      const outgoing = request(url, { method: 'POST', agent: this.#agent, headers: definedOnly(sent) }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 500, headers: incoming.headers, body: Buffer.concat(chunks) }),
        );
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        const stale = outgoing.reusedSocket && error.code === 'ECONNRESET';
        reject(stale ? new StaleConnection({ cause: error }) : error);
      });
      outgoing.end(body);
    });
  }
}

/** The upstream had closed an idle connection just as it was used again: not a fault that a test asked for. */
class StaleConnection extends Error {
  constructor(options: ErrorOptions) {
    super('stale keep-alive connection', options);
  }
}

function definedOnly(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
