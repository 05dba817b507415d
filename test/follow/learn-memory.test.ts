import { describe, expect, it } from '@jest/globals';
import { learn } from '../../src/follow/learn.js';
import { HOLD_AFTER, UNSETTLED_MAX_MS } from '../../src/follow/limits.js';
import type { Outcome } from '../../src/follow/action.js';
import type { State } from '../../src/follow/state.js';
import type { ErrorCode } from '../../src/util/error-codes.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, engineView, NOW, observation, seen, SETTLED, sourceView, TICK } from './examples.js';
import {
  after,
  ANSWERS,
  CUT,
  NEXT,
  stopped,
  summary,
  SUSPICION,
  THROTTLED,
  TIMEOUT,
  trouble,
  unsettled,
  VIEW,
  type Learned,
} from './learning.js';

describe('a block that the source does not have', () => {
  it('makes it prove its chain once, when that lasts', () => {
    const gap = stopped({ why: 'absent', number: 6, pruned: false });
    const identified: boolean[] = [];
    let state: State = SETTLED;
    for (let count = 1; count <= HOLD_AFTER['source-gap'] + 2; count++) {
      state = after(gap, { ...state, sourceIdentified: true });
      identified.push(state.sourceIdentified);
    }
    expect(identified).toEqual([true, true, true, true, false, true, true]);
  });
});

describe('a proof of identity', () => {
  type Result = Extract<Outcome, { of: 'identify' }>['result'];
  const failed = (result: Exclude<Result, 'same'>, code: ErrorCode): Outcome => {
    return { of: 'identify', result, error: new LockstepError(code) };
  };
  const results: Record<Result, { readonly outcome: Outcome; readonly learned: Learned }> = {
    same: { outcome: { of: 'identify', result: 'same' }, learned: {} },
    'engine-failed': {
      outcome: failed('engine-failed', 'ENGINE_AUTH'),
      learned: { trouble: { key: 'identify', reason: 'engine-unavailable' } },
    },
    'source-failed': {
      outcome: failed('source-failed', 'SOURCE_TIMEOUT'),
      learned: { trouble: { key: 'identify', reason: 'source-unavailable' } },
    },
    different: {
      outcome: failed('different', 'IDENTITY_CHAIN_ID'),
      learned: { trouble: { key: 'identify:different', reason: 'source-unavailable' } },
    },
  };
  const unproved = { ...SETTLED, session: { ...SETTLED.session, identified: false }, sourceIdentified: false };

  it.each(Object.entries(results))('%s', (result, { outcome, learned }) => {
    const state = after(outcome, unproved);
    expect(summary(state)).toEqual(learned);
    expect([state.session.identified, state.sourceIdentified]).toEqual([result === 'same', result === 'same']);
  });

  it('that works ends the trouble of those that did not', () => {
    const before = { ...unproved, trouble: trouble('identify:different', 1) };
    expect(after(results.same.outcome, before).trouble).toBeNull();
  });
});

