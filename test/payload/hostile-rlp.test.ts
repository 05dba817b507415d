import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scanBlock } from '../../src/payload/block-layout.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { RlpScanner } from '../../src/payload/rlp-scan.js';
import { decodeHexText, verifyBlock } from './both-hashers.js';
import { expectRefusal, refusalOf } from './refusal.js';
import { rlpForm, vectorOf, VECTORS } from './vectors.js';

function scanned(hex: string): RlpScanner {
  const scanner = new RlpScanner(Buffer.from(hex, 'hex'));
  scanner.read(0, scanner.bytes.length);
  return scanner;
}

beforeAll(initKeccak);

describe('the RLP scanner', () => {
  it.each([
    ['00', false, 0, 1],
    ['7f', false, 0, 1],
    ['80', false, 1, 1],
    ['8180', false, 1, 2],
    [`b7${'11'.repeat(55)}`, false, 1, 56],
    [`b838${'11'.repeat(56)}`, false, 2, 58],
    [`b90100${'11'.repeat(256)}`, false, 3, 259],
    ['c0', true, 1, 1],
    ['c101', true, 1, 2],
    [`f838${'11'.repeat(56)}`, true, 2, 58],
  ])('reads the item %s', (hex, isList, start, end) => {
    expect(scanned(hex)).toMatchObject({ isList, start, end });
  });

  it.each([
    ['nothing', ''],
    ['a byte below 0x80 with a length', '8100'],
    ['a byte below 0x80 with a length', '817f'],
    ['a short string that ends early', '820102'.slice(0, 4)],
    ['a long length for a short string', `b837${'11'.repeat(55)}`],
    ['a long length for a short list', `f837${'11'.repeat(55)}`],
    ['a length with a leading zero', `b90038${'11'.repeat(56)}`],
    ['a cut length', 'b9'],
    ['a cut length', 'b901'],
    ['a length beyond the end', `b838${'11'.repeat(55)}`],
    ['a length of 2^64 - 1', `bf${'ff'.repeat(8)}11`],
    ['a list length of 2^64 - 1', `ff${'ff'.repeat(8)}11`],
  ])('refuses %s', (_, hex) => {
    expectRefusal(() => scanned(hex), 'BLOCK_MALFORMED');
  });

  it('keeps to the limit it is given', () => {
    const scanner = new RlpScanner(Buffer.from('83010203', 'hex'));
    expectRefusal(() => scanner.read(0, 3), 'BLOCK_MALFORMED');
    expect(scanner.read(0, 4)).toBe(4);
  });
});

describe('the layout of a block', () => {
  it.each([
    ['a string', '820102'],
    ['an empty list', 'c0'],
    ['bytes after the block', 'c4c0c0c0c000'],
    ['a header that is a string', 'c380c0c0'],
    ['transactions that are a string', 'c3c080c0'],
    ['ommers that are a string', 'c3c0c080'],
    ['withdrawals that are a string', 'c4c0c0c080'],
    ['a list as a header field', 'c4c1c0c0c0'],
    ['an empty transaction', 'c4c0c180c0'],
    ['a transaction of one byte', 'c4c0c102c0'],
    ['a transaction that is no type', 'c6c0c3828001c0'],
    ['a withdrawal that is a string', 'c5c0c0c0c180'],
  ])('is refused for %s', (_, hex) => {
    expectRefusal(() => scanBlock(Buffer.from(hex, 'hex')), 'BLOCK_MALFORMED');
  });
});

describe('hex text', () => {
  it.each(['0', '0g', 'zz', '0x', ' 0', '00 1', 'ff\n0'])('is refused as %j', (text) => {
    expectRefusal(() => decodeHexText(Buffer.from(text), 0, text.length), 'BLOCK_MALFORMED');
  });

  it.each([
    [-2, 2],
    [2, 0],
    [0, 6],
    [0, Number.NaN],
  ])('is refused from %d up to %d of four characters', (start, end) => {
    expectRefusal(() => decodeHexText(Buffer.from('0011'), start, end), 'BLOCK_MALFORMED');
  });

  it('is refused with the position of what is not hex, also far behind', () => {
    const text = Buffer.from('ab'.repeat(50_000));
    text[70_001] = 0x7a;
    const refusal = expectRefusal(() => decodeHexText(text, 2, text.length), 'BLOCK_MALFORMED');
    expect(refusal.message).toContain('character 70000');
  });

  it('is decoded in both cases and any alignment', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 40_000, size: 'max' }), fc.nat(3), (bytes, before) => {
      const digits = Buffer.from(bytes).toString('hex');
      const text = Buffer.from(`${'-'.repeat(before)}${digits}${digits.toUpperCase()}"`);
      const decoded = decodeHexText(text, before, text.length - 1);
      expect(decoded.equals(Buffer.concat([bytes, bytes]))).toBe(true);
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe('garbage for a block', () => {
  const prague = vectorOf('prague').rawBlock;

  /** Either it is a block, or the refusal says that it is not: no other exception, and an end in any case. */
  function expectVerdict(text: string, start: number, end: number): void {
    const fetched = { form: 'rlp', text: Buffer.from(text), start, end } as const;
    expect(refusalOf(() => verifyBlock(fetched, { hash: `0x${'00'.repeat(32)}` })).code).toMatch(/^BLOCK_/);
  }

  it('is refused wherever a block is cut off', () => {
    for (let end = 2; end < prague.length; end++) expectVerdict(prague, 2, end);
  });

  it('is refused wherever the text is said to start and end', () => {
    fc.assert(fc.property(fc.integer(), fc.integer(), (start, end) => expectVerdict(prague, start, end)));
  });

  it('is refused as random bytes', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      const text = Buffer.from(bytes).toString('hex');
      expectVerdict(text, 0, text.length);
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('is refused as random text', () => {
    const property = fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
      expectVerdict(text, 0, Buffer.byteLength(text));
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('is refused as a block with any run of bytes replaced, removed or inserted', () => {
    const property = fc.property(
      fc.nat(VECTORS.length - 1),
      fc.nat(),
      fc.nat(40),
      fc.uint8Array({ maxLength: 40 }),
      (index, position, removed, inserted) => {
        const bytes = [...Buffer.from(VECTORS[index]!.rawBlock.slice(2), 'hex')];
        bytes.splice(position % bytes.length, removed, ...inserted);
        const { text, start, end } = rlpForm(`0x${Buffer.from(bytes).toString('hex')}`);
        expectVerdict(text.toString(), start, end);
      },
    );
    fc.assert(property, { numRuns: 1_500 });
  });
});
