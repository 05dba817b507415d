import { describe, expect, it } from '@jest/globals';
import type { EngineAnswer } from '../../src/engine/engine.js';
import type { Action, ClimbStop, Outcome } from '../../src/follow/action.js';
import { decide } from '../../src/follow/decide.js';
import { REFUSED_TTL_MS } from '../../src/follow/limits.js';
import type { Recovery, State } from '../../src/follow/state.js';
import type { Rung } from '../../src/recovery/ladder.js';
import type { Plan } from '../../src/recovery/plan.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, engineView, labels, observation, SETTLED, sourceView, TICK } from './examples.js';

const PLAN: Plan = { id: 1, ancestor: at(A, 3), blocks: A.slice(4, 10), engineHead: at(B, 7), replaced: at(B, 4) };
const DIVERGENCE = { source: at(A, 7), engine: at(B, 7) };
const CONFIRMED: State = { ...SETTLED, suspicion: { height: 7, seen: 2, divergence: DIVERGENCE } };

function climbing(rungs: readonly [Rung, ...Rung[]], policy: Partial<State['recoveryPolicy']> = {}): State {
  const recovery: Recovery = { stage: 'climbing', plan: PLAN, rungs, tried: [], unknowns: 0, advice: 'do this' };
  return { ...CONFIRMED, recovery, recoveryPolicy: { ...SETTLED.recoveryPolicy, ...policy } };
}

/** What comes next after this rung was answered so, and the EL stands where it stood. */
function after(
  state: State,
  rung: Rung,
  answer: EngineAnswer,
  effect: string | null,
): { state: State; action: Action } {
  const outcome: Outcome = {
    of: 'climb',
    rung,
    stop: { why: 'answered', to: 'forkchoice', answer, effect },
    moved: false,
    spoiledAbove: null,
  };
  const engine = engineView(B, 7, labels(A, 3, 2));
  return decide(state, observation(engine, sourceView(A, 9), outcome), TICK);
}

const TOO_DEEP: EngineAnswer = { status: 'REJECTED', code: -38_006, reason: 'Too deep reorg' };

describe('a rung', () => {
  it('builds on the labels up to the ancestor, also where a higher one is remembered of the branch (I12)', () => {
    const state: State = { ...climbing(['forkchoice']), remembered: labels(B, 6, 2) };
    const engine = engineView(B, 7, labels(A, 3, 2));
    const { action } = decide(state, observation(engine, sourceView(A, 9)), TICK);
    expect(action).toMatchObject({ do: 'climb', ground: { trusted: labels(A, 3, 2) } });
  });
});

