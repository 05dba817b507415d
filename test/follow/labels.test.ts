import { describe, expect, it } from '@jest/globals';
import type { Labels } from '../../src/chain/block.js';
import { forkchoice } from '../../src/chain/forkchoice.js';
import {
  coherentLabels,
  forkchoiceAtHead,
  heightsOfInterest,
  labelsUpTo,
  labelsStand,
  promote,
  remember,
  restored,
  trustedLabels,
} from '../../src/follow/labels.js';
import type { Hash } from '../../src/util/hex.js';
import { A, at, B, engineView, labels, sourceView } from './examples.js';

const onA = (number: number): Hash | undefined => A[number]?.hash;
const NONE = labels(A, null, null);

describe('a label of the source', () => {
  it.each([
    ['at or below the head is taken', 8, labels(A, 3, 2), labels(A, 8, 6), labels(A, 8, 6)],
    ['ahead of the head is skipped and not clamped', 8, labels(A, 3, 2), labels(A, 9, 9), labels(A, 3, 2)],
    ['ahead of the head does not hold up the other one', 8, labels(A, 3, 2), labels(A, 9, 6), labels(A, 6, 6)],
    ['that is lower never lowers ours', 8, labels(A, 6, 5), labels(A, 4, 3), labels(A, 6, 5)],
    ['that is unset leaves ours', 8, labels(A, 6, 5), NONE, labels(A, 6, 5)],
    ['on another branch is not taken', 8, labels(A, 3, 2), labels(B, 6, 5), labels(A, 3, 2)],
    ['finalized raises a lower safe label', 8, labels(A, 3, 2), labels(A, 1, 5), labels(A, 5, 5)],
    ['finalized alone stands for both', 8, NONE, labels(A, null, 5), labels(A, 5, 5)],
    ['safe alone is kept for later', 8, NONE, labels(A, 5, null), labels(A, 5, null)],
    ['at the head is taken', 8, NONE, labels(A, 8, 8), labels(A, 8, 8)],
  ])('%s', (_rule, head, trusted, source, expected) => {
    expect(promote(at(A, head), trusted, source, onA)).toEqual(expected);
  });

  it('at a height that was not read locally is not taken', () => {
    expect(promote(at(A, 8), labels(A, 3, 2), labels(A, 6, 5), () => undefined)).toEqual(labels(A, 3, 2));
  });

  it('that was never read changes nothing', () => {
    expect(promote(at(A, 8), labels(A, 3, 2), null, onA)).toEqual(labels(A, 3, 2));
  });
});

describe('a label of the EL', () => {
  const trusted = (shown: Labels): Labels => trustedLabels(engineView(A, 8, shown), NONE);

  it.each([
    ['on its chain is trusted', labels(A, 6, 5), labels(A, 6, 5)],
    ['at its head is trusted', labels(A, 8, 8), labels(A, 8, 8)],
    ['above its head is not', labels(A, 9, 5), labels(A, null, 5)],
    ['on an abandoned branch is not', { safe: at(B, 6), finalized: at(A, 2) }, labels(A, null, 2)],
    ['finalized on an abandoned branch is not', labels(B, 6, 5), NONE],
    ['finalized above safe raises safe', labels(A, 3, 6), labels(A, 6, 6)],
    ['that is unset is none', NONE, NONE],
    ['safe with finalized unset is kept', labels(A, 6, null), labels(A, 6, null)],
    ['finalized with safe unset is kept', labels(A, null, 5), labels(A, null, 5)],
  ])('%s', (_rule, shown, expected) => {
    expect(trusted(shown)).toEqual(expected);
  });

  it('above its head is not trusted, whatever was read there', () => {
    const read = new Map(A.map((ref) => [ref.number, ref]));
    expect(trustedLabels(engineView(A, 8, labels(A, 9, 5), { at: read }), NONE)).toEqual(labels(A, null, 5));
  });

  it('at a height that was not read, or where the EL has no block, is not trusted', () => {
    const read = new Map([[6, null]]);
    expect(trustedLabels(engineView(A, 8, labels(A, 6, 5), { at: read }), NONE)).toEqual(NONE);
  });
});

