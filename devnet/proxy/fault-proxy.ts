import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isJsonObject, type JsonValue } from '../../src/util/json.js';
import { ChainView } from './chain-view.js';
import {
  type AnswerFault,
  type ExchangeFault,
  type Injection,
  type Rule,
  RuleBook,
  type WireRequest,
} from './faults.js';
import { cannedReply, halfClose, hang, type HttpReply, pause, reset } from './faulty-reply.js';
import { send, sendDripping, sendTruncated } from './faulty-reply.js';
import { Upstreams } from './upstream.js';
import { spoilAnswers, type WireAnswer } from './wire-answers.js';
import { type WireCall, WireLog } from './wire-log.js';

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly body: Buffer;
  readonly requests: readonly WireRequest[];
  readonly calls: readonly WireCall[];
  readonly batch: boolean;
  readonly faults: readonly ExchangeFault[];
}

/**
 * A real HTTP server in front of a real JSON-RPC port (the source's or the EL's). It passes everything on, keeps a log
 * of what passed, and breaks what the rules say. Rules, upstreams and views change while it runs.
 */
export class FaultProxy {
  readonly log = new WireLog();
  readonly #rules = new RuleBook();
  readonly #upstreams: Upstreams;
  readonly #connections = new Map<Socket, { readonly id: number; requests: number }>();
  #server: Server | null = null;
  #port = 0;
  #connectionCount = 0;
  #view: ChainView | null = null;

  private constructor(upstreams: readonly string[]) {
    this.#upstreams = new Upstreams(upstreams);
  }

