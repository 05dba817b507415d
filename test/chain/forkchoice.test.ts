import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BlockRef, Labels } from '../../src/chain/block.js';
import { forkchoice } from '../../src/chain/forkchoice.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, labels } from '../follow/examples.js';

describe('a forkchoice', () => {
  it.each([
    ['labels below the head', labels(A, 5, 3), labels(A, 5, 3)],
    ['all three at one block', labels(A, 8, 8), labels(A, 8, 8)],
    ['safe and finalized at one block', labels(A, 5, 5), labels(A, 5, 5)],
    ['finalized alone, which is safe as well', labels(A, null, 5), labels(A, 5, 5)],
    ['safe alone, which cannot be sent', labels(A, 5, null), null],
    ['no labels', labels(A, null, null), null],
  ])('is made of %s', (_what, given, expected) => {
    const made = forkchoice(at(A, 8), given);
    expect(made.head).toBe(at(A, 8));
    expect(made.labels).toEqual(expected);
  });

  it.each([
    ['finalized above safe', labels(A, 5, 6), 'finalized 6'],
    ['safe above the head', labels(A, 9, 3), 'safe 9'],
    ['finalized above the head', labels(A, null, 9), 'safe 9'],
    ['another safe block at the height of the head', { safe: at(B, 8), finalized: at(A, 2) }, 'safe 8'],
    ['two blocks at the height of both labels', { safe: at(A, 5), finalized: at(B, 5) }, 'finalized 5'],
  ])('is refused for %s', (_what, given, named) => {
    const make = (): unknown => forkchoice(at(A, 8), given);
    expect(make).toThrow(LockstepError);
    expect(make).toThrow(expect.objectContaining({ code: 'INTERNAL_FORKCHOICE_ORDER' }));
    expect(make).toThrow(new RegExp(`${named} 0x`));
  });

  it('that exists is in order, whatever it was made of', () => {
    const ref = fc.constantFrom(...A, ...B);
    const some: fc.Arbitrary<Labels> = fc.record({ safe: fc.option(ref), finalized: fc.option(ref) });
    fc.assert(
      fc.property(ref, some, (head, given) => {
        const made = tryForkchoice(head, given);
        if (made === null || made.labels === null) return;
        const line = [made.labels.finalized, made.labels.safe, made.head];
        line.slice(1).forEach((high, index) => {
          const low = line[index]!;
          expect(low.number < high.number || low.hash === high.hash).toBe(true);
        });
      }),
      { numRuns: 2_000 },
    );
  });
});

function tryForkchoice(head: BlockRef, given: Labels): ReturnType<typeof forkchoice> | null {
  try {
    return forkchoice(head, given);
  } catch (thrown) {
    if (thrown instanceof LockstepError) return null;
    throw thrown;
  }
}