describe('a remembered label', () => {
  it.each([
    ['steps in where the EL shows none', NONE, labels(A, 6, 5), labels(A, 6, 5)],
    [
      'steps in where the EL came back with its safe label at finalized',
      labels(A, 2, 2),
      labels(A, 6, 2),
      labels(A, 6, 2),
    ],
    ['steps in for a lower one', labels(A, 3, 2), labels(A, 6, 5), labels(A, 6, 5)],
    ['gives way to a higher one', labels(A, 6, 5), labels(A, 3, 2), labels(A, 6, 5)],
    ['above the head does not count', labels(A, 3, 2), labels(A, 10, 9), labels(A, 3, 2)],
    ['on an abandoned branch does not count', labels(A, 3, 2), labels(B, 6, 5), labels(A, 3, 2)],
  ])('%s', (_rule, shown, remembered, expected) => {
    expect(trustedLabels(engineView(A, 8, shown), remembered)).toEqual(expected);
  });

  it.each([
    ['finalized stays although the EL came back below it', labels(A, 3, 2), labels(A, 10, 9), labels(A, 3, 9)],
    ['follows the EL up', labels(A, 6, 5), labels(A, 3, 2), labels(A, 6, 5)],
    ['safe follows the EL to another branch', labels(A, 4, 2), labels(B, 6, 2), labels(A, 4, 2)],
    ['stays while the EL shows none', NONE, labels(A, 10, 9), labels(A, 10, 9)],
  ])('%s', (_rule, shown, remembered, expected) => {
    expect(remember(engineView(A, 8, shown), remembered)).toEqual(expected);
  });
});

describe('the labels of the EL', () => {
  it('count up to the height from which on its chain is given up', () => {
    expect(trustedLabels(engineView(A, 8, labels(A, 4, 2)), labels(A, 7, 3), 5)).toEqual(labels(A, 4, 3));
  });

  it.each([
    ['of before', [labels(A, 6, 5)], labels(A, 6, 5)],
    ['of before, each as far as it fits', [labels(A, 10, 2), labels(A, 5, 4)], labels(A, 5, 4)],
    ['of another branch not', [labels(B, 7, 6)], labels(A, 3, 1)],
  ])('hold again where the chain has these blocks: those %s', (_which, awaited, expected) => {
    expect(restored(at(A, 8), labels(A, 3, 1), awaited, onA)).toEqual(expected);
  });
});

describe('the labels up to a height', () => {
  it.each([
    ['hold where they are not above it', 6, labels(A, 6, 5), labels(A, 6, 5)],
    ['fall back to finalized where safe is above it', 5, labels(A, 6, 4), labels(A, 4, 4)],
    ['are none where both are above it', 3, labels(A, 6, 4), NONE],
    ['are safe alone where nothing is final', 6, labels(A, 6, null), labels(A, 6, null)],
  ])('%s', (_rule, height, all, expected) => {
    expect(labelsUpTo(height, all)).toEqual(expected);
  });
});

type Own = 'unset' | 'genesis' | 'canonical' | 'abandoned';
type Theirs = 'unset' | 'genesis' | 'canonical' | 'ahead';

