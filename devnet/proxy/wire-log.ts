import { isJsonObject, type JsonValue } from '../../src/util/json.js';
import type { WireRequest } from './faults.js';

/** One JSON-RPC call as it passed the wire, in order of arrival. */
export interface WireCall extends WireRequest {
  /** The HTTP exchange that carried it: the calls of one batch share it. */
  readonly exchange: number;
  readonly connection: number;
  /** When it arrived, in ms of the wall clock, which is also the one of the logs. */
  readonly atMs: number;
  /** Which life of the client sent it, where the test tells: {@link WireLog.newLife}. */
  readonly life: number;
  /** Which life of the EL it was sent to, where the test tells: {@link WireLog.newSession}. */
  readonly session: number;
  /** The upstream's answer (before any fault), or undefined while it has none. */
  answer?: { readonly result?: JsonValue; readonly error?: JsonValue };
  /** The client got an answer, true or spoiled. */
  delivered?: boolean;
}

export interface SeenForkchoice {
  readonly head: JsonValue;
  readonly safe: JsonValue;
  readonly finalized: JsonValue;
  /** `payloadStatus.status` of the upstream's answer; undefined for an error or no answer. */
  readonly status: JsonValue | undefined;
}

export interface SeenPayload {
  readonly hash: JsonValue;
  readonly parentHash: JsonValue;
  readonly number: JsonValue;
  readonly status: JsonValue | undefined;
}

const LOOK = 'eth_getBlockByNumber';
const NEW_PAYLOAD = /^engine_newPayloadV\d+$/;
const FORKCHOICE = /^engine_forkchoiceUpdatedV\d+$/;
const STATE_CHANGING = /^(engine_newPayloadV\d+|engine_forkchoiceUpdatedV\d+|debug_setHead)$/;

/** newPayload, forkchoiceUpdated or debug_setHead. */
export function isWrite({ method }: WireRequest): boolean {
  return STATE_CHANGING.test(method);
}

export function isPayload({ method }: WireRequest): boolean {
  return NEW_PAYLOAD.test(method);
}

export function isForkchoice({ method }: WireRequest): boolean {
  return FORKCHOICE.test(method);
}

export function asPayload(call: WireCall): SeenPayload {
  return {
    hash: member(call.params[0], 'blockHash'),
    parentHash: member(call.params[0], 'parentHash'),
    number: member(call.params[0], 'blockNumber'),
    status: member(call.answer?.result, 'status'),
  };
}

export function asForkchoice(call: WireCall): SeenForkchoice {
  return {
    head: member(call.params[0], 'headBlockHash'),
    safe: member(call.params[0], 'safeBlockHash'),
    finalized: member(call.params[0], 'finalizedBlockHash'),
    status: member(member(call.answer?.result, 'payloadStatus'), 'status'),
  };
}

/** Everything that passed the proxy, for assertions about the wire. */
export class WireLog {
  readonly calls: WireCall[] = [];
  /** HTTP requests: a batch is one. */
  exchanges = 0;
  /** HTTP requests with at least one state-changing call that were open at the same time. */
  maxConcurrentWrites = 0;
  #openWrites = 0;
  #life = 1;
  #session = 1;

  /** Another process sends from now on: what the one before has left open is not its doing. */
  newLife(): void {
    this.#life += 1;
    this.#openWrites = 0;
  }

  /** The EL starts anew: what it holds in memory alone is gone. */
  newSession(): void {
    this.#session += 1;
  }

  /** Records an exchange as it arrives. The returned function ends it. */
  open(requests: readonly WireRequest[], connection: number): { calls: readonly WireCall[]; end: () => void } {
    this.exchanges += 1;
    const place = { exchange: this.exchanges, connection, atMs: Date.now(), life: this.#life, session: this.#session };
    const calls = requests.map((request): WireCall => ({ ...request, ...place }));
    this.calls.push(...calls);
    if (!requests.some(isWrite)) return { calls, end: () => undefined };
    this.#openWrites += 1;
    this.maxConcurrentWrites = Math.max(this.maxConcurrentWrites, this.#openWrites);
    const end = (): void => {
      if (place.life === this.#life) this.#openWrites -= 1;
    };
    return { calls, end };
  }

  /** Calls of one method; every element of a batch counts. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { method } of this.calls) counts[method] = (counts[method] ?? 0) + 1;
    return counts;
  }

  /** The state-changing calls in order: newPayload, forkchoiceUpdated and debug_setHead. */
  get writes(): WireCall[] {
    return this.calls.filter(isWrite);
  }

  get forkchoices(): SeenForkchoice[] {
    return this.calls.filter(isForkchoice).map(asForkchoice);
  }

  get payloads(): SeenPayload[] {
    return this.calls.filter(isPayload).map(asPayload);
  }

  /** Forgets what passed before the last look at the EL's head: what comes next may build on it. */
  clearToLook(): void {
    const look = this.calls.findLastIndex(({ method, params }) => method === LOOK && params[0] === 'latest');
    this.calls.splice(0, look);
    this.maxConcurrentWrites = this.#openWrites;
  }

  /** Forgets what passed; calls that are still open stay counted as open. */
  clear(): void {
    this.calls.length = 0;
    this.exchanges = 0;
    this.maxConcurrentWrites = this.#openWrites;
  }
}

function member(value: JsonValue | undefined, key: string): JsonValue {
  return isJsonObject(value) ? (value[key] ?? null) : null;
}
