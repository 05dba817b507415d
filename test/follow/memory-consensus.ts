import type { BlockRef } from '../../src/chain/block.js';
import type { SyncStatus } from '../../src/chain/sync-status.js';
import type { ConsensusChain, ConsensusClient } from '../../src/source/source.js';
import type { Hash } from '../../src/util/hex.js';
import type { RealBlock } from './blocks.js';

/** A consensus client that shows a chain from memory. Heights are its labels; `l1` is the height of its current L1. */
export class MemoryConsensus implements ConsensusClient {
  readonly name = 'memory cl';
  blocks: readonly RealBlock[];
  /** How often the status was asked for. */
  reads = 0;
  unsafe: number;
  safe: number | null = null;
  localSafe: number | null = null;
  finalized: number | null = null;
  l1: number | null = 100;
  tells: ConsensusChain | null;
  /** Called at the start of every read; what it throws the read throws. */
  beforeRead: () => void | Promise<void> = () => undefined;

  constructor(blocks: readonly RealBlock[]) {
    this.blocks = blocks;
    this.unsafe = blocks.length - 1;
    this.tells = { chainId: 10, genesis: { number: 0, hash: blocks[0]!.ref.hash }, config: {} };
  }

  async syncStatus(): Promise<SyncStatus> {
    this.reads += 1;
    await this.beforeRead();
    const pick = (height: number | null): BlockRef | null => (height === null ? null : this.blocks[height]!.ref);
    return {
      unsafe: this.blocks[this.unsafe]!.ref,
      safe: pick(this.safe),
      localSafe: pick(this.localSafe ?? this.safe),
      finalized: pick(this.finalized),
      currentL1: this.l1 === null ? null : l1Block(this.l1),
      l1: { head: null, safe: null, finalized: null },
    };
  }

  chain(): Promise<ConsensusChain | null> {
    return Promise.resolve(this.tells);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function l1Block(number: number): BlockRef {
  const hash = (height: number): Hash => `0x11${height.toString(16).padStart(62, '0')}`;
  return { number, hash: hash(number), parentHash: hash(number - 1), timestamp: 1_700_000_000 + 12 * number };
}
