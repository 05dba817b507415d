import { describe, expect, it } from '@jest/globals';
import { decide } from '../../src/follow/decide.js';
import { learn } from '../../src/follow/learn.js';
import { CONFIRM_DELAY_MS, IDLE_MS, KEEP_ALIVE_MS } from '../../src/follow/limits.js';
import { classify, type SituationKind } from '../../src/follow/situation.js';
import type { Outcome } from '../../src/follow/action.js';
import type { HoldReason, Observation, Phase, PhaseKind, State, Trouble, Recovery } from '../../src/follow/state.js';
import type { Plan } from '../../src/recovery/plan.js';
import { LockstepError } from '../../src/util/errors.js';
import {
  A,
  at,
  B,
  engineView,
  failed,
  labels,
  NOW,
  observation,
  POLICY,
  RUNNING,
  seen,
  SETTLED,
  sourceView,
  SYNCING,
  TICK,
} from './examples.js';
import { TABLE } from './table.js';

const TIMEOUT = new LockstepError('ENGINE_TIMEOUT');
const DIVERGENCE = { source: at(B, 5), engine: at(A, 5) };
const STUCK: HoldReason = { kind: 'engine-stuck', at: 5, answer: 'SYNCING', staleMapping: false };

const PHASES: Record<PhaseKind, Phase> = {
  starting: { kind: 'starting' },
  syncing: { kind: 'syncing' },
  following: { kind: 'following' },
  recovering: { kind: 'recovering', divergence: DIVERGENCE },
  holding: { kind: 'holding', reason: { kind: 'recovery-off', divergence: DIVERGENCE, plan: null } },
  halted: { kind: 'halted', error: TIMEOUT },
};

interface Witness {
  readonly state?: Partial<State>;
  readonly seen: Observation;
}

const IN_STEP = observation(engineView(A, 5, labels(A, 3, 2)), sourceView(A, 5, labels(A, 3, 2)));
const BEHIND = observation(engineView(A, 5), sourceView(A, 7));
const PAUSING: Trouble = { key: 'source', count: 1, retryAt: NOW + 250, named: false, reason: STUCK };
const NAMED: Trouble = { ...PAUSING, named: true };

const PLAN: Plan = { id: 1, ancestor: at(A, 3), blocks: B.slice(4, 8), engineHead: at(A, 5), replaced: at(A, 4) };
const CLIMBING: Recovery = {
  stage: 'climbing',
  plan: PLAN,
  rungs: ['sibling', 'copied-sibling'],
  tried: [],
  unknowns: 0,
  advice: null,
};

/** One observation, and what has to be remembered beside it, for each situation. */
const WITNESSES: Record<Exclude<SituationKind, 'halted'>, Witness> = {
  paused: { state: { paused: true, lastForkchoiceAt: null }, seen: BEHIND },
  'engine-down': { seen: { ...IN_STEP, engine: failed('ENGINE_UNREACHABLE') } },
  unsettled: { state: { unsettled: { until: NOW + 8_000, waitMs: 8_000, error: TIMEOUT } }, seen: IN_STEP },
  'engine-syncing': { seen: { ...IN_STEP, engine: seen(engineView(A, 5, undefined, { syncing: SYNCING })) } },
  'source-unread': { seen: { ...IN_STEP, source: { kind: 'pending' } } },
  'source-down': { seen: { ...IN_STEP, source: failed('SOURCE_TIMEOUT') } },
  unidentified: { state: { session: { ...SETTLED.session, identified: false } }, seen: IN_STEP },
  'backing-off': { state: { trouble: PAUSING }, seen: IN_STEP },
  suspect: { state: { suspicion: { height: 5, seen: 1, divergence: DIVERGENCE } }, seen: IN_STEP },
  diverged: { state: { suspicion: { height: 5, seen: 2, divergence: DIVERGENCE } }, seen: IN_STEP },
  'off-plan': { state: { recovery: CLIMBING }, seen: IN_STEP },
  'stale-mapping': { state: { staleAbove: at(A, 5) }, seen: BEHIND },
  'foreign-writer': { state: { foreign: { count: 3, lastAt: NOW } }, seen: IN_STEP },
  'el-sync-due': { state: { elSync: { policy: POLICY, stage: 'idle' } }, seen: BEHIND },
  'el-syncing': { state: { elSync: RUNNING }, seen: BEHIND },
  unprimed: { state: { session: { ...SETTLED.session, primed: false } }, seen: IN_STEP },
  behind: { seen: BEHIND },
  'labels-behind': { seen: observation(engineView(A, 5), sourceView(A, 5, labels(A, 3, 2))) },
  'in-step': { seen: IN_STEP },
};