describe('a rung that did not get the EL onto the plan', () => {
  it.each([true, false])('begins the pause where it moved the head half way (L5): %s', (moved) => {
    const answer: EngineAnswer = { status: 'UNSENT', error: new LockstepError('ENGINE_UNREACHABLE') };
    const stop = { why: 'answered', to: 'forkchoice', answer, effect: 'unmoved' } as const;
    const outcome: Outcome = { of: 'climb', rung: 'forkchoice', stop, moved, spoiledAbove: null };
    const engine = engineView(B, 6, labels(A, 3, 2));
    const { state } = decide(climbing(['forkchoice']), observation(engine, sourceView(A, 9), outcome), TICK);
    const { cooldownMs } = state.recoveryPolicy;
    expect(state.pace.notBefore).toBe(moved ? TICK.now + cooldownMs : SETTLED.pace.notBefore);
  });

  it.each<[string, EngineAnswer, string | null]>([
    ['-38006, as the reorg is too deep (E12)', TOO_DEEP, 'unmoved'],
    ['VALID, and the head stays (E9)', { status: 'VALID' }, 'unmoved'],
    [
      'INVALID to the forkchoice (E10)',
      { status: 'INVALID', latestValidHash: null, reason: 'links to previously rejected block', verdictOn: 'block' },
      'unmoved',
    ],
    ['SYNCING', { status: 'SYNCING' }, null],
  ])('is followed by the next one, and never sent again: %s', (_case, answer, effect) => {
    const { state, action } = after(climbing(['forkchoice', 'copied-sibling']), 'forkchoice', answer, effect);
    expect(action).toMatchObject({ do: 'climb', rung: 'copied-sibling' });
    expect(state.phase.kind).toBe('recovering');
  });

  const late = { until: TICK.now - 1, waitMs: 8_000, error: new LockstepError('ENGINE_TIMEOUT') };

  it.each([
    ['moved the head', 'first', { moved: true, unsettled: null }, SETTLED.session.id],
    ['moved nothing, so the EL restarted', 'first', { moved: false, unsettled: null }, SETTLED.session.id + 1],
    [
      'moved nothing, but a call before it had timed out',
      'first',
      { moved: false, unsettled: late },
      SETTLED.session.id,
    ],
    // A plan that begins where the EL stands now has rungs of its own.
    ['moved the head and was the last one', 'last', { moved: true, unsettled: null }, SETTLED.session.id],
  ] as const)('and after which the EL stands lower, %s', (_case, which, { moved, unsettled }, session) => {
    const stop = { why: 'answered', to: 'payload', answer: { status: 'ACCEPTED' }, effect: null } as const;
    const outcome: Outcome = { of: 'climb', rung: 'sibling', stop, moved, spoiledAbove: null };
    const rungs = which === 'last' ? (['sibling'] as const) : (['sibling', 'copied-sibling'] as const);
    const before: State = { ...climbing(rungs), standing: at(B, 7), unsettled };
    const engine = engineView(B, 5, labels(A, 3, 2));
    const { state } = decide(before, observation(engine, sourceView(A, 9), outcome), TICK);
    // What was suspected stood above the head that the EL has now.
    expect(state).toMatchObject({ session: { id: session }, suspicion: null, recovery: null });
  });

  it('and that others made up for leaves the pause before the EL is asked again who it is (I18)', () => {
    const outcome: Outcome = { of: 'identify', result: 'engine-failed', error: new LockstepError('ENGINE_TIMEOUT') };
    const state = { ...climbing(['sibling']), session: { ...SETTLED.session, identified: false } };
    const next = decide(state, observation(engineView(A, 7, labels(A, 3, 2)), sourceView(A, 9), outcome), TICK);
    expect(next.action).toMatchObject({ do: 'wait' });
    expect(next.state).toMatchObject({ recovery: { stage: 'replaying' }, trouble: { key: 'identify', count: 1 } });
  });

  it('because its copied block is INVALID is not tried with that copy again for ten minutes (I15)', () => {
    const copy = at(B, 3);
    const invalid = { status: 'INVALID', latestValidHash: null, reason: 'bad', verdictOn: 'block' } as const;
    const stop = { why: 'copy-refused', copy, answer: invalid } as const;
    const outcome: Outcome = { of: 'climb', rung: 'copied-sibling', stop, moved: false, spoiledAbove: null };
    const engine = engineView(B, 7, labels(A, 3, 2));
    const state = climbing(['copied-sibling', 'set-head']);
    const next = decide(state, observation(engine, sourceView(A, 9), outcome), TICK);
    expect(next.action).toMatchObject({ do: 'climb', rung: 'set-head' });
    expect([...next.state.refused]).toEqual([[copy.hash, TICK.now + REFUSED_TTL_MS]]);
  });

  it('is looked at first where its outcome is unknown (E13)', () => {
    const answer: EngineAnswer = { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') };
    const { state, action } = after(climbing(['forkchoice', 'copied-sibling']), 'forkchoice', answer, null);
    expect(action.do).toBe('wait');
    expect(state.phase).toMatchObject({ kind: 'holding', reason: { kind: 'engine-unsettled' } });
  });

  it('and was the last one ends in a hold that tells what was tried and what helps', () => {
    const { state, action } = after(climbing(['copied-sibling']), 'copied-sibling', TOO_DEEP, null);
    expect(state.phase).toMatchObject({
      kind: 'holding',
      reason: { kind: 'recovery-failed', advice: 'do this', tried: [{ rung: 'copied-sibling' }] },
    });
    expect(action.do).toBe('compare');
  });

  it('and was the last one ends lockstep with 81 where that was asked for (E12)', () => {
    const state = climbing(['copied-sibling'], { haltOnUnrecoverable: true });
    const { action } = after(state, 'copied-sibling', TOO_DEEP, null);
    expect(action).toMatchObject({ do: 'halt', error: { code: 'RECOVERY_IMPOSSIBLE', exitCode: 81 } });
  });
});

describe('a cure of stale mappings', () => {
  const invalid = { status: 'INVALID', latestValidHash: null, reason: 'bad', verdictOn: 'block' } as const;

  it.each<[string, ClimbStop]>([
    ['was refused', { why: 'copy-refused', copy: at(B, 6), answer: invalid }],
    ['was refused before', { why: 'not-sent', stop: { why: 'known-refused', block: at(B, 6) } }],
  ])('whose copied block %s is a failure that slows down', (_case, stop) => {
    const before: State = { ...SETTLED, staleAbove: at(A, 5), trouble: null };
    const outcome: Outcome = { of: 'unmap', from: at(A, 5), stop, spoiledAbove: null };
    const { state, action } = decide(before, observation(engineView(A, 5), sourceView(A, 9), outcome), TICK);
    expect(action).toMatchObject({ do: 'wait' });
    expect(state).toMatchObject({ staleAbove: null, trouble: { key: 'forkchoice', reason: { kind: 'engine-stuck' } } });
    expect(state.refused.has(at(B, 6).hash)).toBe(stop.why === 'copy-refused');
  });
});

describe('a divergence that is confirmed', () => {
  const seen = (state: State) => decide(state, observation(engineView(B, 7, labels(A, 3, 2)), sourceView(A, 9)), TICK);

  it('soon after a recovery waits for the pause to end, as the source may be flapping (A2)', () => {
    const pace = { ...SETTLED.pace, plans: 1, notBefore: TICK.now + 5_000, pauseMs: 30_000 };
    const looking = seen({ ...CONFIRMED, pace });
    expect(looking.action).toMatchObject({ do: 'plan', pausedUntil: TICK.now + 5_000 });
    const outcome: Outcome = {
      of: 'plan',
      divergence: DIVERGENCE,
      result: { kind: 'pausing', until: TICK.now + 5_000 },
    };
    const { state, action } = decide(
      looking.state,
      observation(engineView(B, 7, labels(A, 3, 2)), sourceView(A, 9), outcome),
      TICK,
    );
    expect(state.phase).toMatchObject({ kind: 'holding', reason: { kind: 'recovery-pausing' } });
    expect(action.do).toBe('compare');
  });

  it('is never searched for deeper than --recovery.max-depth, nor below what is final (A2)', () => {
    const recoveryPolicy = { ...SETTLED.recoveryPolicy, maxDepth: 3 };
    expect(seen({ ...CONFIRMED, recoveryPolicy }).action).toMatchObject({ do: 'plan', maxDepth: 3, floor: at(A, 2) });
  });
});
