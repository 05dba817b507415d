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

  /** How many calls go out in a second from then on. */
  function callsIn(rate: CallRate, fromMs: number): number {
    let calls = 0;
    for (let nowMs = fromMs; nowMs < fromMs + 1_000; calls += 1) {
      rate.sent(1, nowMs);
      nowMs += Math.max(rate.waitMs(1, nowMs), 0.01);
    }
    return calls;
  }

  it('is asked half as often as in the second before, evenly, and then a quarter more with each second', () => {
    const rate = new CallRate(null);
    rate.sent(200, 500);
    rate.refused(0, 1_000);
    expect(rate.waitMs(1, 1_000)).toBeCloseTo(10);
    const seconds = [1_010, 2_010, 3_010].map((fromMs) => callsIn(rate, fromMs));
    expect(seconds[0]).toBeGreaterThanOrEqual(99);
    expect(seconds[0]).toBeLessThanOrEqual(101);
    expect(seconds[1]).toBeCloseTo(125, -1);
    expect(seconds[2]).toBeCloseTo(156, -1);
    rate.sent(1, 60_000);
    expect(rate.waitMs(1, 60_000)).toBe(0);
  });

  it('is asked for most of what it answered, where that is more than half of what was sent', () => {
    const rate = new CallRate(null);
    rate.sent(120, 200);
    rate.answered(100, 500);
    rate.refused(0, 1_000);
    expect(rate.waitMs(1, 1_000)).toBeCloseTo(1_000 / 90);
  });

  it('is believed once for all that was sent at the same time', () => {
    const rate = new CallRate(null);
    rate.sent(200, 500);
    for (const nowMs of [1_000, 1_001, 1_400]) rate.refused(0, nowMs);
    rate.sent(1, 1_400);
    expect(rate.waitMs(1, 1_400)).toBeCloseTo(10);
  });

  it('is asked ten times a second at least: fewer calls are hardly what it means', () => {
    const rate = new CallRate(null);
    rate.sent(2, 500);
    rate.refused(0, 1_000);
    expect(rate.waitMs(1, 1_000)).toBe(100);
  });

  it('is never asked more often than the operator allows', () => {
    const rate = new CallRate(5);
    rate.sent(5, 0);
    rate.refused(0, 10);
    expect([rate.waitMs(1, 10), rate.perSecond]).toEqual([990, 5]);
  });
});