const SITUATIONS = Object.keys(WITNESSES) as (keyof typeof WITNESSES)[];

const CELLS = (Object.keys(TABLE) as PhaseKind[]).flatMap((phase) =>
  SITUATIONS.map((situation) => ({ phase, situation, expected: TABLE[phase][situation] })),
);

function stateIn(phase: PhaseKind, situation: keyof typeof WITNESSES): State {
  return { ...SETTLED, ...WITNESSES[situation].state, phase: PHASES[phase] };
}

describe('the table of decisions', () => {
  it.each(CELLS)('$phase, $situation: $expected', ({ phase, situation, expected }) => {
    const before = stateIn(phase, situation);
    const { seen: observed } = WITNESSES[situation];
    const found = classify(learn(before, observed, TICK), observed, NOW).kind;
    if (expected === 'unreachable') {
      expect(found).not.toBe(situation);
      return;
    }
    expect(found).toBe(situation);
    const { state, action } = decide(before, observed, TICK);
    expect(`${action.do} -> ${state.phase.kind}`).toBe(expected);
  });

  it.each(SITUATIONS)('waits in the halted phase, whatever is seen: %s', (situation) => {
    const { state, action } = decide(stateIn('halted', situation), WITNESSES[situation].seen, TICK);
    expect(`${action.do} -> ${state.phase.kind}`).toBe(TABLE.halted.halted);
  });
});

describe('a wait', () => {
  it.each([
    [0.25, 1],
    [1, 1],
    [250, 250],
    [IDLE_MS, IDLE_MS],
    [60_000, IDLE_MS],
  ])('for a pause of %s ms lasts %d ms, so that the EL is looked at in between', (pauseMs, waitMs) => {
    const trouble = { ...PAUSING, retryAt: NOW + pauseMs };
    expect(decide({ ...SETTLED, trouble }, IN_STEP, TICK).action).toEqual({ do: 'wait', ms: waitMs });
    const unsettled = { until: NOW + pauseMs, waitMs: 8_000, error: TIMEOUT };
    expect(decide({ ...SETTLED, unsettled }, IN_STEP, TICK).action).toEqual({ do: 'wait', ms: waitMs });
  });
});

describe('a pause', () => {
  it('is over at its very end', () => {
    const trouble = { ...PAUSING, retryAt: NOW };
    const unsettled = { until: NOW, waitMs: 8_000, error: TIMEOUT };
    expect(decide({ ...SETTLED, trouble }, BEHIND, TICK).action.do).toBe('extend');
    expect(decide({ ...SETTLED, unsettled }, BEHIND, TICK).action.do).toBe('extend');
  });
});

describe('a failure that repeats', () => {
  it('is shown as a hold from the time it is named on', () => {
    expect(decide({ ...SETTLED, trouble: PAUSING }, IN_STEP, TICK).state.phase).toEqual({ kind: 'following' });
    const phase = { kind: 'holding', reason: STUCK };
    expect(decide({ ...SETTLED, trouble: NAMED }, IN_STEP, TICK).state.phase).toEqual(phase);
  });

  it.each([
    ['blocks', BEHIND],
    ['labels', WITNESSES['labels-behind'].seen],
  ])('keeps its hold while %s are tried again, so that the state does not flap', (_what, observed) => {
    const phase: Phase = { kind: 'holding', reason: STUCK };
    const before = { ...SETTLED, phase, trouble: { ...NAMED, retryAt: NOW } };
    const { state, action } = decide(before, observed, TICK);
    expect(state.phase).toEqual(phase);
    expect(['extend', 'forkchoice']).toContain(action.do);
  });
});

