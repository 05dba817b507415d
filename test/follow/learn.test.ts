import { describe, expect, it } from '@jest/globals';
import type { EngineAnswer } from '../../src/engine/engine.js';
import { REFUSED_TTL_MS } from '../../src/follow/limits.js';
import type { ExtendStop, Outcome } from '../../src/follow/action.js';
import { learn } from '../../src/follow/learn.js';
import type { State } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, NOW, SETTLED } from './examples.js';
import {
  after,
  ANSWERS,
  NEXT,
  stopped,
  summary,
  SUSPICION,
  THROTTLED,
  trouble,
  unsettled,
  type Learned,
} from './learning.js';

const STATUSES = Object.keys(ANSWERS) as EngineAnswer['status'][];

const STUCK_PAYLOAD: Learned = { trouble: { key: 'payload', reason: 'engine-stuck' } };
const UNEXECUTED: Learned = { trouble: { key: 'payload:unexecuted', reason: 'engine-snap-sync' } };
const STUCK_FORKCHOICE: Learned = { trouble: { key: 'forkchoice', reason: 'engine-stuck' } };
const AWAY: Learned = { trouble: { key: 'engine', reason: 'engine-unavailable' } };
const REFUSED: Learned = { trouble: { key: `refused:${NEXT.hash}`, reason: 'payload-refused' }, refused: true };

describe('the answer to a payload', () => {
  const learned: Record<EngineAnswer['status'], Learned> = {
    VALID: STUCK_PAYLOAD,
    INVALID: REFUSED,
    SYNCING: UNEXECUTED,
    ACCEPTED: STUCK_PAYLOAD,
    REJECTED: STUCK_PAYLOAD,
    UNSENT: AWAY,
    UNKNOWN: { unsettledMs: 8_000 },
  };

  it.each(STATUSES)('%s', (status) => {
    expect(summary(after(stopped({ why: 'payload-answer', block: NEXT, answer: ANSWERS[status] })))).toEqual(
      learned[status],
    );
  });

  it.each([-38005, -32602, -32601])('error %d is about its form, and is counted per block', (code) => {
    const answer: EngineAnswer = { status: 'REJECTED', code, reason: 'unsupported fork' };
    expect(summary(after(stopped({ why: 'payload-answer', block: NEXT, answer })))).toEqual({
      trouble: { key: `encoding:${NEXT.hash}`, reason: 'engine-unfit' },
    });
  });

  it.each(['form', 'state'] as const)('INVALID that speaks of %s alone says nothing against the block', (verdictOn) => {
    const answer: EngineAnswer = { status: 'INVALID', latestValidHash: null, reason: 'x', verdictOn };
    const state = after(stopped({ why: 'payload-answer', block: NEXT, answer }));
    const unfit = { key: `refused:${NEXT.hash}`, reason: 'engine-unfit' } as const;
    expect(summary(state)).toEqual({ trouble: unfit, refused: true });
    // It is not sent again either way, and the answer stays readable for as long as the EL is held.
    const later = after(stopped({ why: 'known-refused', block: NEXT }), state);
    expect(later.trouble).toMatchObject({ count: 2, reason: { answer: 'INVALID (x; latestValidHash null)' } });
  });

  it.each([
    [5, { kind: 'engine-unfit', advice: expect.stringContaining('restart the EL: it was given a copy of block 5') }],
    [6, { kind: 'payload-refused' }],
    [null, { kind: 'payload-refused' }],
  ])('INVALID from an EL that misreads its states above %s counts against the EL only above that', (above, reason) => {
    const before: State = { ...SETTLED, session: { ...SETTLED.session, spoiledAbove: above } };
    const state = after(stopped({ why: 'payload-answer', block: NEXT, answer: ANSWERS.INVALID }), before);
    expect(state.trouble).toMatchObject({ named: true, reason });
    // Whatever comes between, it is told again: the block is not sent before the EL has restarted, or ten minutes later.
    const later = after(stopped({ why: 'known-refused', block: NEXT }), { ...state, trouble: null });
    expect(later.trouble).toMatchObject({ reason });
  });

  it('is a refusal of this payload where the EL says that it is too large', () => {
    const answer: EngineAnswer = { status: 'UNSENT', error: new LockstepError('ENGINE_OVERSIZE') };
    expect(summary(after(stopped({ why: 'payload-answer', block: NEXT, answer })))).toEqual(REFUSED);
  });

  it('SYNCING to a block whose parent is not the head, or during a sync that is known, tells nothing of snap mode', () => {
    const answer = ANSWERS.SYNCING;
    expect(summary(after(stopped({ why: 'payload-answer', block: at(A, 8), answer })))).toEqual(STUCK_PAYLOAD);
    const syncing = { ...SETTLED, session: { ...SETTLED.session, ignoreSyncing: true } };
    expect(summary(after(stopped({ why: 'payload-answer', block: NEXT, answer }), syncing))).toEqual(STUCK_PAYLOAD);
  });

  it('that refused the payload is kept for as long as it is not sent again', () => {
    const refused = after(stopped({ why: 'payload-answer', block: NEXT, answer: ANSWERS.INVALID }));
    const later = after(stopped({ why: 'known-refused', block: NEXT }), refused);
    expect(later.trouble).toMatchObject({ count: 2, reason: refused.trouble!.reason });
  });

  it('INVALID keeps the payload from being sent again for ten minutes, beside those of before', () => {
    const before = { ...SETTLED, refused: new Map([[at(B, 6).hash, NOW + 5]]) };
    const { refused } = after(stopped({ why: 'payload-answer', block: NEXT, answer: ANSWERS.INVALID }), before);
    expect([...refused]).toEqual([
      [at(B, 6).hash, NOW + 5],
      [NEXT.hash, NOW + REFUSED_TTL_MS],
    ]);
  });
});

