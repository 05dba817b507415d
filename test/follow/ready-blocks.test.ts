import { describe, expect, it } from '@jest/globals';
import type { NextBlocks } from '../../src/follow/confirmed-blocks.js';
import { ReadyBlocks } from '../../src/follow/ready-blocks.js';
import { ref } from './extend-bench.js';

/** Blocks that are verified as soon as they are asked for, and which of them were. */
class Verified implements NextBlocks {
  readonly heights: number[] = [];

  next(): ReturnType<NextBlocks['next']> {
    const number = this.heights.length + 1;
    this.heights.push(number);
    const payload = {
      ref: ref(number),
      version: 2 as const,
      request: Buffer.alloc(100),
      transactionCount: 0,
      l1Origin: null,
    };
    return Promise.resolve({ kind: 'ready', payload });
  }

  executed(): void {}

  finish(): void {
    throw new Error('nobody asked for an end');
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('blocks that are ready', () => {
  it('were verified while the EL worked on the call before: the next call waits for none of them', async () => {
    const blocks = new Verified();
    const ready = new ReadyBlocks(blocks, 20, 4);
    await ready.take(1);
    ready.refill();
    // As long as the EL works on block 1, nothing but the event loop is needed.
    await settled();
    expect(blocks.heights).toEqual([1, 2, 3, 4, 5]);
    const taken = await ready.take(4);
    expect('why' in taken ? taken : taken.map((payload) => payload.ref.number)).toEqual([2, 3, 4, 5]);
    expect(blocks.heights).toHaveLength(5);
  });
});
