import { describe, expect, it } from '@jest/globals';
import * as block from '../../src/chain/block.js';
import { A, at, B } from '../follow/examples.js';

describe('two refs', () => {
  it('name the same block when their hashes are the same, and also when there is none on both sides', () => {
    expect(block.sameBlock(at(A, 5), { ...at(A, 5) })).toBe(true);
    expect(block.sameBlock(at(A, 5), at(B, 5))).toBe(false);
    expect(block.sameBlock(at(A, 5), null)).toBe(false);
    expect(block.sameBlock(null, at(A, 5))).toBe(false);
    expect(block.sameBlock(null, null)).toBe(true);
  });
});
