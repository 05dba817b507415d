import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs, consensusPollMs, ENGINE_BACKOFF, SOURCE_BACKOFF } from '../../src/follow/limits.js';
import { LockstepError } from '../../src/util/errors.js';

const BACKOFF = fc.constantFrom(ENGINE_BACKOFF, SOURCE_BACKOFF);
const RANDOM = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a back-off', () => {
  it('doubles from its minimum to its maximum, of which the upper half is drawn', () => {
    const pauses = (random: number) =>
      [1, 2, 3, 7, 8, 50].map((count) => backoffMs(SOURCE_BACKOFF, count, random, null));
    expect(pauses(0)).toEqual([125, 250, 500, 7_500, 7_500, 7_500]);
    expect(pauses(0.5)).toEqual([188, 375, 750, 11_250, 11_250, 11_250]);
  });

  it('is never under 50 ms and never over its maximum, whatever is drawn', () => {
    fc.assert(
      fc.property(BACKOFF, fc.integer({ min: 1, max: 10_000 }), RANDOM, (backoff, count, random) => {
        const pauseMs = backoffMs(backoff, count, random, null);
        expect(pauseMs).toBeGreaterThanOrEqual(50);
        expect(pauseMs).toBeLessThanOrEqual(backoff.maxMs);
      }),
    );
  });

  it('never gets shorter with the count', () => {
    fc.assert(
      fc.property(BACKOFF, fc.integer({ min: 1, max: 1_000 }), RANDOM, (backoff, count, random) => {
        const [now, next] = [count, count + 1].map((each) => backoffMs(backoff, each, random, null));
        expect(next).toBeGreaterThanOrEqual(now!);
      }),
    );
  });

  it('grants a longer pause that the peer asked for, and does not shorten its own for a shorter one', () => {
    const asked = (retryAfterMs: number) => new LockstepError('SOURCE_THROTTLED', { data: { retryAfterMs } });
    expect(backoffMs(SOURCE_BACKOFF, 1, 0, asked(30_000))).toBe(30_000);
    expect(backoffMs(SOURCE_BACKOFF, 1, 0, asked(1))).toBe(125);
  });
});

describe('the pause between two looks at a consensus client', () => {
  it('is half of the block time, within 200 ms and 6 s, and 500 ms where that is not known', () => {
    const pauses = [null, 100, 1_000, 2_000, 30_000].map((blockMs) => consensusPollMs('auto', blockMs));
    expect(pauses).toEqual([500, 200, 500, 1_000, 6_000]);
  });

  it('is what is set, where it is set', () => {
    expect(consensusPollMs(700, 2_000)).toBe(700);
  });
});
