import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs, ENGINE_BACKOFF, SOURCE_BACKOFF } from '../../src/follow/limits.js';
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
