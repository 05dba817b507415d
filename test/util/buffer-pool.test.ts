import { describe, expect, it } from '@jest/globals';
import { LARGE_BUFFERS } from '../../src/util/buffer-pool.js';

const SIZE_BYTES = 200_000;

describe('the pool of large buffers', () => {
  it('hands out exactly what is asked for, and again what was given back', () => {
    const first = LARGE_BUFFERS.take(SIZE_BYTES);
    expect(first.length).toBe(SIZE_BYTES);
    LARGE_BUFFERS.giveBack(first);
    const second = LARGE_BUFFERS.take(SIZE_BYTES + 1_000);
    expect(second.length).toBe(SIZE_BYTES + 1_000);
    expect(second.buffer).toBe(first.buffer);
    LARGE_BUFFERS.giveBack(second);
  });

  it('never hands out one buffer twice, also when it is given back twice', () => {
    const buffer = LARGE_BUFFERS.take(SIZE_BYTES);
    LARGE_BUFFERS.giveBack(buffer);
    LARGE_BUFFERS.giveBack(buffer);
    expect(LARGE_BUFFERS.take(SIZE_BYTES).buffer).not.toBe(LARGE_BUFFERS.take(SIZE_BYTES).buffer);
  });

  it('does not take what is not its own', () => {
    const foreign = Buffer.alloc(SIZE_BYTES);
    LARGE_BUFFERS.giveBack(foreign);
    expect(LARGE_BUFFERS.take(SIZE_BYTES).buffer).not.toBe(foreign.buffer);
  });

  it('keeps two buffers, however large they are', () => {
    const sizeBytes = 50_000_000;
    const huge = [1, 2, 3].map(() => LARGE_BUFFERS.take(sizeBytes));
    for (const buffer of huge) LARGE_BUFFERS.giveBack(buffer);
    const again = [1, 2, 3].map(() => LARGE_BUFFERS.take(sizeBytes).buffer);
    expect(again.filter((memory) => huge.some(({ buffer }) => buffer === memory))).toHaveLength(2);
  });

  it('keeps what a catch-up uses, and two buffers of it when that is over', () => {
    const sizeBytes = 10_000_000;
    const takeSix = (): Buffer[] => Array.from({ length: 6 }, () => LARGE_BUFFERS.take(sizeBytes));
    const reused = (before: readonly Buffer[], after: readonly Buffer[]): number =>
      after.filter(({ buffer }) => before.some((other) => other.buffer === buffer)).length;
    const first = takeSix();
    for (const buffer of first) LARGE_BUFFERS.giveBack(buffer);
    const second = takeSix();
    expect(reused(first, second)).toBe(6);
    for (const buffer of second) LARGE_BUFFERS.giveBack(buffer);
    LARGE_BUFFERS.shrink();
    expect(reused(second, takeSix())).toBe(2);
  });

  it('does not use a buffer for something far smaller, and does not keep small ones', () => {
    const large = LARGE_BUFFERS.take(8_000_000);
    LARGE_BUFFERS.giveBack(large);
    expect(LARGE_BUFFERS.take(SIZE_BYTES).buffer).not.toBe(large.buffer);
    expect(LARGE_BUFFERS.take(10).length).toBe(10);
  });
});
