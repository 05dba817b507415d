import { type BlockReply, readBlockReply } from '../payload/block-reply.js';
import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import type { OnCall } from '../util/call-report.js';
import { type HexOutcome, readHexResult, readReply, rpcError } from '../util/envelope.js';
import { asLockstepError, type LockstepError } from '../util/errors.js';
import { isPrivateUrl } from '../util/private-url.js';
import { type RetryPolicy, retryRead } from '../util/retry.js';
import { type RpcCall, type RpcOutcome, RpcTransport } from '../util/rpc.js';
import { requestText } from '../util/request-text.js';
import { SourceBudget } from './budget.js';
import { Compression } from './compression.js';
import type { SourceOptions } from './options.js';

/** Few and short: the follow tick asks again for ever by itself. */
const RETRY: Omit<RetryPolicy, 'totalMs'> = { attempts: 3, baseDelayMs: 250, maxDelayMs: 15_000 };

/**
 * The source as a reader of calls. An error object of the source is an outcome and not an exception, except a rate
 * limit. Failed transport, unreadable replies and limits are repeated a few times; the rest is the caller's to judge.
 */
export class SourceWire {
  readonly name: string;
  readonly #transport: RpcTransport;
  readonly #policy: RetryPolicy;
  readonly #onCall: OnCall;
  readonly #budget: SourceBudget;
  readonly #compression: Compression;
  #setbacks = 0;

  constructor(options: SourceOptions) {
    this.#transport = new RpcTransport({
      peer: 'SOURCE',
      url: options.url,
      headers: options.headers,
      timeoutMs: options.rpcTimeoutMs,
      maxResponseBytes: options.maxResponseBytes,
      maxConnections: options.maxConcurrency,
    });
    this.#compression = new Compression(!isPrivateUrl(options.url));
    this.#budget = options.budget ?? new SourceBudget(options);
    this.name = this.#transport.name;
    this.#policy = { ...RETRY, totalMs: options.rpcTimeoutMs, ...options.retry };
    this.#onCall = options.onCall ?? ((): void => undefined);
  }

  /** How many calls a batch may have without going past the budget. */
  get callsPerBatch(): number {
    return this.#budget.callsPerBatch;
  }

  /** How often the source limited our rate, or let a request time out. */
  get setbacks(): number {
    return this.#setbacks;
  }

  ask(call: RpcCall, signal: AbortSignal): Promise<RpcOutcome> {
    return this.#askOne(call, signal, (body, id) => {
      const outcome = readReply('SOURCE', body, id);
      LARGE_BUFFERS.giveBack(body);
      return outcome;
    });
  }

  /** Like {@link ask}, for a block with whole transactions. */
  async askBlock(call: RpcCall, signal: AbortSignal): Promise<BlockReply> {
    let items: Buffer | null = null;
    const outcome = await this.#askOne(call, signal, (body, id) => {
      const reply = readBlockReply('SOURCE', body, id);
      LARGE_BUFFERS.giveBack(body);
      ({ items } = reply);
      return reply.outcome;
    });
    return { outcome, items };
  }

  /** Like {@link ask}, for a result that is one long hex string. */
  askHex(call: RpcCall, signal: AbortSignal): Promise<HexOutcome> {
    return this.#askOne(call, signal, (body, id) => readHexResult('SOURCE', body, id));
  }

  /** One batch, outcomes in the order of the calls. `maxBytes`: of the reply, where it is less than that of any reply. */
  askTogether(calls: readonly RpcCall[], signal: AbortSignal, maxBytes?: number): Promise<readonly RpcOutcome[]> {
    return this.#repeat(calls, signal, async () => {
      const gzip = this.#compression.wanted;
      const outcomes = await this.#transport.batch(calls, { signal, gzip, ...(maxBytes && { maxBytes }) });
      return { answer: outcomes, outcomes };
    });
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #askOne<T extends RpcOutcome | HexOutcome>(
    call: RpcCall,
    signal: AbortSignal,
    read: (body: Buffer, id: number) => T,
  ): Promise<T> {
    return this.#repeat([call], signal, async () => {
      const id = this.#transport.takeIds(1);
      const gzip = this.#compression.wanted;
      const { body, transfer, wasCompressed } = await this.#transport.post(requestText(id, call), { signal, gzip });
      this.#compression.came(transfer, wasCompressed);
      const outcome = read(body, id);
      return { answer: outcome, outcomes: [outcome] };
    });
  }

  #repeat<T>(calls: readonly RpcCall[], signal: AbortSignal, send: () => Promise<Sent<T>>): Promise<T> {
    const attempt = async (): Promise<T> => {
      await this.#budget.enter(calls.length, this.#policy.totalMs, signal);
      let errors: readonly (LockstepError | null)[] | undefined;
      let answered = 0;
      const sentAt = performance.now();
      try {
        const { answer, outcomes } = await send();
        errors = calls.map(({ method }, index) => outcomeError(method, outcomes[index]));
        answered = errors.filter((error) => error?.code !== 'SOURCE_THROTTLED').length;
        const limit = errors.find((error) => error?.code === 'SOURCE_THROTTLED');
        if (limit) throw limit;
        return answer;
      } catch (thrown) {
        const error = asLockstepError(thrown);
        errors ??= calls.map(() => error);
        this.#learn(error);
        throw thrown;
      } finally {
        this.#budget.leave(answered);
        const ms = (performance.now() - sentAt) / calls.length;
        calls.forEach(({ method }, index) => this.#onCall({ method, ms, error: errors?.[index] ?? null }));
      }
    };
    return retryRead(attempt, this.#policy, signal);
  }

  #learn({ code, data }: LockstepError): void {
    if (code !== 'SOURCE_THROTTLED' && code !== 'SOURCE_TIMEOUT') return;
    this.#setbacks += 1;
    const { retryAfterMs } = data;
    if (code === 'SOURCE_THROTTLED') this.#budget.refused(typeof retryAfterMs === 'number' ? retryAfterMs : 0);
  }
}

/** What one attempt brought: the answer as a whole, and the outcome of each of its calls. */
interface Sent<T> {
  readonly answer: T;
  readonly outcomes: readonly (RpcOutcome | HexOutcome)[];
}

function outcomeError(method: string, outcome: RpcOutcome | HexOutcome | undefined): LockstepError | null {
  return outcome === undefined || outcome.ok ? null : rpcError('SOURCE', method, outcome);
}
