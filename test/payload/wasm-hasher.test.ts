import { beforeAll, describe, expect, it } from '@jest/globals';
import { keccak256 } from 'ethers/crypto';
import { hexlify } from 'ethers/utils';
import fc from 'fast-check';
import { initKeccak } from '../../src/payload/keccak.js';
import { LockstepError } from '../../src/util/errors.js';
import { decodeHexText, keccakHash, orderedTrieRoot, verifyBlock, wasmHasher } from './both-hashers.js';
import { encodeDecoded, hashOfHeader, seal } from './sealed-block.js';
import { type DecodedBlock, decodeBlock, rlpForm, vectorOf } from './vectors.js';

const MIB = 2 ** 20;

/** A block like a vector, with other transactions: typed ones and lists, of any length. */
function blockWith(fork: string, transactions: readonly Uint8Array[]): DecodedBlock {
  const block = decodeBlock(vectorOf(fork).rawBlock);
  block[1] = transactions.map((bytes, index) =>
    index % 3 === 2 ? [hexlify(bytes), '0x01'] : hexlify(Buffer.concat([Buffer.of(index % 3, 0xc0), bytes])),
  );
  return seal(block);
}

const transactionLists = fc.oneof(
  fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 300, size: 'max' }),
  fc.array(fc.uint8Array({ maxLength: 700, size: 'max' }), { maxLength: 60, size: 'max' }),
);

beforeAll(initKeccak);

describe('the hashes in WebAssembly', () => {
  it('are those of ethers for every length around the blocks of the sponge', () => {
    for (let sizeBytes = 0; sizeBytes <= 2 * 136 + 1; sizeBytes++) {
      const bytes = Buffer.alloc(sizeBytes, 'lockstep');
      expect(keccakHash(bytes)).toBe(keccak256(bytes));
    }
  });

  it('take any part of the bytes', () => {
    const hasher = wasmHasher();
    const bytes = Buffer.from(hasher.decode(Buffer.from('0123456789abcdef'.repeat(100)), 0, 1_600));
    for (const [start, end] of [
      [0, 800],
      [1, 2],
      [799, 800],
      [3, 3],
      [17, 690],
    ] as const) {
      expect(hasher.keccak({ start, end })).toBe(keccak256(bytes.subarray(start, end)));
    }
  });

  it('are those of JavaScript for values that lie apart, overlap or are the same', () => {
    const spans = fc.array(fc.tuple(fc.nat(999), fc.nat(300)), { minLength: 1, maxLength: 280, size: 'max' });
    const property = fc.property(spans, (pairs) => {
      const bytes = Buffer.alloc(1_300, 'values of any kind');
      const starts = pairs.map(([start]) => start);
      orderedTrieRoot(bytes, { starts, ends: pairs.map(([start, size]) => start + size) });
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('are those of JavaScript for lists of more items than bytes of theirs', () => {
    const count = 70_000;
    const starts = Array.from({ length: count }, (_, index) => index);
    orderedTrieRoot(Buffer.alloc(count, 'dense'), { starts, ends: starts.map((start) => start + 1) });
  });
});

describe('a block in WebAssembly', () => {
  it('is verified as in JavaScript, whatever its transactions', () => {
    const property = fc.property(transactionLists, fc.constantFrom('paris', 'shanghai', 'cancun'), (list, fork) => {
      const block = blockWith(fork, list);
      const verified = verifyBlock(rlpForm(encodeDecoded(block)), { hash: hashOfHeader(block) });
      expect(verified.transactionCount).toBe(list.length);
    });
    fc.assert(property, { numRuns: 150 });
  });

  it('is refused as in JavaScript when a digit of it is another character', () => {
    const property = fc.property(transactionLists, fc.nat(), fc.nat(255), (list, position, character) => {
      const { form, text, start, end } = rlpForm(encodeDecoded(blockWith('cancun', list)));
      text[start + (position % (end - start))] = character;
      try {
        verifyBlock({ form, text, start, end }, {});
      } catch (thrown) {
        if (!(thrown instanceof LockstepError)) throw thrown;
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('is decoded up to every character that is not hex', () => {
    const digits = '0123456789abcdefABCDEF';
    for (let character = 0; character < 256; character++) {
      for (const position of [0, 1, 30, 31, 32, 65]) {
        const text = Buffer.from(digits.repeat(3));
        text[position] = character;
        if (digits.includes(String.fromCharCode(character))) decodeHexText(text, 0, text.length);
        else expect(() => decodeHexText(text, 0, text.length)).toThrow(`character ${position - (position % 2)}`);
      }
    }
  });
});

describe('the memory of the module', () => {
  it('is given up after a huge block', () => {
    const hasher = wasmHasher();
    const small = rlpForm(vectorOf('prague').rawBlock);
    const memoryBytes = (text: Buffer, start: number, end: number): number =>
      hasher.decode(text, start, end).buffer.byteLength;
    expect(memoryBytes(small.text, small.start, small.end)).toBeLessThan(MIB);
    const huge = Buffer.alloc(40 * MIB, 'ab');
    expect(memoryBytes(huge, 0, huge.length)).toBeGreaterThan(20 * MIB);
    expect(memoryBytes(small.text, small.start, small.end)).toBeLessThan(MIB);
  });
});
