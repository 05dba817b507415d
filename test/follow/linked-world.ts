import type { ServerResponse } from 'node:http';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import { follow } from '../../src/follow/loop.js';
import { Orders } from '../../src/follow/orders.js';
import { DEFAULT_RECOVERY_POLICY } from '../../src/follow/recovery-state.js';
import { UNKNOWN_PROFILE } from '../../src/engine/profile.js';
import { createSource } from '../../src/source/http.js';
import type { JsonValue } from '../../src/util/json.js';
import { type Answer, answering, HttpServer, type Received, type ReceivedCall } from '../rig/http-server.js';
import type { RealBlock } from './blocks.js';
import { MemoryEngine } from './memory-engine.js';

/** The limits of a lockstep with the default options. */
export const LIMITS = { maxBlocks: 128, maxBytes: 64 * 1024 * 1024, maxConcurrency: 64, blocksPerForkchoice: 32 };

export const MAX_PAYLOADS_PER_BATCH = 8;

/** How often the head of the EL is looked at while it catches up. */
const LOOK_EVERY_MS = 10;

/** The loop between a source over a real connection, which serves a chain, and an EL in memory that has its genesis. */
export class LinkedWorld {
  readonly engine: MemoryEngine;
  readonly #chain: readonly RealBlock[];
  readonly #server: HttpServer;
  readonly #heights: ReadonlyMap<string, number>;
  #proxy: FaultProxy | null = null;
  /** Blocks that are asked for, each of a batch counted. */
  #underWay = 0;
  mostUnderWay = 0;
  /** How far the highest block asked for was above the last one that the EL was given. */
  furthestAhead = 0;
  /** What happens to a request before it is answered. */
  beforeAnswer: () => Promise<void> = () => Promise.resolve();
  /** Answers a request in the place of the source where it returns true. `underWay`: blocks, those of that one included. */
  intercept: (underWay: number, response: ServerResponse) => boolean = () => false;

  private constructor(chain: readonly RealBlock[], server: HttpServer) {
    this.#chain = chain;
    this.#server = server;
    this.#heights = new Map(chain.map(({ ref }) => [ref.hash, ref.number]));
    this.engine = new MemoryEngine(chain.slice(0, 1).map(({ ref }) => ref));
    this.engine.profile = {
      ...UNKNOWN_PROFILE,
      maxPayloadsPerBatch: MAX_PAYLOADS_PER_BATCH,
      maxBlocksPerForkchoice: 32,
    };
    server.script = (received, response) => this.#serve(received, response);
  }

  static async start(chain: readonly RealBlock[]): Promise<LinkedWorld> {
    return new LinkedWorld(chain, await HttpServer.start(() => undefined));
  }

  /** Puts a proxy between the source and lockstep. */
  async behindProxy(): Promise<FaultProxy> {
    this.#proxy = await FaultProxy.start(this.#server.url);
    return this.#proxy;
  }

  /** The heights of the payloads that the EL got, in the order in which they came. */
  get payloads(): number[] {
    return this.engine.writes.filter((write) => write.startsWith('np ')).map((write) => Number(write.slice(3)));
  }

  /** How often a whole block was asked for. */
  get fetches(): number {
    const { calls } = this.#proxy?.log ?? { calls: this.#server.received.flatMap((each) => each.calls) };
    return calls.filter(isFetch).length;
  }

  /** Runs until the EL stands at the last block of the chain. */
  async catchUp(): Promise<void> {
    const source = createSource({
      url: this.#proxy?.url ?? this.#server.url,
      headers: {},
      rpcTimeoutMs: 5_000,
      maxConcurrency: LIMITS.maxConcurrency,
      maxResponseBytes: 1024 * 1024,
      retry: { baseDelayMs: 20 },
    });
    const stop = new AbortController();
    const nothing = (): void => undefined;
    const running = follow(
      {
        pollIntervalMs: 100,
        safetyIntervalMs: 1_000,
        limits: LIMITS,
        expected: { chainId: this.engine.chainIdNow, genesis: this.#chain[0]!.ref },
        elSync: null,
        recovery: DEFAULT_RECOVERY_POLICY,
        recalled: null,
      },
      {
        source,
        consensus: null,
        feed: null,
        engine: this.engine,
        hooks: {
          onTurn: nothing,
          onOutcome: nothing,
          onBlock: nothing,
          onLabels: nothing,
          onPlanning: nothing,
          onStatus: nothing,
          onHeadNews: nothing,
        },
        orders: new Orders(),
        now: () => performance.now(),
        random: Math.random,
      },
      stop.signal,
    );
    try {
      await Promise.race([running, this.#atTheEnd()]);
    } finally {
      stop.abort();
      await running;
      await source.close();
    }
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
    await this.#server.close();
  }

  async #atTheEnd(): Promise<void> {
    const { number } = this.#chain.at(-1)!.ref;
    while (this.engine.headsNow.unsafe.number < number) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async #serve(received: Received, response: ServerResponse): Promise<void> {
    const blocks = received.calls.filter(isFetch).length;
    this.#underWay += blocks;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay);
    try {
      if (this.intercept(this.#underWay, response)) return;
      await this.beforeAnswer();
      await answering((call) => this.#answer(call))(received, response);
    } finally {
      this.#underWay -= blocks;
    }
  }

  #answer({ method, params: [id] }: ReceivedCall): Answer {
    if (method === 'eth_chainId') return { result: `0x${this.engine.chainIdNow.toString(16)}` };
    const block = this.#chain[this.#heightOf(id)];
    switch (method) {
      case 'debug_getRawBlock': {
        if (block === undefined) return { result: null };
        this.furthestAhead = Math.max(this.furthestAhead, block.ref.number - this.#given());
        return { result: block.fetched.text.toString('latin1') };
      }
      case 'eth_getBlockByNumber':
      case 'eth_getBlockByHash':
        return { result: block === undefined ? null : served(block) };
      default:
        return { error: { code: -32601, message: `the method ${method} does not exist` } };
    }
  }

  #given(): number {
    const last = this.engine.writes.findLast((write) => write.startsWith('np '));
    return last === undefined ? 0 : Number(last.slice(3));
  }

  #heightOf(id: JsonValue | undefined): number {
    if (id === 'safe' || id === 'finalized') return 0;
    if (id === 'latest') return this.#chain.length - 1;
    return typeof id === 'string' ? (this.#heights.get(id) ?? Number(id)) : -1;
  }
}

function isFetch({ method }: { readonly method: string }): boolean {
  return method === 'debug_getRawBlock';
}

function served({ ref: { number, timestamp, ...hashes } }: RealBlock): JsonValue {
  const quantity = (value: number): string => `0x${value.toString(16)}`;
  return { ...hashes, number: quantity(number), timestamp: quantity(timestamp), transactions: [] };
}