describe('the answer to a forkchoice', () => {
  const learned: Record<EngineAnswer['status'], Learned> = {
    VALID: STUCK_FORKCHOICE,
    INVALID: STUCK_FORKCHOICE,
    SYNCING: STUCK_FORKCHOICE,
    ACCEPTED: STUCK_FORKCHOICE,
    REJECTED: STUCK_FORKCHOICE,
    UNSENT: AWAY,
    UNKNOWN: { unsettledMs: 8_000 },
  };

  it.each(STATUSES)('%s that moved nothing, in an extension and alone', (status) => {
    const answer = ANSWERS[status];
    const effect = 'unmoved';
    expect(summary(after(stopped({ why: 'forkchoice-answer', block: NEXT, answer, effect })))).toEqual(learned[status]);
    expect(summary(after({ of: 'forkchoice', effect, answer }))).toEqual(learned[status]);
  });

  const tooDeep: EngineAnswer = { status: 'REJECTED', code: -38006, reason: 'reorg depth 18446744073709551615' };
  const badLabels: EngineAnswer = { status: 'REJECTED', code: -38002, reason: 'invalid forkchoice state' };

  it.each<[EngineAnswer, 'unmoved' | 'labels-only' | 'head-only' | 'unread', number, boolean]>([
    [ANSWERS.VALID, 'unmoved', 6, true],
    [ANSWERS.VALID, 'labels-only', 6, true],
    [tooDeep, 'unmoved', 6, true],
    [ANSWERS.VALID, 'head-only', 6, false],
    [ANSWERS.VALID, 'unread', 6, false],
    [ANSWERS.VALID, 'unmoved', 5, false],
    [ANSWERS.SYNCING, 'unmoved', 6, false],
    [badLabels, 'unmoved', 6, false],
  ])('%j, %s, for a VALID block %d on head 5, is the sign of a stale mapping: %s', (answer, effect, height, stale) => {
    const { trouble } = after(stopped({ why: 'forkchoice-answer', block: at(A, height), answer, effect }));
    expect(trouble?.reason).toMatchObject({ kind: 'engine-stuck', at: height, staleMapping: stale });
  });

  type Effect = Extract<Outcome, { of: 'forkchoice' }>['effect'];
  const effects: Record<Effect, Learned> = {
    moved: {},
    'head-only': STUCK_FORKCHOICE,
    'labels-only': STUCK_FORKCHOICE,
    unmoved: STUCK_FORKCHOICE,
    unread: STUCK_FORKCHOICE,
  };

  it.each(Object.keys(effects) as Effect[])('VALID counts by what the EL shows afterwards: %s', (effect) => {
    const state = after({ of: 'forkchoice', effect, answer: ANSWERS.VALID }, unprimed());
    expect(summary(state)).toEqual(effects[effect]);
    expect(state.session.primed).toBe(effect === 'moved' || effect === 'head-only');
    expect(state.lastForkchoiceAt).toBe(NOW);
  });

  it.each(STATUSES.filter((status) => status !== 'VALID'))(
    '%s is no success even where nothing had to move',
    (status) => {
      const state = after({ of: 'forkchoice', effect: 'moved', answer: ANSWERS[status] }, unprimed());
      expect(state.session.primed).toBe(false);
      expect(state.trouble !== null || state.unsettled !== null).toBe(true);
    },
  );

  it('VALID from an EL that was held for its sync ends that hold for this session', () => {
    const held: State = { ...SETTLED, phase: { kind: 'holding', reason: { kind: 'engine-syncing' } } };
    const moved: Outcome = { of: 'forkchoice', effect: 'moved', answer: ANSWERS.VALID };
    expect(after(moved, held).session.ignoreSyncing).toBe(true);
    expect(after(moved).session.ignoreSyncing).toBe(false);
  });

  function unprimed(): State {
    return { ...SETTLED, session: { ...SETTLED.session, primed: false } };
  }
});

