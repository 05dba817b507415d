import { EventEmitter, once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BlockRef } from '../../src/chain/block.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { refuseToken } from './refuse-token.js';

/** What the fake answers to one JSON-RPC call. */
export type FakeAnswer = { readonly result: JsonValue } | { readonly error: { code: number; message: string } };

/**
 * What happens to a whole HTTP request, once `until` is settled. status: refused unread. lost: no reply, after the calls
 * in it took effect or not. body: they took effect, and the reply is this text. delay: nothing but the delay.
 */
export type FakeFault = { readonly until?: Promise<unknown> } & (
  | { readonly kind: 'status'; readonly status: number; readonly body: string; readonly headers?: Headers }
  | { readonly kind: 'lost'; readonly how: 'hang' | 'reset'; readonly applied: boolean }
  | { readonly kind: 'body'; readonly body: string }
  | { readonly kind: 'delay'; readonly until: Promise<unknown> }
);

type Headers = Readonly<Record<string, string>>;

/**
 * How a forkchoice with a known head is answered. paris.md, engine_forkchoiceUpdatedV1: "All updates to the forkchoice
 * state resulting from this call **MUST** be made atomically". Each mode but the first is what a real EL was measured
 * to do instead (engines-measured 2.0, 3.0).
 *
 * moves-at: VALID, moves at the n-th identical call (reth after a reorg). never-moves: VALID, nothing changes (reth,
 * ancestor of the head). labels-only: VALID, the head stays (op-geth, ancestor). labels-at-second: the head moves at
 * the first call, the labels at the second (op-reth unwinding). head-never-labels: VALID, the labels stay.
 * rejects-after-moving: "-38002: Invalid forkchoice state", and the head has moved all the same (geth, op-reth).
 */
export type ForkchoiceMode =
  | { readonly kind: 'applies' }
  | { readonly kind: 'moves-at'; readonly call: number }
  | { readonly kind: 'never-moves' }
  | { readonly kind: 'labels-only' }
  | { readonly kind: 'labels-at-second' }
  | { readonly kind: 'head-never-labels' }
  | { readonly kind: 'rejects-after-moving' };

export interface RecordedCall {
  readonly method: string;
  readonly params: readonly JsonValue[];
  readonly headers: IncomingHttpHeaders;
}

const INVALID_FORKCHOICE_STATE = -38002;
const ZERO = `0x${'00'.repeat(32)}`;

/** An execution client's engine port: real HTTP, a checked JWT, a chain of refs, and every answer scriptable. */
export class FakeEngine {
  readonly calls: RecordedCall[] = [];
  forkchoiceMode: ForkchoiceMode = { kind: 'applies' };
  /** How a label that was never set reads: null (spec, reth), -32000 (geth) or -39001 (older reth, ethereumjs). */
  absentLabel: null | -32000 | -39001 = null;
  /** The fake's clock minus ours: it moves the Date header and the window in which an `iat` is accepted. */
  clockOffsetMs = 0;
  /** The Date header, where it is not to be the fake's clock; null leaves it out. */
  date: string | null | undefined;
  httpRequests = 0;
  connections = 0;

  readonly #secret: Buffer;
  readonly #server: Server;
  readonly #arrivals = new EventEmitter();
  readonly #known = new Map<string, BlockRef>();
  readonly #scripts = new Map<string, FakeAnswer[]>();
  readonly #faults = new Map<string, FakeFault[]>();
  #head: BlockRef;
  #safe: string | null = null;
  #finalized: string | null = null;
  #lastForkchoice = '';
  #sameForkchoices = 0;

  private constructor(secret: Buffer, chain: readonly BlockRef[]) {
    this.#secret = secret;
    for (const ref of chain) this.#known.set(ref.hash, ref);
    this.#head = chain.at(-1)!;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', () => (this.connections += 1));
  }

