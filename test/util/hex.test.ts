import { describe, expect, it } from '@jest/globals';
import { shortHash, toData, toHash, toNumber } from '../../src/util/hex.js';

const HASH = `0x${'Ab'.repeat(32)}`;

describe('toData', () => {
  it('reads many megabytes without running out of stack', () => {
    const text = `0x${'aB'.repeat(8_000_000)}`;
    expect(toData(text, 8_000_000)?.length).toBe(text.length);
    expect(toData(text, 7_999_999)).toBeUndefined();
  });

  it.each(['', '0', 'ab', '0x1', '0xzz', '0x1g', ' 0x11', '0x11 ', '0x11\n', 17, null, undefined])(
    'refuses %j',
    (value) => {
      expect(toData(value, 100)).toBeUndefined();
    },
  );

  it('reads no bytes at all', () => {
    expect(toData('0x', 0)).toBe('0x');
  });
});

describe('toHash', () => {
  it('makes lower case of 32 bytes and refuses every other length', () => {
    expect(toHash(HASH)).toBe(HASH.toLowerCase());
    expect(toHash(`${HASH}00`)).toBeUndefined();
    expect(toHash(HASH.slice(0, -2))).toBeUndefined();
  });

  it('is shown by its first four bytes', () => {
    expect(shortHash('0x1234567890')).toBe('0x12345678');
  });
});

describe('toNumber', () => {
  it.each([
    ['0x0', 0],
    ['0x1a', 26],
    ['0x1fffffffffffff', Number.MAX_SAFE_INTEGER],
  ])('reads the quantity %s', (text, expected) => {
    expect(toNumber(text)).toBe(expected);
  });

  it.each([
    '0x',
    '0x00',
    '0x01',
    '1',
    '0x20000000000000',
    '0x1g',
    ' 0x1',
    -1,
    1,
    1e400,
    null,
    `0x${'f'.repeat(1_000)}`,
  ])('refuses %j, which is no quantity or no safe integer', (value) => {
    expect(toNumber(value)).toBeUndefined();
  });
});