describe('an answer within a batch', () => {
  const inBatch = (answer: EngineAnswer, before?: State): State =>
    after(stopped({ why: 'batch-answer', block: NEXT, answer, first: NEXT, last: at(A, 8) }), before);
  const oversize: EngineAnswer = { status: 'UNSENT', error: new LockstepError('ENGINE_OVERSIZE') };
  const doubts = [ANSWERS.INVALID, ANSWERS.SYNCING, ANSWERS.ACCEPTED, ANSWERS.REJECTED, oversize];

  it.each(doubts)('($status) is no verdict: nothing is refused, and this session sends no batch again', (answer) => {
    const state = inBatch(answer);
    expect(summary(state)).toEqual({ trouble: { key: 'batch', reason: 'engine-stuck' } });
    expect(state.trouble?.named).toBe(false);
    expect(state.session.batches).toBe(false);
  });

  it('that never came is an unknown outcome like any other', () => {
    const state = inBatch(ANSWERS.UNKNOWN);
    expect(summary(state)).toEqual({ unsettledMs: 8_000 });
    expect(state.session.batches).toBe(true);
  });

  it('that came from the door says that the EL is away', () => {
    expect(summary(inBatch(ANSWERS.UNSENT))).toEqual(AWAY);
  });

  it('is forgotten when the EL starts anew', () => {
    const doubtful = inBatch(ANSWERS.INVALID);
    const error = new LockstepError('ENGINE_UNREACHABLE');
    const engine = { kind: 'failed', error } as const;
    const gone = learn(doubtful, { engine, source: { kind: 'pending' }, outcome: null }, { now: NOW, random: 0 });
    expect(gone.session.batches).toBe(true);
  });
});

describe('the end of an extension', () => {
  const stops: Record<ExtendStop['why'], { readonly stop: ExtendStop; readonly learned: Learned }> = {
    reached: { stop: { why: 'reached' }, learned: {} },
    slice: { stop: { why: 'slice' }, learned: {} },
    aborted: { stop: { why: 'aborted' }, learned: {} },
    'source-failed': {
      stop: { why: 'source-failed', error: THROTTLED },
      learned: { trouble: { key: 'source', reason: 'source-unavailable' } },
    },
    absent: {
      stop: { why: 'absent', number: 6, pruned: false },
      learned: { trouble: { key: 'gap:6', reason: 'source-gap' } },
    },
    'block-rejected': {
      stop: { why: 'block-rejected', number: 6, error: new LockstepError('BLOCK_HASH_MISMATCH') },
      learned: { trouble: { key: 'rejected:6', reason: 'block-rejected' } },
    },
    unlinked: {
      stop: { why: 'unlinked', number: 6 },
      learned: { trouble: { key: 'unlinked:6', reason: 'source-gap' } },
    },
    'known-refused': {
      stop: { why: 'known-refused', block: NEXT },
      learned: { trouble: { key: `refused:${NEXT.hash}`, reason: 'payload-refused' } },
    },
    'batch-answer': {
      stop: { why: 'batch-answer', block: NEXT, answer: ANSWERS.SYNCING, first: NEXT, last: at(A, 8) },
      learned: { trouble: { key: 'batch', reason: 'engine-stuck' } },
    },
    'payload-answer': { stop: { why: 'payload-answer', block: NEXT, answer: ANSWERS.SYNCING }, learned: UNEXECUTED },
    'forkchoice-answer': {
      stop: { why: 'forkchoice-answer', block: NEXT, answer: ANSWERS.VALID, effect: 'unmoved' },
      learned: STUCK_FORKCHOICE,
    },
  };

  it.each(Object.entries(stops))('%s', (_why, { stop, learned }) => {
    expect(summary(after(stopped(stop)))).toEqual(learned);
  });

  it('without a link makes the height below suspect, with nothing seen yet', () => {
    const { suspicion } = after(stopped(stops.unlinked.stop));
    expect(suspicion).toEqual({ height: 5, seen: 0, divergence: null });
  });

  it('after some blocks ends trouble, suspicion and an unknown outcome, and is a forkchoice', () => {
    const before: State = {
      ...SETTLED,
      trouble: trouble('payload', 4),
      unsettled: unsettled(8_000),
      suspicion: SUSPICION,
    };
    const state = after(stopped({ why: 'slice' }, 3), before);
    expect(state).toMatchObject({ trouble: null, unsettled: null, suspicion: null, lastForkchoiceAt: NOW });
  });

  it('after some blocks counts a failure as the first of its kind', () => {
    const failed = stopped({ why: 'source-failed', error: THROTTLED }, 3);
    expect(after(failed, { ...SETTLED, trouble: trouble('source', 4) }).trouble?.count).toBe(1);
  });

  it('by a stop leaves everything as it was', () => {
    const before: State = { ...SETTLED, trouble: trouble('payload', 4), unsettled: unsettled(8_000) };
    expect(after(stopped({ why: 'aborted' }), before)).toEqual({ ...before, standing: at(A, 5) });
  });
});
