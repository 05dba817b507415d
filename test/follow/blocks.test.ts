import { beforeAll, describe, expect, it } from '@jest/globals';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyBlock } from '../../src/payload/verify.js';
import { grow, makeBlock } from './blocks.js';

beforeAll(initKeccak);

describe('the blocks that these tests replay', () => {
  it('are what their refs say, by the verification of the payload room', () => {
    const [genesis, first] = grow(null, 2, 'a');
    expect(verifyBlock(genesis!.fetched, { number: 0 }).ref).toEqual(genesis!.ref);
    expect(verifyBlock(first!.fetched, { number: 1, hash: first!.ref.hash }).ref).toEqual(first!.ref);
  });

  it('differ between branches', () => {
    const parent = makeBlock(null, 'a').ref;
    expect(makeBlock(parent, 'a').ref.hash).not.toBe(makeBlock(parent, 'b').ref.hash);
  });
});