describe('a keep-alive', () => {
  const late: Partial<State> = { lastForkchoiceAt: NOW - KEEP_ALIVE_MS };
  const repeats: readonly (keyof typeof WITNESSES)[] = ['in-step', 'source-down', 'backing-off'];

  it.each(repeats)('repeats what the EL shows while nothing else is done: %s', (situation) => {
    const { action } = decide({ ...stateIn('following', situation), ...late }, WITNESSES[situation].seen, TICK);
    expect(action).toMatchObject({
      do: 'forkchoice',
      why: 'keep-alive',
      forkchoice: { head: at(A, 5), labels: labels(A, 3, 2) },
    });
  });

  it('is sent while a divergence is held', () => {
    const off = { ...SETTLED.recoveryPolicy, mode: 'off' } as const;
    const held = { ...stateIn('holding', 'diverged'), ...late, recoveryPolicy: off };
    const { state, action } = decide(held, IN_STEP, TICK);
    expect(`${action.do} -> ${state.phase.kind}`).toBe('forkchoice -> holding');
  });

  it('probes an EL that shows a sync', () => {
    const { action } = decide(
      { ...stateIn('following', 'engine-syncing'), ...late },
      WITNESSES['engine-syncing'].seen,
      TICK,
    );
    expect(action).toMatchObject({ do: 'forkchoice', forkchoice: { head: at(A, 5), labels: null } });
  });

  const silent: readonly (keyof typeof WITNESSES)[] = [
    'paused',
    'engine-down',
    'unsettled',
    'source-unread',
    'unidentified',
  ];

  it.each(silent)('is not sent to an EL that is not known to be idle and the right one: %s', (situation) => {
    const { action } = decide({ ...stateIn('following', situation), ...late }, WITNESSES[situation].seen, TICK);
    expect(action.do).not.toBe('forkchoice');
  });

  it('comes before the comparison of a label that the source has on another branch', () => {
    const stray = observation(
      engineView(A, 5, labels(A, 3, 2)),
      sourceView(A, 5, { safe: at(B, 5), finalized: at(A, 2) }),
    );
    expect(decide(SETTLED, stray, TICK).action).toEqual({ do: 'compare', height: 5, ms: CONFIRM_DELAY_MS });
    expect(decide({ ...SETTLED, ...late }, stray, TICK).action).toMatchObject({ do: 'forkchoice', why: 'keep-alive' });
  });

  it('is not sent a moment too early', () => {
    const early = { ...SETTLED, lastForkchoiceAt: NOW - KEEP_ALIVE_MS + 1 };
    expect(decide(early, IN_STEP, TICK).action.do).toBe('wait');
  });
});

describe('a suspicion', () => {
  it('is compared at once when nothing was seen yet, and after a pause when something was', () => {
    const suspect = (times: number) =>
      decide({ ...SETTLED, suspicion: { height: 5, seen: times, divergence: null } }, IN_STEP, TICK).action;
    expect(suspect(0)).toEqual({ do: 'compare', height: 5, ms: 0 });
    expect(suspect(1)).toEqual({ do: 'compare', height: 5, ms: CONFIRM_DELAY_MS });
  });

  it('that comes from the view of the pollers is compared after a pause, because that view may be old', () => {
    const { action } = decide(SETTLED, observation(engineView(A, 5), sourceView(B, 5)), TICK);
    expect(action).toEqual({ do: 'compare', height: 5, ms: CONFIRM_DELAY_MS });
  });
});

describe('a halt', () => {
  const differs: Outcome = { of: 'identify', result: 'different', error: new LockstepError('IDENTITY_GENESIS') };

  it('follows a second proof in a row that another chain answers, and names it', () => {
    const once = decide(SETTLED, { ...IN_STEP, outcome: differs }, TICK);
    expect(once.action.do).not.toBe('halt');
    const twice = decide(once.state, { ...IN_STEP, outcome: differs }, TICK);
    expect(twice.action).toMatchObject({ do: 'halt', error: { code: 'IDENTITY_GENESIS' } });
    expect(twice.state.phase.kind).toBe('halted');
  });

  it('does not follow when a proof in between was right', () => {
    const once = decide(SETTLED, { ...IN_STEP, outcome: differs }, TICK);
    const right = decide(once.state, { ...IN_STEP, outcome: { of: 'identify', result: 'same' } }, TICK);
    expect(decide(right.state, { ...IN_STEP, outcome: differs }, TICK).action.do).not.toBe('halt');
  });

  it('follows the second refusal of the form of the same payload', () => {
    const stop = {
      why: 'payload-answer',
      block: at(A, 6),
      answer: { status: 'REJECTED', code: -38005, reason: 'x' },
    } as const;
    const refused: Outcome = { of: 'extend', head: at(A, 5), blocks: 0, stop };
    const once = decide(SETTLED, { ...BEHIND, outcome: refused }, TICK);
    expect(once.action.do).toBe('wait');
    const twice = decide(once.state, { ...BEHIND, outcome: refused }, TICK);
    expect(twice.action).toMatchObject({ do: 'halt', error: { code: 'ENGINE_ENCODING' } });
  });
});
