import type { BlockRef, Labels } from '../../src/chain/block.js';
import type { FetchedBlock, RequestEvidence } from '../../src/chain/fetched-block.js';
import type { BlockId, Lookup, Source } from '../../src/source/source.js';
import type { RealBlock } from './blocks.js';

/** What a test makes of one call: it answers or throws, or lets the source go on by returning undefined. */
export type Meddle<T> = (id: BlockId) => Promise<Lookup<T> | undefined> | Lookup<T> | undefined;

/** A source that serves a chain from memory, and does what a test wants of it. */
export class MemorySource implements Source {
  readonly name = 'memory';
  setbacks = 0;
  blocksPerRequest = 1;
  /** By height, genesis first. Replaced as a whole by a reorg. */
  chain: readonly RealBlock[];
  safe: number | null = null;
  finalized: number | null = null;
  chainIdNow = 10;
  /** Every call, in order: `head`, `labels`, `block 3`, `ref 3`. */
  readonly calls: string[] = [];
  meddleBlock: Meddle<FetchedBlock> = () => undefined;
  meddleRef: Meddle<BlockRef> = () => undefined;
  /** Called at the start of every read but those of blocks and refs; what it throws the read throws. */
  beforeRead: (call: string) => void = () => undefined;

  constructor(chain: readonly RealBlock[]) {
    this.chain = chain;
  }

  async chainId(): Promise<number> {
    await this.#read('chainId');
    return this.chainIdNow;
  }

  async head(): Promise<BlockRef> {
    await this.#read('head');
    return this.chain.at(-1)!.ref;
  }

  async labels(): Promise<Labels> {
    await this.#read('labels');
    const pick = (height: number | null): BlockRef | null => (height === null ? null : this.chain[height]!.ref);
    return { safe: pick(this.safe), finalized: pick(this.finalized) };
  }

  async safeLabel(): Promise<BlockRef | null> {
    await this.#read('safe');
    return this.safe === null ? null : this.chain[this.safe]!.ref;
  }

  async refAt(id: BlockId): Promise<Lookup<BlockRef>> {
    this.calls.push(`ref ${this.#nameOf(id)}`);
    return (await this.meddleRef(id)) ?? this.#find(id, ({ ref }) => ref);
  }

  async refsAt(heights: readonly number[]): Promise<readonly Lookup<BlockRef>[]> {
    const found: Lookup<BlockRef>[] = [];
    for (const number of heights) found.push(await this.refAt({ number }));
    return found;
  }

  async block(id: BlockId): Promise<Lookup<FetchedBlock>> {
    this.calls.push(`block ${this.#nameOf(id)}`);
    return (await this.meddleBlock(id)) ?? this.#find(id, ({ fetched }) => fetched);
  }

  async blocksAt(heights: readonly number[]): Promise<readonly (FetchedBlock | null)[]> {
    this.calls.push(`blocks ${heights[0]} to ${heights.at(-1)}`);
    const answers = await Promise.all(
      heights.map(async (number) => (await this.meddleBlock({ number })) ?? this.#find({ number }, (it) => it.fetched)),
    );
    return answers.map((answer) => (answer.kind === 'found' ? answer.value : null));
  }

  async requestEvidence(): Promise<Lookup<RequestEvidence>> {
    await this.#read('evidence');
    return { kind: 'absent' };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The height that is asked for, also where the block is asked for by its hash. */
  heightOf(id: BlockId): number | undefined {
    return 'number' in id ? id.number : this.chain.find(({ ref }) => ref.hash === id.hash)?.ref.number;
  }

  #nameOf(id: BlockId): string {
    return 'number' in id ? `${id.number}` : `${this.heightOf(id) ?? 'of unknown hash'} by hash`;
  }

  #find<T>(id: BlockId, pick: (block: RealBlock) => T): Lookup<T> {
    const height = this.heightOf(id);
    const block = height === undefined ? undefined : this.chain[height];
    return block === undefined ? { kind: 'absent' } : { kind: 'found', value: pick(block) };
  }

  async #read(call: string): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    this.beforeRead(call);
  }
}
