import type { BlockRef, Labels } from '../chain/block.js';
import type { FetchedBlock, RequestEvidence } from '../chain/fetched-block.js';
import type { BlockId, Lookup, Source } from '../source/source.js';
import type { SourceWatch } from './source-watch.js';

/** The source, but for the block that the watch has met already: that one is not fetched a second time. */
export class WatchedSource implements Source {
  readonly #source: Source;
  readonly #watch: Pick<SourceWatch, 'takeBlock'>;

  constructor(source: Source, watch: Pick<SourceWatch, 'takeBlock'>) {
    this.#source = source;
    this.#watch = watch;
  }

  get name(): string {
    return this.#source.name;
  }

  get setbacks(): number {
    return this.#source.setbacks;
  }

  block(id: BlockId, signal: AbortSignal): Promise<Lookup<FetchedBlock>> {
    const met = 'hash' in id ? this.#watch.takeBlock(id.hash) : null;
    return met === null ? this.#source.block(id, signal) : Promise.resolve({ kind: 'found', value: met });
  }

  get blocksPerRequest(): number {
    return this.#source.blocksPerRequest;
  }

  blocksAt(heights: readonly number[], signal: AbortSignal): Promise<readonly (FetchedBlock | null)[]> {
    return this.#source.blocksAt(heights, signal);
  }

  chainId(signal: AbortSignal): Promise<number> {
    return this.#source.chainId(signal);
  }

  head(signal: AbortSignal): Promise<BlockRef> {
    return this.#source.head(signal);
  }

  labels(signal: AbortSignal): Promise<Labels> {
    return this.#source.labels(signal);
  }

  safeLabel(signal: AbortSignal): Promise<BlockRef | null> {
    return this.#source.safeLabel(signal);
  }

  refAt(id: BlockId, signal: AbortSignal): Promise<Lookup<BlockRef>> {
    return this.#source.refAt(id, signal);
  }

  refsAt(heights: readonly number[], signal: AbortSignal): Promise<readonly Lookup<BlockRef>[]> {
    return this.#source.refsAt(heights, signal);
  }

  requestEvidence(block: BlockRef, signal: AbortSignal): Promise<Lookup<RequestEvidence>> {
    return this.#source.requestEvidence(block, signal);
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
