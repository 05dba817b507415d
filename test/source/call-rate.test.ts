import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CallRate } from '../../src/source/call-rate.js';

/** Sends requests of so many calls as early as allowed, each so long after the last; gives the time of each call. */
function sendAll(rate: CallRate, requests: readonly { readonly calls: number; readonly afterMs: number }[]): number[] {
  let nowMs = 0;
  return requests.flatMap(({ calls, afterMs }) => {
    nowMs += afterMs;
    for (let waitMs = rate.waitMs(calls, nowMs); waitMs > 0; waitMs = rate.waitMs(calls, nowMs)) nowMs += waitMs;
    rate.sent(calls, nowMs);
    return new Array<number>(calls).fill(nowMs);
  });
}

/** The most calls in any second that begins with a call. */
function mostInASecond(callsAtMs: readonly number[]): number {
  return Math.max(0, ...callsAtMs.map((from) => callsAtMs.filter((at) => at >= from && at < from + 1_000).length));
}

const single = (count: number, afterMs = 0) =>
  new Array(count).fill({ calls: 1, afterMs }) as { calls: 1; afterMs: 0 }[];

describe('the rate of calls', () => {
  it('is not limited unless it is asked for', () => {
    expect(sendAll(new CallRate(null), single(5_000)).at(-1)).toBe(0);
  });

  it('lets as many through at once as a second may have, and the next a second after the first', () => {
    expect(sendAll(new CallRate(3), single(7))).toEqual([0, 0, 0, 1_000, 1_000, 1_000, 2_000]);
    expect(sendAll(new CallRate(3), single(6, 400))).toEqual([400, 800, 1_200, 1_600, 2_000, 2_400]);
  });

  it('counts each call of a batch, one with more calls than a second may have included', () => {
    const batches = [{ calls: 2, afterMs: 0 }, { calls: 2, afterMs: 0 }, ...single(1)];
    expect(sendAll(new CallRate(3), batches)).toEqual([0, 0, 1_000, 1_000, 1_000]);
    expect(sendAll(new CallRate(2), [{ calls: 5, afterMs: 0 }, ...single(2)]).slice(5)).toEqual([2_000, 3_000]);
  });

  it('is never passed in any second, whatever is sent when', () => {
    const request = fc.record({
      calls: fc.integer({ min: 1, max: 5 }),
      afterMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 40 }), fc.array(request, { maxLength: 120 }), (perSecond, requests) => {
        expect(mostInASecond(sendAll(new CallRate(perSecond), requests))).toBeLessThanOrEqual(perSecond);
      }),
    );
  });
});

describe('a source that limits our rate', () => {
  it('is left alone for as long as it asks, whatever is to be sent', () => {
    const rate = new CallRate(null);
    rate.refused(5_000, 100);
    rate.refused(1_000, 200);
    expect([rate.pauseMs(200), rate.waitMs(1, 200), rate.waitMs(1, 5_100)]).toEqual([4_900, 4_900, 0]);
  });

  it('is asked half as often as in the second before, and then a tenth more with each second', () => {
    const rate = new CallRate(null);
    rate.sent(200, 500);
    rate.refused(0, 1_000);
    expect(rate.callsPerBatch(1_000)).toBe(100);
    expect([2_000, 3_000, 4_000].map((nowMs) => rate.callsPerBatch(nowMs))).toEqual([110, 121, 133]);
    expect(rate.callsPerBatch(120_000)).toBe(Infinity);
  });

  it('is believed once for all that was sent at the same time', () => {
    const rate = new CallRate(null);
    rate.sent(200, 500);
    for (const nowMs of [1_000, 1_001, 1_999]) rate.refused(0, nowMs);
    expect(rate.callsPerBatch(1_999)).toBe(100);
    rate.refused(0, 2_000);
    expect(rate.callsPerBatch(2_000)).toBeLessThan(100);
  });

  it('is asked four times a second at least: fewer calls are not what it means', () => {
    const rate = new CallRate(null);
    rate.sent(2, 500);
    rate.refused(0, 1_000);
    expect(rate.callsPerBatch(1_000)).toBe(4);
  });

  it('is never asked more often than the operator allows', () => {
    const rate = new CallRate(10);
    rate.sent(10, 0);
    rate.refused(0, 10);
    expect(rate.callsPerBatch(10)).toBe(5);
    expect(rate.callsPerBatch(60_000)).toBe(10);
  });
});
