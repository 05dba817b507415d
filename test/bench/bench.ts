import { fileURLToPath } from 'node:url';
import { buildChain, type ChainShape, type FixtureBlock } from './chain.js';
import type { Children } from './children.js';
import type { SourceOptions } from './stub-messages.js';
import { ElHandle, SourceHandle } from './stubs.js';
import { loadTransactionPool, type TransactionPool } from './transactions.js';

/** More than the largest block holds, so that every block has transactions of its own. */
const POOL_SIZE = 2_400;

/** dist/test/bench is three folders below the project. */
export const CACHE_FOLDER = fileURLToPath(new URL('../../../.cache/bench', import.meta.url));

export interface Fixtures {
  readonly poolSize: number;
  readonly cacheFolder: string;
}

/** What all measurements of one bench share: the fixtures, one EL stub, and the size of the runs. */
export class Bench {
  readonly children: Children;
  readonly el: ElHandle;
  /** Fewer and shorter runs: for finding out whether it works, not for figures to keep. */
  readonly quick: boolean;
  readonly #fixtures: Fixtures;
  readonly #pool: TransactionPool;

  private constructor(children: Children, el: ElHandle, fixtures: Fixtures, quick: boolean) {
    this.children = children;
    this.el = el;
    this.quick = quick;
    this.#fixtures = fixtures;
    this.#pool = loadTransactionPool(fixtures.poolSize, fixtures.cacheFolder);
  }

  static async start(
    children: Children,
    quick: boolean,
    fixtures: Fixtures = { poolSize: POOL_SIZE, cacheFolder: CACHE_FOLDER },
  ): Promise<Bench> {
    return new Bench(children, await ElHandle.start(children), fixtures, quick);
  }

  chain(shape: ChainShape): Promise<FixtureBlock[]> {
    return buildChain(shape, this.#pool);
  }

  /** A source stub for that chain: near, unlimited and with raw blocks, unless `knobs` say otherwise. */
  source(shape: ChainShape, knobs: Partial<SourceOptions> = {}): Promise<SourceHandle> {
    return SourceHandle.start(this.children, {
      chain: { shape, ...this.#fixtures },
      latencyMs: 0,
      bytesPerSecond: null,
      raw: true,
      live: null,
      onDemand: false,
      ...knobs,
    });
  }
}
