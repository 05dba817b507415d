import type { OnCall } from '../util/call-report.js';
import { readBatch, readReply, rpcError } from '../util/envelope.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import type { JsonValue } from '../util/json.js';
import type { PostOptions, RpcCall, RpcOutcome, RpcTransport } from '../util/rpc.js';
import { FIXED_REQUEST_ID, requestText } from '../util/request-text.js';
import type { TokenSigner } from './jwt.js';

export interface EngineClientOptions {
  /** Deadline of one call. */
  readonly timeoutMs: number;
  /** How long a state-changing call that is under way may outlive the abort of its signal. */
  readonly drainMs: number;
  /** Told of every JSON-RPC call sent; reads that travel with a forkchoice belong to it. */
  readonly onCall?: OnCall | undefined;
}

/** One state-changing call, ready to be sent. */
export interface StateChange {
  readonly method: string;
  /** Text of the JSON-RPC request, with the id FIXED_REQUEST_ID. */
  readonly request: string | Buffer;
  /** Absent: the deadline of every call. */
  readonly timeoutMs?: number;
}

/** Several state-changing calls in one batch, ready to be sent. */
export interface StateChanges {
  /** A JSON array of requests, with the ids `firstId`, `firstId + 1`, ... */
  readonly body: Buffer;
  readonly firstId: number;
  /** Of each request. */
  readonly methods: readonly string[];
}

/** What is read in the request of a state-changing call. */
export interface Reads {
  readonly before: readonly RpcCall[];
  readonly behind: readonly RpcCall[];
}

/** The transport with a token on every call, and the two ways to use it: reads and state-changing calls. */
export class EngineClient {
  readonly #transport: RpcTransport;
  readonly #signer: TokenSigner | null;
  readonly #options: EngineClientOptions;

  /** @param signer null: the peer is no engine port and gets no token */
  constructor(transport: RpcTransport, signer: TokenSigner | null, options: EngineClientOptions) {
    this.#transport = transport;
    this.#signer = signer;
    this.#options = options;
  }

  /** Scheme and host, without credentials: fit for a log. */
  get name(): string {
    return this.#transport.name;
  }

  /** @throws LockstepError ENGINE_*, ABORTED */
  call(call: RpcCall, signal: AbortSignal): Promise<JsonValue> {
    return this.#read(signal, (options) => this.#told(call.method, () => this.#transport.call(call, options)));
  }

  /** As `call`; null when the EL answers an error object, for what following can do without. */
  async callOptional(call: RpcCall, signal: AbortSignal): Promise<JsonValue> {
    try {
      return await this.call(call, signal);
    } catch (error) {
      if (error instanceof LockstepError && error.code === 'ENGINE_RPC_ERROR') return null;
      throw error;
    }
  }