describe('the labels sent to an EL with a head above genesis', () => {
  const own: Record<Own, Labels> = {
    unset: NONE,
    genesis: labels(A, 0, 0),
    canonical: labels(A, 3, 2),
    abandoned: labels(B, 6, 5),
  };
  const theirs: Record<Theirs, Labels | null> = {
    unset: NONE,
    genesis: labels(A, 0, 0),
    canonical: labels(A, 6, 5),
    ahead: labels(A, 12, 10),
  };
  /** Safe and finalized heights; null: zero hashes, which leave the labels of the EL as they are. */
  const sent: Record<Own, Record<Theirs, readonly [safe: number, finalized: number] | null>> = {
    unset: { unset: null, genesis: [0, 0], canonical: [6, 5], ahead: null },
    genesis: { unset: [0, 0], genesis: [0, 0], canonical: [6, 5], ahead: [0, 0] },
    canonical: { unset: [3, 2], genesis: [3, 2], canonical: [6, 5], ahead: [3, 2] },
    abandoned: { unset: null, genesis: [0, 0], canonical: [6, 5], ahead: null },
  };
  const cells = (Object.keys(own) as Own[]).flatMap((mine) =>
    (Object.keys(theirs) as Theirs[]).map((source) => ({ mine, source, expected: sent[mine][source] })),
  );

  it.each(cells)('EL $mine, source $source: $expected', ({ mine, source, expected }) => {
    const { head, labels: result } = forkchoiceAtHead(
      engineView(A, 8, own[mine]),
      sourceView(A, 8, theirs[source]),
      NONE,
    );
    expect(head).toEqual(at(A, 8));
    expect(result).toEqual(expected === null ? null : labels(A, expected[0], expected[1]));
  });

  it('name genesis only where a side shows it', () => {
    const genesis = at(A, 0).hash;
    for (const { mine, source } of cells.filter((cell) => cell.mine !== 'genesis' && cell.source !== 'genesis')) {
      const made = forkchoiceAtHead(engineView(A, 8, own[mine]), sourceView(A, 8, theirs[source]), NONE);
      expect([made.labels?.safe.hash, made.labels?.finalized.hash]).not.toContain(genesis);
    }
  });

  it('are those of the EL while the source is away', () => {
    expect(forkchoiceAtHead(engineView(A, 8, labels(A, 3, 2)), null, NONE).labels).toEqual(labels(A, 3, 2));
  });
});

describe('labels stand', () => {
  const stand = (shown: Labels, wanted: Labels): boolean =>
    labelsStand({ unsafe: at(A, 8), ...shown }, forkchoice(at(A, 8), wanted));

  it.each([
    [true, labels(A, 6, 5), labels(A, 6, 5)],
    [false, labels(A, 6, 4), labels(A, 6, 5)],
    [false, labels(A, 5, 5), labels(A, 6, 5)],
    [false, NONE, labels(A, 6, 5)],
    [true, NONE, NONE],
    [true, labels(A, 6, 5), NONE],
  ])('%s: shown %#', (expected, shown, wanted) => {
    expect(stand(shown, wanted)).toBe(expected);
  });
});

describe('a snapshot of labels', () => {
  it.each([
    [true, labels(A, 6, 5)],
    [true, labels(A, 5, 5)],
    [true, labels(A, null, 5)],
    [true, labels(A, 5, null)],
    [true, NONE],
    [false, labels(A, 5, 6)],
  ])('is coherent (%s) when finalized is not above safe', (expected, snapshot) => {
    expect(coherentLabels(snapshot)).toBe(expected);
  });
});

describe('the heights that are read from the EL', () => {
  const heights = (shown: Labels, source: Parameters<typeof heightsOfInterest>[1], remembered = NONE): number[] =>
    heightsOfInterest({ unsafe: at(A, 8), ...shown }, source, remembered).sort((a, b) => a - b);

  it('are those of all labels and of the head of the source, once each', () => {
    expect(heights(labels(A, 3, 2), sourceView(A, 7, labels(A, 5, 3)))).toEqual([2, 3, 5, 7]);
  });

  it('leave out what is above the head of the EL, and what is unset', () => {
    expect(heights(labels(A, 9, null), sourceView(A, 12, labels(A, 10, null)))).toEqual([]);
  });

  it('are those of the remembered labels too', () => {
    expect(heights(labels(A, 3, 3), null, labels(A, 6, 4))).toEqual([3, 4, 6]);
  });

  it('hold the head itself where a label stands there', () => {
    expect(heights(labels(A, 8, null), null)).toEqual([8]);
  });
});
