import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { beginSearch, foundAt, heightsToAsk, told, type Search } from '../../src/recovery/search.js';

interface Asked {
  readonly found: number | null;
  readonly calls: number;
  readonly rounds: number;
}

/** Two sides that agree up to `ancestor`, looked at from `floor` to `differs`. */
function run(floor: number, ancestor: number, differs: number, width: number): Asked {
  let search: Search | null = beginSearch(floor, differs);
  let calls = 0;
  for (let rounds = 0; ; rounds++) {
    if (search === null) return { found: null, calls, rounds };
    const found = foundAt(search);
    if (found !== null) return { found, calls, rounds };
    const heights = heightsToAsk(search, width);
    expect(heights.length).toBeGreaterThan(0);
    expect(heights.length).toBeLessThanOrEqual(width);
    for (const height of heights) {
      expect(height).toBeGreaterThan(search.agreed);
      expect(height).toBeLessThan(search.differs);
    }
    calls += heights.length;
    search = told(search, new Map(heights.map((height) => [height, height <= ancestor])));
  }
}

const CHAINS = fc
  .tuple(fc.nat(1_000_000), fc.nat(5_000), fc.integer({ min: 1, max: 50_000 }))
  .map(([floor, above, depth]) => ({ floor, ancestor: floor + above, depth }));

describe('the search for the common ancestor', () => {
  it('finds it, wherever it lies above the floor', () => {
    fc.assert(
      fc.property(CHAINS, fc.integer({ min: 1, max: 7 }), ({ floor, ancestor, depth }, width) => {
        expect(run(floor, ancestor, ancestor + depth, width).found).toBe(ancestor);
      }),
    );
  });

  it('costs at most 2*log2(depth)+4 looks, one at a time', () => {
    fc.assert(
      fc.property(CHAINS, ({ floor, ancestor, depth }) => {
        expect(run(floor, ancestor, ancestor + depth, 1).calls).toBeLessThanOrEqual(2 * Math.log2(depth) + 4);
      }),
    );
  });

  it.each([1, 2, 3, 5, 31, 32, 33, 100, 127, 128, 129, 1_000])('costs no more than that %d blocks deep', (depth) => {
    const { found, calls } = run(0, 20_000, 20_000 + depth, 1);
    expect(found).toBe(20_000);
    expect(calls).toBeLessThanOrEqual(2 * Math.log2(depth) + 4);
  });

  it('needs fewer rounds where it looks at three heights at a time', () => {
    expect(run(0, 0, 1_000, 3).rounds).toBeLessThan(run(0, 0, 1_000, 1).rounds * 0.75);
  });

  it('needs no look at all where the floor is the block below', () => {
    expect(run(7, 7, 8, 1)).toEqual({ found: 7, calls: 0, rounds: 0 });
  });

  it('gives up where the answers contradict each other', () => {
    const search = beginSearch(0, 100);
    const answers = new Map([
      [99, false],
      [97, true],
      [93, false],
    ]);
    expect(told(search, answers)).toBeNull();
  });
});
