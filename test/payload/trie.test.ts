import { Common, Mainnet } from '@ethereumjs/common';
import { createMPT } from '@ethereumjs/mpt';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { hexlify, type RlpStructuredDataish, toBeArray } from 'ethers/utils';
import fc from 'fast-check';
import { initKeccak, keccak256, keccakHash } from '../../src/payload/keccak.js';
import { orderedTrieRoot } from './both-hashers.js';
import { encodeRlp } from './reference-rlp.js';

async function referenceRoot(values: readonly Uint8Array[]): Promise<string> {
  const trie = await createMPT({ common: new Common({ chain: Mainnet, customCrypto: { keccak256 } }) });
  for (const [index, value] of values.entries()) await trie.put(keyOf(index), value);
  return `0x${Buffer.from(trie.root()).toString('hex')}`;
}

function keyOf(index: number): Uint8Array {
  return encoded(toBeArray(index));
}

/** RLP as bytes. */
function encoded(value: RlpStructuredDataish): Uint8Array {
  return Buffer.from(encodeRlp(value).slice(2), 'hex');
}

/** The definition of the trie word for word (Yellow Paper, appendix D), in a small part of the time of the other one. */
function literalRoot(values: readonly Uint8Array[]): string {
  const pairs = values.map((value, index): [string, Uint8Array] => [hexlify(keyOf(index)).slice(2), value]);
  return keccakHash(encoded(literalNode(pairs, 0)));
}

function literalNode(pairs: readonly [string, Uint8Array][], depth: number): RlpStructuredDataish {
  const [first] = pairs;
  if (pairs.length === 1) return [hexPrefix(first![0].slice(depth), true), first![1]];
  let shared = depth;
  while (pairs.every(([key]) => key[shared] === first![0][shared])) shared++;
  if (shared > depth) return [hexPrefix(first![0].slice(depth, shared), false), reference(literalNode(pairs, shared))];
  const groups = groupByNibble(pairs, depth);
  const slots = '0123456789abcdef'.split('').map((nibble) => {
    const group = groups.get(nibble);
    return group === undefined ? '0x' : reference(literalNode(group, depth + 1));
  });
  return [...slots, '0x'];
}

function groupByNibble(pairs: readonly [string, Uint8Array][], depth: number): Map<string, [string, Uint8Array][]> {
  const groups = new Map<string, [string, Uint8Array][]>();
  for (const pair of pairs) {
    const nibble = pair[0][depth]!;
    const group = groups.get(nibble);
    if (group === undefined) groups.set(nibble, [pair]);
    else group.push(pair);
  }
  return groups;
}

function hexPrefix(nibbles: string, isLeaf: boolean): string {
  const flag = isLeaf ? 2 : 0;
  return nibbles.length % 2 === 1 ? `0x${flag + 1}${nibbles}` : `0x${flag}0${nibbles}`;
}

function reference(node: RlpStructuredDataish): RlpStructuredDataish {
  const bytes = encoded(node);
  return bytes.length < 32 ? node : keccak256(bytes);
}

function rootOf(values: readonly Uint8Array[]): string {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 3;
  for (const value of values) {
    starts.push(at);
    ends.push((at += value.length));
  }
  return orderedTrieRoot(Buffer.concat([Buffer.alloc(3), ...values]), { starts, ends });
}

function valuesOf(count: number, sizeBytes: (index: number) => number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => new Uint8Array(sizeBytes(index)).fill((index % 255) + 1));
}

beforeAll(initKeccak);

describe('the root of an ordered trie', () => {
  const counts = [0, 1, 2, 3, 16, 17, 126, 127, 128, 129, 130, 144, 145, 255, 256, 257, 273];

  it.each(counts)('is that of an independent implementation for %d long values', async (count) => {
    const values = valuesOf(count, () => 120);
    expect(rootOf(values)).toBe(await referenceRoot(values));
    if (count > 0) expect(literalRoot(values)).toBe(rootOf(values));
  });

  it.each(counts)('is that of an independent implementation for %d values that parents embed', async (count) => {
    const values = valuesOf(count, (index) => 1 + (index % 29));
    expect(rootOf(values)).toBe(await referenceRoot(values));
    if (count > 0) expect(literalRoot(values)).toBe(rootOf(values));
  });

  it('is that of the literal definition for 5000 values', () => {
    const values = valuesOf(5_000, (index) => 33 + (index % 400));
    expect(rootOf(values)).toBe(literalRoot(values));
  });

  it('is that of an independent implementation at every length of a length', async () => {
    for (const size of [1, 2, 30, 31, 32, 33, 55, 56, 255, 256, 65_535, 65_536]) {
      const values = [new Uint8Array(size).fill(0x91), new Uint8Array(size).fill(0x7f)];
      expect(rootOf(values)).toBe(await referenceRoot(values));
      expect(literalRoot(values)).toBe(await referenceRoot(values));
    }
  });

  it('is that of the literal definition for more than 65536 values', () => {
    const values = valuesOf(65_540, () => 8);
    expect(rootOf(values)).toBe(literalRoot(values));
  });

  it('is that of the literal definition for a value of 17 MB', () => {
    const value = new Uint8Array(17_000_000).fill(0x91);
    const header = Uint8Array.of(0xbb, ...toBeArray(17_000_000));
    const node = Buffer.concat([Uint8Array.of(0x82, 0x20, 0x80), header, value]);
    const list = Buffer.concat([Uint8Array.of(0xfb, ...toBeArray(node.length)), node]);
    expect(rootOf([value])).toBe(keccakHash(list));
  });

  it('is that of the literal definition for any values', () => {
    const value = fc.uint8Array({ minLength: 1, maxLength: 70 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300, size: 'max' }), (values) => {
        expect(rootOf(values)).toBe(literalRoot(values));
      }),
      { numRuns: 40 },
    );
  });
});
