import { Pool } from 'undici';

const EVERY_MS = 10;
/** Beyond that a server has fallen behind, and more requests would measure the queue alone. */
const MAX_OPEN = 500;

export interface LoadTargets {
  /** JSON-RPC. */
  readonly rpcUrl: string;
  readonly metricsUrl: string;
}

const CALLS = ['optimism_syncStatus', 'follow_status', 'follow_events'];

/** Live pages that are open meanwhile. */
const READERS = 8;

/** Asks both servers so many times per second in turn, as far as they keep up, beside open live pages, until it is ended. */
export class RequestLoad {
  readonly #pools: { readonly rpc: Pool; readonly metrics: Pool };
  readonly #paths: { readonly rpc: string; readonly metrics: string };
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | null = null;
  #readers = new AbortController();
  #open = 0;
  #sent = 0;
  answered = 0;
  failed = 0;
  /** Server-sent events that came for the pages. */
  events = 0;

  constructor({ rpcUrl, metricsUrl }: LoadTargets, perSecond: number) {
    const [rpc, metrics] = [new URL(rpcUrl), new URL(metricsUrl)];
    this.#pools = {
      rpc: new Pool(rpc.origin, { connections: 32 }),
      metrics: new Pool(metrics.origin, { connections: 32 }),
    };
    this.#paths = { rpc: rpc.pathname, metrics: metrics.pathname };
    this.#intervalMs = 1_000 / perSecond;
  }

  begin(): void {
    this.#readers = new AbortController();
    for (let reader = 0; reader < READERS; reader += 1) void this.#read(this.#readers.signal);
    let since = performance.now();
    // By the clock: the timer comes late under load.
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - since) / this.#intervalMs);
      since += due * this.#intervalMs;
      for (let request = 0; request < due && this.#open < MAX_OPEN; request += 1) void this.#ask();
    }, EVERY_MS);
  }

  pause(): void {
    this.#readers.abort();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async end(): Promise<void> {
    this.pause();
    await Promise.all([this.#pools.rpc.destroy(), this.#pools.metrics.destroy()]);
  }

  async #ask(): Promise<void> {
    this.#open += 1;
    this.#sent += 1;
    try {
      const { body } = await (this.#sent % 2 === 0 ? this.#call() : this.#scrape());
      await body.dump({ limit: Infinity });
      this.answered += 1;
    } catch {
      this.failed += 1;
    } finally {
      this.#open -= 1;
    }
  }

  async #read(until: AbortSignal): Promise<void> {
    try {
      const request = { method: 'GET', path: '/status/events', signal: until, bodyTimeout: 0 } as const;
      const { body } = await this.#pools.rpc.request(request);
      for await (const chunk of body) this.events += String(chunk).split('\n\n').length - 1;
    } catch {
      if (!until.aborted) this.failed += 1;
    }
  }

  #call(): ReturnType<Pool['request']> {
    const method = CALLS[(this.#sent / 2) % CALLS.length];
    const body = JSON.stringify({ jsonrpc: '2.0', id: this.#sent, method, params: [] });
    const headers = { 'content-type': 'application/json' };
    return this.#pools.rpc.request({ method: 'POST', path: this.#paths.rpc, headers, body });
  }

  #scrape(): ReturnType<Pool['request']> {
    return this.#pools.metrics.request({ method: 'GET', path: this.#paths.metrics });
  }
}
