import { describe, expect, it } from '@jest/globals';
import { BlockTime } from '../../src/follow/block-time.js';
import { A, at } from './examples.js';

/** What is learned of 60 blocks of `blockTimeS` by their timestamps, one of which arrives every `arrivalMs`. */
function after(blockTimeS: number, arrivalMs: number): BlockTime {
  const blockTime = new BlockTime();
  for (let number = 1; number <= 60; number += 1) {
    const timestamp = 1_700_000_000 + Math.floor(number * blockTimeS);
    blockTime.learn({ ...at(A, 1), number, timestamp }, number * arrivalMs);
  }
  return blockTime;
}

describe('the pace at which a consensus client is looked at', () => {
  it('is twice the pace of the blocks', () => {
    expect(after(2, 2_000).pollMs('auto')).toBeCloseTo(1_000, -2);
    expect(after(1, 1_000).pollMs('auto')).toBeCloseTo(500, -2);
  });

  it('follows blocks that arrive faster than their timestamps tell', () => {
    expect(after(2, 1_000).pollMs('auto')).toBeCloseTo(500, -2);
  });

  it('is not ruled by blocks that arrive in one batch after a pause', () => {
    expect(after(1, 4_000).pollMs('auto')).toBeCloseTo(500, -2);
  });

  it('stays between 200 ms and 6 s', () => {
    expect(after(0.1, 100).pollMs('auto')).toBe(200);
    expect(after(30, 30_000).pollMs('auto')).toBe(6_000);
  });

  it('is 500 ms before two heads are known, and what is set where it is set', () => {
    expect(new BlockTime().pollMs('auto')).toBe(500);
    expect(after(2, 2_000).pollMs(700)).toBe(700);
  });
});