describe('a comparison', () => {
  const compared = (source: typeof NEXT | null, engine: typeof NEXT | null): Outcome => {
    return { of: 'compare', height: 5, source, engine };
  };
  const differing = compared(at(B, 5), at(A, 5));

  it('of different blocks makes the height suspect, one more time for each in a row', () => {
    const first = after(differing);
    expect(first.suspicion).toMatchObject({ height: 5, seen: 1, divergence: { source: at(B, 5), engine: at(A, 5) } });
    expect(after(differing, first).suspicion?.seen).toBe(2);
    const elsewhere: State = { ...SETTLED, suspicion: { height: 4, seen: 1, divergence: null } };
    expect(after(differing, elsewhere).suspicion?.seen).toBe(1);
  });

  it('of different blocks counts anew where this side has another block there than the last time', () => {
    const lost = { ...differing, engine: { ...at(A, 5), hash: at(B, 4).hash } } as Outcome;
    const twice = after(lost, after(lost));
    expect(twice.suspicion?.seen).toBe(2);
    expect(after(differing, twice).suspicion).toMatchObject({ seen: 1, divergence: { engine: at(A, 5) } });
  });

  it('of different blocks, confirmed, has the source prove its identity, once', () => {
    const first = after(differing);
    const second = after(differing, first);
    expect([first.sourceIdentified, second.sourceIdentified]).toEqual([true, false]);
    const proved = after({ of: 'identify', result: 'same' }, second);
    expect(after(differing, proved).sourceIdentified).toBe(true);
  });

  it('of the same block ends the suspicion and counts for the session', () => {
    const before = { ...SETTLED, suspicion: SUSPICION, session: { ...SETTLED.session, compared: false } };
    const state = after(compared(at(A, 5), at(A, 5)), before);
    expect(state).toMatchObject({ suspicion: null, trouble: null, session: { compared: true } });
  });

  it('of the same block ends the trouble of those that failed, and no other', () => {
    const same = compared(at(A, 5), at(A, 5));
    expect(after(same, { ...SETTLED, trouble: trouble('compare:5', 2) }).trouble).toBeNull();
    expect(after(same, { ...SETTLED, trouble: trouble('payload', 2) }).trouble).not.toBeNull();
  });

  it('of the same block, where the source names another one as its head, is a gap in the source and no divergence', () => {
    const same = compared(at(A, 5), at(A, 5));
    const torn = { ...observation(engineView(A, 5), sourceView(B, 5)), outcome: same };
    let state: State = SETTLED;
    for (let count = 1; count < HOLD_AFTER['source-gap']; count++) state = learn(state, torn, TICK);
    expect(state).toMatchObject({ suspicion: null, sourceIdentified: true, trouble: { named: false } });
    expect(summary(state)).toEqual({ trouble: { key: 'compare:split:5', reason: 'source-gap' } });
    expect(learn(state, torn, TICK)).toMatchObject({ sourceIdentified: false, trouble: { named: true } });
    expect(after(same, state).trouble).toBeNull();
  });

  it.each([
    ['the source', compared(null, at(A, 5))],
    ['the EL', compared(at(A, 5), null)],
  ])('without a block of %s is no divergence and no agreement', (_side, outcome) => {
    const before = { ...SETTLED, suspicion: SUSPICION, session: { ...SETTLED.session, compared: false } };
    const state = after(outcome, before);
    expect(state).toMatchObject({ suspicion: null, session: { compared: false } });
    expect(summary(state)).toEqual({ trouble: { key: 'compare:5', reason: 'source-gap' } });
    expect(after(outcome, state).trouble?.count).toBe(2);
  });

  it.each([
    ['SOURCE_TIMEOUT', 'source-unavailable'],
    ['ENGINE_TIMEOUT', 'engine-unavailable'],
  ] as const)('that failed with %s keeps the suspicion', (code, reason) => {
    const outcome: Outcome = { of: 'compare', height: 5, error: new LockstepError(code) };
    const state = after(outcome, { ...SETTLED, suspicion: SUSPICION });
    expect(state.suspicion).toEqual(SUSPICION);
    expect(summary(state)).toEqual({ trouble: { key: 'compare', reason } });
  });
});

describe('an unknown outcome', () => {
  const lost = (error: LockstepError): Outcome => {
    return stopped({ why: 'payload-answer', block: NEXT, answer: { status: 'UNKNOWN', error } });
  };
  const waits = (error: LockstepError, before: number | null): number | undefined =>
    after(lost(error), { ...SETTLED, unsettled: before === null ? null : unsettled(before) }).unsettled?.waitMs;

  it('is watched for 8 s after a timeout and shortly after a cut connection', () => {
    expect([waits(TIMEOUT, null), waits(CUT, null)]).toEqual([8_000, 500]);
  });

  it('is watched twice as long when it comes again, never under 8 s after a timeout, and at most ten minutes', () => {
    expect([waits(TIMEOUT, 8_000), waits(CUT, 8_000)]).toEqual([16_000, 16_000]);
    expect(waits(TIMEOUT, 500)).toBe(8_000);
    expect(waits(TIMEOUT, UNSETTLED_MAX_MS)).toBe(UNSETTLED_MAX_MS);
  });
});

describe('trouble', () => {
  const failing = stopped({ why: 'payload-answer', block: NEXT, answer: ANSWERS.ACCEPTED });

  it('counts in a row and pauses longer each time', () => {
    let state = SETTLED;
    const pausesMs: number[] = [];
    for (let count = 1; count <= 8; count += 1) {
      state = after(failing, state);
      expect(state.trouble?.count).toBe(count);
      pausesMs.push(state.trouble!.retryAt - NOW);
    }
    expect(pausesMs).toEqual([50, 100, 200, 400, 800, 1600, 2500, 2500]);
  });

  it('starts to count anew for another kind', () => {
    const state = after(failing, { ...SETTLED, trouble: trouble('forkchoice', 4) });
    expect(state.trouble).toMatchObject({ key: 'payload', count: 1 });
  });

  it('is named when it was met as often as its kind asks for', () => {
    const before = (count: number): State => ({ ...SETTLED, trouble: trouble('payload', count) });
    const limit = HOLD_AFTER['engine-stuck'];
    expect(after(failing, before(limit - 2)).trouble?.named).toBe(false);
    expect(after(failing, before(limit - 1)).trouble?.named).toBe(true);
  });

  it('is named at once when its error does not pass by itself', () => {
    const rejected = (code: ErrorCode): Outcome =>
      stopped({ why: 'block-rejected', number: 6, error: new LockstepError(code) });
    expect(after(rejected('BLOCK_HASH_MISMATCH')).trouble?.named).toBe(false);
    expect(after(rejected('BLOCK_UNSUPPORTED_FORK')).trouble?.named).toBe(true);
  });

  it('waits as long as the source asks for', () => {
    const error = new LockstepError('SOURCE_THROTTLED', { data: { retryAfterMs: 40_000 } });
    expect(after(stopped({ why: 'source-failed', error })).trouble?.retryAt).toBe(NOW + 40_000);
  });
});

