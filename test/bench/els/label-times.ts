import type { Heads } from '../../../src/chain/block.js';
import { readHeads } from '../../../devnet/heads.js';
import type { RpcClient } from '../../../devnet/rpc.js';
import { monotonicNs } from '../cpu-time.js';

const LABELS = ['safe', 'finalized'] as const;

/** When an EL was first seen at each of its safe and finalized blocks: label and hash to CLOCK_MONOTONIC in ms. */
export class LabelTimes {
  readonly seen = new Map<string, number>();
  readonly #rpc: RpcClient;
  #isFirst = true;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  async look(): Promise<void> {
    this.#note(await readHeads(this.#rpc), monotonicNs() / 1e6);
    this.#isFirst = false;
  }

  /** Where a label stands at the first look says nothing of when it got there. */
  #note(heads: Heads, atMs: number): void {
    for (const label of LABELS) {
      const key = `${label} ${heads[label]?.hash ?? ''}`;
      if (!this.seen.has(key)) this.seen.set(key, this.#isFirst ? NaN : atMs);
    }
  }
}
