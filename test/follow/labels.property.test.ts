import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NOT_SYNCING } from '../../src/engine/engine.js';
import type { BlockRef, Labels } from '../../src/chain/block.js';
import { forkchoiceAtHead, promote, trustedLabels } from '../../src/follow/labels.js';
import type { EngineView } from '../../src/follow/state.js';
import { ZERO_HASH, type Hash } from '../../src/util/hex.js';

/** A chain by the branch that each height belongs to: once a chain has left the trunk, it stays on its branch. */
const CHAIN = fc
  .record({ length: fc.integer({ min: 1, max: 24 }), leavesAt: fc.integer({ min: 1, max: 24 }), branch: fc.nat(2) })
  .map(({ length, leavesAt, branch }) => {
    const refs: BlockRef[] = [];
    for (let number = 0; number < length; number += 1) {
      const mark = number < leavesAt ? 0 : branch;
      const hash: Hash = `0x${mark}${number.toString(16).padStart(63, '0')}`;
      refs.push({ number, hash, parentHash: refs.at(-1)?.hash ?? ZERO_HASH, timestamp: 1_700_000_000 + number });
    }
    return refs;
  });

type Chain = readonly BlockRef[];

/** A label anywhere on a chain, or unset. */
const label = (chain: Chain): fc.Arbitrary<BlockRef | null> => fc.option(fc.constantFrom(...chain), { freq: 4 });
const pair = (chain: Chain): fc.Arbitrary<Labels> => fc.record({ safe: label(chain), finalized: label(chain) });

/** An EL and a source on chains that share at least genesis; each side shows any labels, also absurd ones. */
const SIDES = fc.tuple(CHAIN, CHAIN, CHAIN).chain(([own, other, theirs]) =>
  fc.record({
    own: fc.constant(own),
    shown: fc.oneof(pair(own), pair(other)),
    source: fc.option(pair(theirs)),
    read: fc.constantFrom('every height', 'some heights'),
  }),
);

type Sides = typeof SIDES extends fc.Arbitrary<infer T> ? T : never;

function viewOf({ own, shown, read }: Sides): EngineView {
  const heights = own.filter(({ number }) => read === 'every height' || number % 2 === 0);
  return {
    heads: { unsafe: own.at(-1)!, ...shown },
    syncing: NOT_SYNCING,
    at: new Map(heights.map((ref) => [ref.number, ref])),
    hungUp: false,
    foreignMove: false,
  };
}

function isOn(chain: Chain, ref: BlockRef): boolean {
  return chain[ref.number]?.hash === ref.hash;
}

const NONE: Labels = { safe: null, finalized: null };
const RUNS = { numRuns: 2_000 };

describe('whatever both sides show', () => {
  it('the result is a forkchoice in order on the chain of the EL', () => {
    fc.assert(
      fc.property(SIDES, (sides) => {
        const view = viewOf(sides);
        const source = { head: view.heads.unsafe, labels: sides.source };
        const { head, labels } = forkchoiceAtHead(view, source, NONE);
        expect(head).toBe(view.heads.unsafe);
        if (labels === null) return;
        expect(labels.finalized.number).toBeLessThanOrEqual(labels.safe.number);
        expect(labels.safe.number).toBeLessThanOrEqual(head.number);
        expect([labels.safe, labels.finalized].every((ref) => isOn(sides.own, ref))).toBe(true);
      }),
      RUNS,
    );
  });

  it('no label goes below one that is trusted, and none that was there is dropped', () => {
    fc.assert(
      fc.property(SIDES, (sides) => {
        const view = viewOf(sides);
        const trusted = trustedLabels(view, NONE);
        const { labels } = forkchoiceAtHead(view, { head: view.heads.unsafe, labels: sides.source }, NONE);
        const floor = trusted.finalized;
        if (floor === null) return;
        expect(labels!.finalized.number).toBeGreaterThanOrEqual(floor.number);
        expect(labels!.safe.number).toBeGreaterThanOrEqual(trusted.safe?.number ?? floor.number);
      }),
      RUNS,
    );
  });

  it('every label is one that a side shows, and that the EL has at its height', () => {
    fc.assert(
      fc.property(SIDES, (sides) => {
        const view = viewOf(sides);
        const trusted = trustedLabels(view, NONE);
        const hashAt = (number: number): Hash | undefined => view.at.get(number)?.hash;
        const result = promote(view.heads.unsafe, trusted, sides.source, hashAt);
        for (const ref of [result.safe, result.finalized]) {
          if (ref === null) continue;
          const shown = [trusted.safe, trusted.finalized, sides.source?.safe, sides.source?.finalized];
          expect(shown.some((each) => each?.hash === ref.hash)).toBe(true);
          expect(isOn(sides.own, ref)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('promoting twice changes nothing more', () => {
    fc.assert(
      fc.property(SIDES, (sides) => {
        const view = viewOf(sides);
        const hashAt = (number: number): Hash | undefined => view.at.get(number)?.hash;
        const once = promote(view.heads.unsafe, trustedLabels(view, NONE), sides.source, hashAt);
        expect(promote(view.heads.unsafe, once, sides.source, hashAt)).toEqual(once);
      }),
      RUNS,
    );
  });
});
