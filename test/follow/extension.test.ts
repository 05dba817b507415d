import { describe, expect, it } from '@jest/globals';
import { decide } from '../../src/follow/decide.js';
import { SYNCING_GAP_BLOCKS } from '../../src/follow/limits.js';
import type { HoldReason, Trouble } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, engineView, labels, NOW, observation, SETTLED, sourceView, TICK } from './examples.js';

const TIMEOUT = new LockstepError('ENGINE_TIMEOUT');
const STUCK: HoldReason = { kind: 'engine-stuck', at: 5, answer: 'SYNCING', staleMapping: false };
const PAUSING: Trouble = { key: 'payload', count: 1, retryAt: NOW + 250, named: false, reason: STUCK };

describe('an extension', () => {
  const gap = (blocks: number, state = SETTLED) =>
    decide(state, observation(engineView(A, 5, labels(A, 3, 2)), sourceView(A, 5 + blocks)), TICK);

  it('starts at the head that the EL shows, aims at the head of the source and trusts the labels of the EL', () => {
    expect(gap(2).action).toMatchObject({
      do: 'extend',
      from: at(A, 5),
      to: at(A, 7),
      ground: { trusted: labels(A, 3, 2) },
      everyBlock: true,
    });
  });

  it('over a long gap is a sync, with a forkchoice only every few blocks', () => {
    expect(gap(SYNCING_GAP_BLOCKS)).toMatchObject({
      state: { phase: { kind: 'following' } },
      action: { everyBlock: true, batches: false },
    });
    const far = gap(SYNCING_GAP_BLOCKS + 1);
    expect(far).toMatchObject({ state: { phase: { kind: 'syncing' } }, action: { everyBlock: false, batches: true } });
  });

  it('goes block by block after a surprise, however long the gap', () => {
    const surprised = { ...SETTLED, trouble: { ...PAUSING, retryAt: NOW } };
    expect(gap(SYNCING_GAP_BLOCKS + 1, surprised).action).toMatchObject({
      do: 'extend',
      everyBlock: true,
      batches: false,
    });
  });

  it('goes block by block after an answer that was lost', () => {
    const unsure = { ...SETTLED, unsettled: { until: NOW, waitMs: 8_000, error: TIMEOUT } };
    expect(gap(SYNCING_GAP_BLOCKS + 1, unsure).action).toMatchObject({
      do: 'extend',
      everyBlock: true,
      doubtful: true,
      batches: false,
    });
    expect(gap(SYNCING_GAP_BLOCKS + 1).action).toMatchObject({ doubtful: false });
  });

  it('does not slow down because of a source that failed, or of an EL that was away', () => {
    const reason: HoldReason = { kind: 'source-unavailable', error: TIMEOUT };
    for (const kind of ['source-unavailable', 'engine-unavailable'] as const) {
      const back = { ...SETTLED, trouble: { ...PAUSING, retryAt: NOW, reason: { ...reason, kind } } };
      expect(gap(SYNCING_GAP_BLOCKS + 1, back).action).toMatchObject({ everyBlock: false, batches: true });
    }
  });

  it('sends no batches in a session of the EL in which one left a doubt', () => {
    const doubtful = { ...SETTLED, session: { ...SETTLED.session, batches: false } };
    expect(gap(SYNCING_GAP_BLOCKS + 1, doubtful).action).toMatchObject({ everyBlock: false, batches: false });
  });

  it('starts at genesis without a forkchoice that names it', () => {
    const fresh = { ...SETTLED, session: { ...SETTLED.session, primed: false, compared: false } };
    const { action } = decide(fresh, observation(engineView(A, 0), sourceView(A, 3, labels(A, 2, 1))), TICK);
    expect(action).toMatchObject({
      do: 'extend',
      from: at(A, 0),
      ground: { trusted: { safe: null, finalized: null } },
    });
  });
});