  /** Listens on a free port of the loopback. Several upstreams take turns, one exchange each. */
  static async start(...upstreams: string[]): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstreams);
    await proxy.up();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  inject(rule: Rule): Injection {
    return this.#rules.inject(rule);
  }

  /** Ends every rule and view; upstreams and the log stay. */
  heal(): void {
    this.#rules.clear();
    this.#view = null;
  }

  useUpstreams(...upstreams: string[]): void {
    this.#upstreams.use(upstreams);
  }

  /** Shows the chain of the upstream as it is now, from now on. */
  async freeze(): Promise<void> {
    this.#view = await ChainView.frozen((method, params) => this.#upstreams.ask(method, params));
  }

  /** Shows each label so many blocks lower than the upstream's, as a lagging replica does. */
  rewind(lower: { latest?: number; safe?: number; finalized?: number }): void {
    this.#view = ChainView.lagging((method, params) => this.#upstreams.ask(method, params), lower);
  }

  /** Shows the upstream's chain as it is. */
  unview(): void {
    this.#view = null;
  }

  /** Closes the listener and every connection: the port refuses until `up`. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#connections.keys()) socket.destroy();
    await closed;
  }

  /** Listens again on the same port. */
  async up(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer((req, res) => void this.#serve(req, res));
    server.on('connection', (socket) => this.#adopt(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Ends all sockets. */
  async close(): Promise<void> {
    await this.down();
    this.#upstreams.close();
  }

  #adopt(socket: Socket): void {
    this.#connectionCount += 1;
    this.#connections.set(socket, { id: this.#connectionCount, requests: 0 });
    socket.once('close', () => this.#connections.delete(socket));
    // A client that resets its end is part of the tests, not a failure of the proxy.
    socket.on('error', () => undefined);
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let end = (): void => undefined;
    try {
      const body = await readBody(req);
      const { requests, batch } = parseRequests(body);
      const connection = this.#connections.get(req.socket) ?? { id: 0, requests: 0 };
      connection.requests += 1;
      const opened = this.log.open(requests, connection.id);
      end = opened.end;
      const faults = this.#rules.exchangeFaults(requests, connection.requests > 1);
      this.#upstreams.authorization = req.headers.authorization ?? this.#upstreams.authorization;
      await this.#exchange({ req, res, body, requests, calls: opened.calls, batch, faults });
      if (res.writableFinished) for (const call of opened.calls) call.delivered = true;
    } catch {
      // The client or the upstream is gone: the other side sees a broken connection, as it would without a proxy.
      reset(res);
    } finally {
      end();
    }
  }

  async #exchange(exchange: Exchange): Promise<void> {
    const { res, requests, faults } = exchange;
    const has = (kind: ExchangeFault['kind']): boolean => faults.some((fault) => fault.kind === kind);
    await this.#delay(exchange, 'before');
    if (has('drop-before') || has('reset-on-reuse')) return reset(res);
    if (faults.some((fault) => fault.kind === 'hang' && !fault.applied)) return hang(res);
    const canned = faults.map((fault) => cannedReply(fault, requests)).find((reply) => reply !== null);
    const reply = canned ?? (await this.#askUpstream(exchange));
    await this.#delay(exchange, 'after');
    if (has('drop-after-apply')) return reset(res);
    if (has('half-close')) return halfClose(res);
    if (has('hang')) return hang(res);
    for (const fault of faults) {
      if (fault.kind === 'truncate') return sendTruncated(res, reply, fault.contentLength);
      if (fault.kind === 'drip') return sendDripping(res, reply, fault);
    }
    const set = faults.flatMap((fault) => (fault.kind === 'headers' ? Object.entries(fault.set) : []));
    return send(res, reply, Object.fromEntries(set));
  }

  async #delay({ res, faults }: Exchange, when: 'before' | 'after'): Promise<void> {
    for (const fault of faults) {
      if (fault.kind === 'delay' && fault.when === when) await pause(fault.ms, res);
    }
  }

  /** Asks the upstream, in the words of the view, and spoils what the rules say. */
  async #askUpstream(exchange: Exchange): Promise<HttpReply> {
    const { req, body, requests, calls, batch, faults } = exchange;
    // The upstream must answer in plain text: the proxy reads it.
    const headers = { ...req.headers, 'accept-encoding': 'identity', connection: 'keep-alive' };
    if (faults.some(({ kind }) => kind === 'strip-auth')) delete headers.authorization;
    const upstream = this.#upstreams.next();
    const spoils = requests.map((request) => this.#rules.answerFaults(request));
    const view = this.#view;
    if (view === null) {
      const reply = await this.#upstreams.post(upstream, headers, body);
      return finish(reply, parseAnswers(reply.body), calls, spoils, batch);
    }
    const answers: WireAnswer[] = [];
    let last: HttpReply = { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.alloc(0) };
    for (const request of requests) {
      const viewed = await view.see(request);
      if (viewed.kind === 'answered') {
        answers.push({ ...viewed.answer, jsonrpc: '2.0', id: request.id });
        continue;
      }
      const question = { jsonrpc: '2.0', id: request.id, method: request.method, params: viewed.params };
      last = await this.#upstreams.post(upstream, headers, Buffer.from(JSON.stringify(question)));
      const [answer] = parseAnswers(last.body);
      if (answer === undefined) return last;
      answers.push(await view.shown(request.method, viewed.params, answer));
    }
    return finish({ ...last, body: encode(answers, batch) }, answers, calls, spoils, batch);
  }
}

/** Notes the true answers in the log, then applies the answer faults. An untouched body passes byte for byte. */
function finish(
  reply: HttpReply,
  answers: WireAnswer[],
  calls: readonly WireCall[],
  spoils: readonly (readonly AnswerFault[])[],
  batch: boolean,
): HttpReply {
  const ordered = calls.map((call, index) => answers.find((answer) => answer['id'] === call.id) ?? answers[index]);
  ordered.forEach((answer, index) => {
    const call = calls[index];
    if (call !== undefined && answer !== undefined) call.answer = { ...answer };
  });
  if (spoils.every((faults) => faults.length === 0)) return reply;
  const present = ordered.filter((answer) => answer !== undefined);
  spoilAnswers(present, spoils);
  return { ...reply, body: encode(present, batch) };
}

function encode(answers: readonly WireAnswer[], batch: boolean): Buffer {
  return Buffer.from(JSON.stringify(batch ? answers : answers[0]));
}

function parseRequests(body: Buffer): { requests: WireRequest[]; batch: boolean } {
  const parsed = tryParse(body);
  const batch = Array.isArray(parsed);
  const items = (batch ? parsed : [parsed]) as readonly JsonValue[];
  return { requests: items.flatMap(toRequest), batch };
}

function toRequest(item: JsonValue): WireRequest[] {
  if (!isJsonObject(item) || typeof item['method'] !== 'string') return [];
  const params = Array.isArray(item['params']) ? (item['params'] as readonly JsonValue[]) : [];
  return [{ id: item['id'] ?? null, method: item['method'], params }];
}

function parseAnswers(body: Buffer): WireAnswer[] {
  const parsed = tryParse(body);
  const items = (Array.isArray(parsed) ? parsed : [parsed]) as readonly JsonValue[];
  return items.filter(isJsonObject).map((item) => ({ ...item }));
}

/** The proxy carries broken bodies as well; they only hold nothing that it could match. */
function tryParse(body: Buffer): JsonValue {
  try {
    return JSON.parse(body.toString('utf8')) as JsonValue;
  } catch {
    return null;
  }
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