describe('the EL', () => {
  const knowing: State = {
    ...SETTLED,
    standing: at(A, 7),
    suspicion: SUSPICION,
    unsettled: unsettled(8_000),
    refused: new Map([[NEXT.hash, NOW + 1]]),
  };

  it.each([
    ['shows a lower head than it stood at', VIEW],
    ['cannot be reached', { ...VIEW, engine: { kind: 'failed', error: CUT } as const }],
    ['hung up', { ...VIEW, engine: seen({ ...engineView(A, 7), hungUp: true }) }],
  ])('is a new session when it %s: all that was known about it is void', (_how, seen) => {
    const state = learn(knowing, seen, TICK);
    expect(state).toMatchObject({ suspicion: null, unsettled: null });
    expect(state.session).toEqual({
      id: SETTLED.session.id + 1,
      identified: false,
      compared: false,
      fenced: false,
      primed: false,
      ignoreSyncing: false,
      batches: true,
      spoiledAbove: null,
    });
    expect(state.refused.size).toBe(0);
  });

  it('is one new session however often it cannot be reached', () => {
    const away = { ...VIEW, engine: { kind: 'failed', error: CUT } as const };
    const state = learn(learn(knowing, away, TICK), away, TICK);
    expect(state.session.id).toBe(SETTLED.session.id + 1);
  });

  it.each(['ENGINE_TIMEOUT', 'ENGINE_AUTH', 'ENGINE_SCHEMA'] as const)(
    'has to prove its identity after %s, but is not taken for a new one',
    (code) => {
      const seen = { ...VIEW, engine: { kind: 'failed', error: new LockstepError(code) } as const };
      const { session, unsettled: unknown, refused } = learn(knowing, seen, TICK);
      expect(session).toEqual({ ...SETTLED.session, identified: false });
      expect(unknown).toEqual(knowing.unsettled);
      expect(refused).toEqual(knowing.refused);
    },
  );

  const unread = { effect: 'unread', answer: ANSWERS.VALID } as const;

  it.each<[string, Outcome]>([
    ['a forkchoice', { of: 'forkchoice', ...unread }],
    ['an extension', stopped({ why: 'forkchoice-answer', block: NEXT, ...unread })],
    ['a cure', { of: 'unmap', from: at(A, 5), stop: { why: 'unread', error: TIMEOUT }, spoiledAbove: null }],
  ])('has to prove its identity where it could not be read right after %s (I13)', (_what, outcome) => {
    const { session, refused } = learn({ ...knowing, standing: at(A, 5) }, { ...VIEW, outcome }, TICK);
    expect(session).toEqual({ ...SETTLED.session, identified: false });
    expect(refused).toEqual(knowing.refused);
  });

  it('is remembered where it stands, also above where we brought it', () => {
    expect(learn({ ...SETTLED, standing: at(A, 4) }, VIEW, TICK)).toMatchObject({
      standing: at(A, 5),
      session: { id: 1 },
    });
    const replaced = { ...SETTLED, standing: at(B, 5) };
    expect(learn(replaced, VIEW, TICK)).toMatchObject({ standing: at(A, 5), session: { id: 1 } });
  });
});

describe('the source', () => {
  it('has to prove its identity after a failed read, and not because it was not read yet', () => {
    const seen = (source: 'failed' | 'pending') => ({
      ...VIEW,
      source: source === 'failed' ? ({ kind: 'failed', error: THROTTLED } as const) : ({ kind: 'pending' } as const),
    });
    expect(learn(SETTLED, seen('failed'), TICK).sourceIdentified).toBe(false);
    expect(learn(SETTLED, seen('pending'), TICK).sourceIdentified).toBe(true);
  });
});
