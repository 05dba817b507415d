import type { BlockRef, Labels } from '../chain/block.js';
import type { FetchedBlock, RequestEvidence } from '../chain/fetched-block.js';
import { BlockReader } from './blocks.js';
import { fetchEvidence } from './evidence.js';
import { LabelReader, readChainId, readHead, readRefAt, readRefsAt } from './heads.js';
import type { SourceOptions } from './options.js';
import type { BlockId, Lookup, Source } from './source.js';
import { SourceWire } from './wire.js';

/** The trusted RPC over HTTP. @throws LockstepError CONFIG_INVALID for an unusable URL or header */
export function createSource(options: SourceOptions): Source {
  return new HttpSource(options);
}

class HttpSource implements Source {
  readonly #wire: SourceWire;
  readonly #blocks: BlockReader;
  readonly #labels: LabelReader;

  constructor(options: SourceOptions) {
    this.#wire = new SourceWire(options);
    this.#blocks = new BlockReader(this.#wire);
    this.#labels = new LabelReader(this.#wire);
  }

  get name(): string {
    return this.#wire.name;
  }

  get setbacks(): number {
    return this.#wire.setbacks;
  }

  chainId(signal: AbortSignal): Promise<number> {
    return readChainId(this.#wire, signal);
  }

  async head(signal: AbortSignal): Promise<BlockRef> {
    const head = await readHead(this.#wire, signal);
    this.#blocks.saw(head.number);
    return head;
  }

  labels(signal: AbortSignal): Promise<Labels> {
    return this.#labels.read(signal);
  }

  safeLabel(signal: AbortSignal): Promise<BlockRef | null> {
    return this.#labels.readSafe(signal);
  }

  refAt(id: BlockId, signal: AbortSignal): Promise<Lookup<BlockRef>> {
    return readRefAt(this.#wire, id, signal);
  }

  refsAt(heights: readonly number[], signal: AbortSignal): Promise<readonly Lookup<BlockRef>[]> {
    return readRefsAt(this.#wire, heights, signal);
  }

  block(id: BlockId, signal: AbortSignal): Promise<Lookup<FetchedBlock>> {
    return this.#blocks.read(id, signal);
  }

  get blocksPerRequest(): number {
    return this.#blocks.togetherMax;
  }

  blocksAt(heights: readonly number[], signal: AbortSignal): Promise<readonly (FetchedBlock | null)[]> {
    return this.#blocks.readTogether(heights, signal);
  }

  requestEvidence(block: BlockRef, signal: AbortSignal): Promise<Lookup<RequestEvidence>> {
    return fetchEvidence(this.#wire, block, signal);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }
}
