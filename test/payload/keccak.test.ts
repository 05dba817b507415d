import { beforeAll, describe, expect, it } from '@jest/globals';
import { keccak256 as reference } from 'ethers/crypto';
import { hexlify } from 'ethers/utils';
import { initKeccak, keccak256, keccakHash } from '../../src/payload/keccak.js';
import { expectRefusal } from './refusal.js';

describe('keccak-256', () => {
  it('is refused before it was initialised', () => {
    expectRefusal(() => keccak256(Buffer.of(1)), 'INTERNAL');
  });

  describe('once initialised', () => {
    beforeAll(initKeccak);

    it.each([0, 1, 31, 32, 135, 136, 137, 16_383, 16_384, 16_385, 100_000])('hashes %d bytes', (sizeBytes) => {
      const bytes = Buffer.alloc(sizeBytes, 'lockstep');
      expect(hexlify(keccak256(bytes))).toBe(reference(bytes));
      expect(keccakHash(bytes)).toBe(reference(bytes));
    });
  });
});