  /** @throws LockstepError ENGINE_*, ABORTED */
  batch(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly RpcOutcome[]> {
    const methods = calls.map(({ method }) => method);
    return this.#read(signal, (options) => this.#toldAll(methods, () => this.#transport.batch(calls, options)));
  }

  /** As `call`, with the Date header of the reply, or null. */
  dated(call: RpcCall, signal: AbortSignal): Promise<{ readonly result: JsonValue; readonly date: string | null }> {
    return this.#read(signal, async (options) => this.#post(call.method, requestText(FIXED_REQUEST_ID, call), options));
  }

  /**
   * Sends one state-changing call, and nothing at all once the signal has aborted. What is already under way is not
   * cut at once: the EL would finish it anyway, and the next call must not overtake it.
   * @throws LockstepError ENGINE_*, ABORTED; `data.phase` is 'connect' when nothing was sent
   */
  async change({ method, request, timeoutMs }: StateChange, signal: AbortSignal): Promise<JsonValue> {
    const { drainMs } = this.#options;
    const options = { signal, timeoutMs: timeoutMs ?? this.#options.timeoutMs, drainMs };
    const { result } = await this.#authorized((headers) => this.#post(method, request, { ...options, headers }));
    return result;
  }

  /** As `change`, for a batch, with the deadline of one call: an outcome for each of its calls, in their order. */
  changeAll({ body, firstId, methods }: StateChanges, signal: AbortSignal): Promise<readonly RpcOutcome[]> {
    const { drainMs, timeoutMs } = this.#options;
    return this.#authorized((headers) =>
      this.#toldAll(methods, async () => {
        const reply = await this.#transport.post(body, { signal, timeoutMs, drainMs, headers });
        return readBatch('ENGINE', reply.body, firstId, methods.length);
      }),
    );
  }

  /**
   * As `change`, with reads before and behind it in one batch, for an EL that carries out a batch in order: the outcomes
   * of all, in that order. Told as the one call that it is to the EL.
   */
  changeAmidReads(change: RpcCall, { before, behind }: Reads, signal: AbortSignal): Promise<readonly RpcOutcome[]> {
    const { drainMs, timeoutMs } = this.#options;
    const calls = [...before, change, ...behind];
    const text = calls.map((call, index) => requestText(FIXED_REQUEST_ID + index, call)).join(',');
    return this.#authorized((headers) =>
      this.#toldAll([change.method], async () => {
        const reply = await this.#transport.post(`[${text}]`, { signal, timeoutMs, drainMs, headers });
        return readBatch('ENGINE', reply.body, FIXED_REQUEST_ID, calls.length);
      }),
    );
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #post(
    method: string,
    request: string | Buffer,
    options: PostOptions,
  ): Promise<{ result: JsonValue; date: string | null }> {
    return this.#told(method, async () => {
      const { body, date } = await this.#transport.post(request, options);
      const outcome = readReply('ENGINE', body, FIXED_REQUEST_ID);
      if (!outcome.ok) throw rpcError('ENGINE', method, outcome);
      return { result: outcome.result, date };
    });
  }

  /** Reports one call when it ends. */
  #told<T>(method: string, send: () => Promise<T>): Promise<T> {
    return this.#reported([method], send, () => [null]);
  }

  /** Reports each call of a batch when the batch ends. */
  #toldAll(methods: readonly string[], send: () => Promise<readonly RpcOutcome[]>): Promise<readonly RpcOutcome[]> {
    return this.#reported(methods, send, (outcomes) =>
      methods.map((method, index) => errorOf(method, outcomes[index])),
    );
  }

  async #reported<T>(
    methods: readonly string[],
    send: () => Promise<T>,
    errorsOf: (answer: T) => readonly (LockstepError | null)[],
  ): Promise<T> {
    const { onCall } = this.#options;
    if (onCall === undefined) return send();
    const sentAt = performance.now();
    const report = (errors: readonly (LockstepError | null)[]): void => {
      const ms = (performance.now() - sentAt) / methods.length;
      methods.forEach((method, index) => onCall({ method, ms, error: errors[index] ?? null }));
    };
    try {
      const answer = await send();
      report(errorsOf(answer));
      return answer;
    } catch (thrown) {
      const error = asLockstepError(thrown);
      report(methods.map(() => error));
      throw thrown;
    }
  }

  /** The one retry of a read is for a kept-alive connection that the EL closed as the request left. */
  async #read<T>(signal: AbortSignal, send: (options: PostOptions) => Promise<T>): Promise<T> {
    const attempt = (): Promise<T> =>
      this.#authorized((headers) => send({ signal, timeoutMs: this.#options.timeoutMs, headers }));
    try {
      return await attempt();
    } catch (error) {
      if (!isReset(error)) throw error;
      return attempt();
    }
  }

  /** A 401 comes before the call is looked at, so any call may be sent again with a fresh token, once. */
  async #authorized<T>(send: (headers: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
    const signer = this.#signer;
    if (signer === null) return send({});
    const attempt = async (): Promise<T> => send({ authorization: `Bearer ${signer.token()}` });
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof LockstepError && error.code === 'ENGINE_AUTH')) throw error;
      signer.renew();
      return attempt();
    }
  }
}

function errorOf(method: string, outcome: RpcOutcome | undefined): LockstepError | null {
  return outcome === undefined || outcome.ok ? null : rpcError('ENGINE', method, outcome);
}

function isReset(error: unknown): boolean {
  return error instanceof LockstepError && error.code === 'ENGINE_UNREACHABLE' && error.data['phase'] === 'exchange';
}