  /** @param chain from genesis (block 0) to the head */
  static async start(secret: Buffer, chain: readonly BlockRef[]): Promise<FakeEngine> {
    const engine = new FakeEngine(secret, chain);
    await new Promise<void>((resolve) => engine.#server.listen(0, '127.0.0.1', resolve));
    return engine;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  get head(): BlockRef {
    return this.#head;
  }

  /** The hash of the finalized block, or null when it was never set. */
  get finalized(): string | null {
    return this.#finalized;
  }

  /** Makes blocks known as if newPayload had found them VALID. */
  know(...refs: readonly BlockRef[]): void {
    for (const ref of refs) this.#known.set(ref.hash, ref);
  }

  setHead(ref: BlockRef): void {
    this.#head = ref;
  }

  setLabels(safe: BlockRef | null, finalized: BlockRef | null): void {
    this.#safe = safe?.hash ?? null;
    this.#finalized = finalized?.hash ?? null;
  }

  /** Answers for the next calls of a method, in order; after them the fake answers by itself again. */
  script(method: string, ...answers: readonly FakeAnswer[]): void {
    this.#scripts.set(method, [...(this.#scripts.get(method) ?? []), ...answers]);
  }

  /** Faults for the next HTTP requests that carry the method, in order. */
  fault(method: string, ...faults: readonly FakeFault[]): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), ...faults]);
  }

  callsOf(method: string): readonly RecordedCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** Resolves once the method has been called `count` times. */
  async received(method: string, count = 1): Promise<void> {
    while (this.callsOf(method).length < count) await once(this.#arrivals, 'request');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.httpRequests += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as JsonValue;
    const calls = (Array.isArray(body) ? body : [body]).filter(isJsonObject);
    for (const call of calls) this.#record(call, request.headers);
    this.#arrivals.emit('request');
    this.#setDate(response);
    const refusal = refuseToken(request.headers.authorization, this.#secret, Date.now() + this.clockOffsetMs);
    if (refusal !== null) return void response.writeHead(401, { 'content-type': 'text/plain' }).end(refusal);
    const fault = this.#nextFault(calls);
    await fault?.until;
    if (fault?.kind === 'status') return void response.writeHead(fault.status, fault.headers).end(fault.body);
    if (fault?.kind === 'lost') {
      if (fault.applied) for (const call of calls) this.#reply(call);
      if (fault.how === 'reset') request.socket.resetAndDestroy();
      return;
    }
    const replies = calls.map((call) => this.#reply(call));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(fault?.kind === 'body' ? fault.body : JSON.stringify(Array.isArray(body) ? replies : replies[0]));
  }

  #record(call: JsonObject, headers: IncomingHttpHeaders): void {
    this.calls.push({ method: text(call['method']), params: (call['params'] ?? []) as JsonValue[], headers });
  }

  #setDate(response: ServerResponse): void {
    response.sendDate = false;
    const date = this.date === undefined ? new Date(Date.now() + this.clockOffsetMs).toUTCString() : this.date;
    if (date !== null) response.setHeader('date', date);
  }

  #nextFault(calls: readonly JsonObject[]): FakeFault | undefined {
    for (const call of calls) {
      const fault = this.#faults.get(text(call['method']))?.shift();
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #reply(call: JsonObject): JsonObject {
    const method = text(call['method']);
    const answer = this.#scripts.get(method)?.shift() ?? this.#answer(method, (call['params'] ?? []) as JsonValue[]);
    return { jsonrpc: '2.0', id: call['id'] ?? null, ...answer };
  }

  #answer(method: string, params: readonly JsonValue[]): FakeAnswer {
    if (method === 'eth_chainId') return { result: '0x539' };
    if (method === 'eth_syncing') return { result: false };
    if (method === 'eth_getBlockByNumber') return this.#blockByNumber(text(params[0]));
    if (method === 'engine_exchangeCapabilities') return { result: params[0] ?? [] };
    if (method === 'engine_getClientVersionV1') {
      return { result: [{ code: 'FK', name: 'Fake', version: '1.0', commit: '0x00000000' }] };
    }
    if (method.startsWith('engine_newPayloadV')) return this.#newPayload(params[0] as JsonObject);
    if (method.startsWith('engine_forkchoiceUpdatedV')) return this.#forkchoiceUpdated(params[0] as JsonObject);
    return { error: { code: -32601, message: `the method ${method} does not exist/is not available` } };
  }

  #blockByNumber(tag: string): FakeAnswer {
    if (tag === 'latest') return { result: blockJson(this.#head) };
    if (tag !== 'safe' && tag !== 'finalized') return { result: blockJson(this.#canonical(Number(tag))) };
    const hash = tag === 'safe' ? this.#safe : this.#finalized;
    if (hash !== null) return { result: blockJson(this.#known.get(hash)) };
    if (this.absentLabel === null) return { result: null };
    return { error: { code: this.absentLabel, message: `${tag} block not found` } };
  }

  #canonical(number: number): BlockRef | undefined {
    let ref: BlockRef | undefined = this.#head;
    while (ref !== undefined && ref.number > number) ref = this.#known.get(ref.parentHash);
    return ref?.number === number ? ref : undefined;
  }

  /** paris.md, engine_newPayloadV1: SYNCING when "if requisite data for the payload's acceptance or validation is missing". */
  #newPayload(payload: JsonObject): FakeAnswer {
    const ref = {
      number: Number(payload['blockNumber']),
      hash: text(payload['blockHash']),
      parentHash: text(payload['parentHash']),
      timestamp: Number(payload['timestamp']),
    } as BlockRef;
    if (!this.#known.has(ref.parentHash)) return { result: payloadStatus('SYNCING', null) };
    this.#known.set(ref.hash, ref);
    return { result: payloadStatus('VALID', ref.hash) };
  }

  #forkchoiceUpdated(state: JsonObject): FakeAnswer {
    const head = this.#known.get(text(state['headBlockHash']));
    if (head === undefined) return { result: { payloadStatus: payloadStatus('SYNCING', null), payloadId: null } };
    const sent = JSON.stringify(state);
    this.#sameForkchoices = sent === this.#lastForkchoice ? this.#sameForkchoices + 1 : 1;
    this.#lastForkchoice = sent;
    const mode = this.forkchoiceMode;
    const { head: headMoves, labels: labelsMove } = this.#effectOf(mode);
    if (headMoves) this.#head = head;
    if (labelsMove) this.#moveLabels(state);
    if (mode.kind === 'rejects-after-moving') {
      return { error: { code: INVALID_FORKCHOICE_STATE, message: 'Invalid forkchoice state' } };
    }
    return { result: { payloadStatus: payloadStatus('VALID', head.hash), payloadId: null } };
  }

  #effectOf(mode: ForkchoiceMode): { head: boolean; labels: boolean } {
    switch (mode.kind) {
      case 'applies':
        return { head: true, labels: true };
      case 'never-moves':
        return { head: false, labels: false };
      case 'moves-at':
        return { head: this.#sameForkchoices >= mode.call, labels: this.#sameForkchoices >= mode.call };
      case 'labels-only':
        return { head: false, labels: true };
      case 'labels-at-second':
        return { head: true, labels: this.#sameForkchoices >= 2 };
      case 'head-never-labels':
      case 'rejects-after-moving':
        return { head: true, labels: false };
    }
  }

  /** paris.md, ForkchoiceStateV1: safe and finalized "are allowed to have" the zero hash. ELs then leave the label alone. */
  #moveLabels(state: JsonObject): void {
    if (state['safeBlockHash'] !== ZERO) this.#safe = text(state['safeBlockHash']);
    if (state['finalizedBlockHash'] !== ZERO) this.#finalized = text(state['finalizedBlockHash']);
  }
}

/** paris.md, PayloadStatusV1: `{status, latestValidHash: DATA|null, validationError: String|null}`. */
export function payloadStatus(status: string, latestValidHash: string | null, validationError: string | null = null) {
  return { status, latestValidHash, validationError };
}

function blockJson(ref: BlockRef | undefined): JsonValue {
  if (ref === undefined) return null;
  const { number, hash, parentHash, timestamp } = ref;
  return { number: `0x${number.toString(16)}`, hash, parentHash, timestamp: `0x${timestamp.toString(16)}` };
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
