import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BlockRef } from '../../src/chain/block.js';
import type { SyncStatus } from '../../src/chain/sync-status.js';
import { REPLAY_GUARD_MAX_MS } from '../../src/follow/limits.js';
import { type Derived, judgeLabels, requireOrdered } from '../../src/follow/status-guard.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B } from './examples.js';
import { l1Block } from './memory-consensus.js';

interface Heights {
  readonly unsafe?: number;
  readonly safe?: number | null;
  readonly localSafe?: number | null;
  readonly finalized?: number | null;
  readonly l1?: number | null;
}

function status({ unsafe = 20, safe = 10, localSafe = 12, finalized = 5, l1 = 100 }: Heights): SyncStatus {
  const pick = (height: number | null): BlockRef | null => (height === null ? null : at(A, height));
  return {
    unsafe: at(A, unsafe),
    safe: pick(safe),
    localSafe: pick(localSafe),
    finalized: pick(finalized),
    currentL1: l1 === null ? null : l1Block(l1),
    l1: { head: null, safe: null, finalized: null },
  };
}

function refusal(shown: SyncStatus): LockstepError | null {
  try {
    requireOrdered(shown);
    return null;
  } catch (thrown) {
    if (thrown instanceof LockstepError) return thrown;
    throw thrown;
  }
}

describe('a sync status', () => {
  it.each<[string, Heights]>([
    ['finalized < safe < local safe < unsafe', {}],
    ['all at one block', { finalized: 20, safe: 20, localSafe: 20 }],
    ['all at genesis', { unsafe: 0, finalized: 0, safe: 0, localSafe: 0 }],
    ['nothing set but unsafe', { finalized: null, safe: null, localSafe: null }],
    ['finalized without safe', { safe: null, finalized: 5 }],
    ['no local safe block', { localSafe: null }],
    ['local safe above unsafe, as while its EL syncs', { unsafe: 11, localSafe: 12 }],
  ])('with %s is taken as it is', (_what, heights) => {
    expect(requireOrdered(status(heights))).toEqual(status(heights));
  });

  it.each<[string, Heights]>([
    ['finalized above safe', { finalized: 11 }],
    ['safe above local safe', { safe: 13 }],
    ['safe above unsafe', { unsafe: 9, localSafe: null }],
    ['finalized above unsafe and safe not set', { unsafe: 4, safe: null, localSafe: null }],
    ['finalized above local safe and safe not set', { safe: null, localSafe: 4 }],
  ])('with %s is refused, and the error names all of them', (_what, heights) => {
    const error = refusal(status(heights));
    expect(error).toMatchObject({ code: 'SOURCE_SCHEMA', severity: 'retry' });
    expect(error?.message).toMatch(
      /finalized (\d+ 0x|not set).*, safe (\d+ 0x|not set).*, local_safe .*, unsafe \d+ 0x/,
    );
  });

  it.each(['safe', 'finalized'] as const)(
    'with another block for %s than for the label at its height is refused',
    (label) => {
      expect(refusal({ ...status({ safe: 20, finalized: 20, localSafe: 20 }), [label]: at(B, 20) })).not.toBeNull();
    },
  );
});

const FRESH: Derived = { l1: 100, localSafe: 12, behindSince: null };

describe('the labels of a sync status', () => {
  it.each<[string, Derived | null, Heights, string | null]>([
    ['of the first look are used', null, {}, null],
    ['of a client that has not begun to derive are not used', null, { l1: null }, 'underived'],
    ['of a client that starts anew are not used', FRESH, { l1: null }, 'underived'],
    ['of a client at L1 genesis are used', null, { l1: 0 }, null],
    ['of a client that shows the same again are used', FRESH, {}, null],
    ['of a client at the same L1 block and further are used', FRESH, { localSafe: 13 }, null],
    ['of a client at the same L1 block and behind are not used', FRESH, { localSafe: 11 }, 'replaying'],
    ['of a client at an older L1 block and behind are not used', FRESH, { l1: 60, localSafe: 11 }, 'replaying'],
    ['of a client at an older L1 block that has caught up are used', FRESH, { l1: 60, localSafe: 12 }, null],
    [
      'of a client past that L1 block are used, wherever it stands',
      FRESH,
      { l1: 101, safe: 2, localSafe: 2, finalized: 1 },
      null,
    ],
    ['stand in for a local safe block that is not told', FRESH, { localSafe: null, safe: 11 }, 'replaying'],
    ['that are not set are behind all others', FRESH, { localSafe: null, safe: null, finalized: null }, 'replaying'],
  ])('%s', (_what, before, heights, unused) => {
    expect(judgeLabels(before, status(heights), 0).unused).toBe(unused);
  });

  it('are compared with where the client stood before it started anew', () => {
    const { derived } = judgeLabels(FRESH, status({ l1: null }), 0);
    expect(judgeLabels(derived, status({ l1: 60, safe: 5, localSafe: 5 }), 1_000).unused).toBe('replaying');
  });

  it('are used after ten minutes behind, as an L1 reorg looks the same; after that the new place counts', () => {
    const behind = status({ l1: 60, localSafe: 11 });
    const first = judgeLabels(FRESH, behind, 1_000);
    expect(judgeLabels(first.derived, behind, 1_000 + REPLAY_GUARD_MAX_MS - 1).unused).toBe('replaying');
    const last = judgeLabels(first.derived, behind, 1_000 + REPLAY_GUARD_MAX_MS);
    expect(last).toEqual({ derived: { l1: 60, localSafe: 11, behindSince: null }, unused: null });
  });

  it('are not refused for longer than that in a row, whatever the client shows and however it goes back', () => {
    const looks = fc.array(
      fc.record({
        l1: fc.integer({ min: 0, max: 30 }),
        localSafe: fc.integer({ min: 5, max: 20 }),
        waitMs: fc.integer({ min: 1, max: 60_000 }),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(looks, (each) => {
        let derived: Derived | null = null;
        let refusedSince: number | null = null;
        let now = 0;
        for (const { l1, localSafe, waitMs } of each) {
          now += waitMs;
          const before: Derived | null = derived;
          const judged = judgeLabels(before, status({ l1, localSafe, safe: 5 }), now);
          derived = judged.derived;
          if (judged.unused === null) {
            refusedSince = null;
            continue;
          }
          // Refused only where it is behind in both, and the place it is compared with stays.
          expect([l1 <= before!.l1, localSafe < before!.localSafe]).toEqual([true, true]);
          expect(derived).toMatchObject({ l1: before!.l1, localSafe: before!.localSafe });
          refusedSince ??= now;
          expect(now - refusedSince).toBeLessThan(REPLAY_GUARD_MAX_MS);
        }
      }),
    );
  });
});

describe('any sync status', () => {
  const height = fc.option(fc.integer({ min: 0, max: 20 }));
  it('is taken exactly when its heights, as far as they are set, do not descend', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), height, height, height, (unsafe, finalized, safe, localSafe) => {
        const ascends = (...refs: (number | null)[]): boolean => {
          const set = refs.filter((ref) => ref !== null);
          return set.every((ref, index) => index === 0 || set[index - 1]! <= ref);
        };
        const taken = refusal(status({ unsafe, finalized, safe, localSafe })) === null;
        expect(taken).toBe(ascends(finalized, safe, unsafe) && ascends(finalized, safe, localSafe));
      }),
    );
  });
});
