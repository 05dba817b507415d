import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LanePace } from '../../src/follow/lane-pace.js';

const LIMITS = { maxPayloadsPerCall: 8, maxBlocksPerForkchoice: 32 };

/** What the calls carry when each block takes so long, one time after the other. */
function carried(pace: LanePace, msPerBlock: readonly number[]): number[] {
  return msPerBlock.map((ms) => {
    const payloads = pace.payloadsPerCall;
    pace.took(payloads, payloads * ms);
    return payloads;
  });
}

const times = (count: number, ms: number): number[] => new Array<number>(count).fill(ms);

describe('the pace of the lane', () => {
  it('doubles the payloads of a call, up to what the EL takes', () => {
    expect(carried(new LanePace(LIMITS), times(6, 2))).toEqual([1, 2, 4, 8, 8, 8]);
  });

  it('carries as many payloads as take a quarter of a second', () => {
    expect(carried(new LanePace(LIMITS), times(5, 60))).toEqual([1, 2, 4, 4, 4]);
    expect(carried(new LanePace(LIMITS), times(5, 300))).toEqual([1, 1, 1, 1, 1]);
  });

  it('carries as many as that from the next call on, once one held the EL for longer', () => {
    expect(carried(new LanePace(LIMITS), [...times(4, 2), ...times(3, 100)])).toEqual([1, 2, 4, 8, 8, 2, 2]);
  });

  it('grows again after a single slow call', () => {
    const [, , , , slow, ...after] = carried(new LanePace(LIMITS), [...times(4, 2), 100, ...times(6, 2)]);
    expect([slow, ...after]).toEqual([8, 2, 3, 4, 5, 7, 8]);
  });

  it('makes a forkchoice due within a second, and after so many blocks at most', () => {
    const due = [2, 50, 120, 700, 5_000].map((ms) => {
      const pace = new LanePace(LIMITS);
      carried(pace, times(3, ms));
      return pace.blocksPerForkchoice;
    });
    expect(due).toEqual([32, 20, 8, 1, 1]);
  });

  it('goes by what the EL is known to bear before anything was measured', () => {
    const { payloadsPerCall, blocksPerForkchoice } = new LanePace(LIMITS);
    expect([payloadsPerCall, blocksPerForkchoice]).toEqual([1, 32]);
  });

  it('stays between one and what the EL bears, and no call is twice as large as the last, whatever calls take', () => {
    const limits = fc.record({
      maxPayloadsPerCall: fc.integer({ min: 1, max: 32 }),
      maxBlocksPerForkchoice: fc.integer({ min: 1, max: 32 }),
    });
    const calls = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 100 });
    fc.assert(
      fc.property(limits, calls, (bounds, took) => {
        const pace = new LanePace(bounds);
        for (const ms of took) {
          const before = pace.payloadsPerCall;
          pace.took(before, ms);
          const { payloadsPerCall, blocksPerForkchoice } = pace;
          expect(payloadsPerCall).toBeGreaterThanOrEqual(1);
          expect(payloadsPerCall).toBeLessThanOrEqual(Math.min(2 * before, bounds.maxPayloadsPerCall));
          expect(blocksPerForkchoice).toBeGreaterThanOrEqual(1);
          expect(blocksPerForkchoice).toBeLessThanOrEqual(bounds.maxBlocksPerForkchoice);
        }
      }),
    );
  });
});
