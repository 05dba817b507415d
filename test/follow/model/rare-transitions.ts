import { decide } from '../../../src/follow/decide.js';
import type { Outcome } from '../../../src/follow/action.js';
import { FOREIGN_MOVES_TO_HOLD, RECOVERY_RETRY_MS } from '../../../src/follow/limits.js';
import type { HoldReason, Observation, State } from '../../../src/follow/state.js';
import { ladder, type Footing, type RungPolicy } from '../../../src/recovery/ladder.js';
import type { Plan } from '../../../src/recovery/plan.js';
import { A, at, B, engineView, labels, NOW, observation, RUNNING, SETTLED, sourceView } from '../examples.js';
import type { RecoveryHold, Transitions } from './transitions.js';

const PLAN: Plan = { id: 1, ancestor: at(A, 3), blocks: A.slice(4, 10), engineHead: at(B, 7), replaced: at(B, 4) };
const DIVERGENCE = { source: at(A, 7), engine: at(B, 7) };

/** Longer than every pause of a recovery. */
const LATER_MS = 2 * RECOVERY_RETRY_MS;

/** From one rung to the next and after the last, in every ladder that there can be: the small worlds see some of them. */
export function addLadders(transitions: Transitions): void {
  for (const [plan, footing, policy] of footings()) {
    const rungs = ladder(plan, 0, footing, policy);
    [...rungs, 'recovery-failed'].reduce((from, to) => {
      transitions.add(from, to);
      return to;
    }, 'planning');
  }
}

function* footings(): Generator<[Plan, Footing, RungPolicy]> {
  const both = [true, false];
  for (const blocks of [PLAN.blocks, []]) {
    for (const maxSiblingDepth of [1, 127]) {
      for (const [canSetHead, canSync, synthetic] of both.flatMap((a) =>
        both.flatMap((b) => both.map((c) => [a, b, c])),
      )) {
        for (const maxResetDepth of [0, 32]) {
          const footing = { maxResetDepth, maxSiblingDepth, canSetHead: canSetHead!, canSync: canSync! };
          yield [{ ...PLAN, blocks }, footing, { reset: 'auto', synthetic: synthetic! }];
        }
      }
    }
  }
}

/** How each hold is left, and an EL sync as the last way: both take longer than a small world looks. */
export function addRareTurns(transitions: Transitions): void {
  const turn = (state: State, seen: Observation, afterMs: number): void =>
    transitions.see({ state, outcome: seen.outcome }, decide(state, seen, { now: NOW + afterMs, random: 0 }));
  for (const [kind, state] of Object.entries(HELD)) {
    turn(state, observation(engineView(A, 7), sourceView(A, 9), compared(at(A, 7))), LATER_MS);
    turn(state, kind === 'finalized-divergence' ? FINAL : DIVERGED, LATER_MS);
  }
  const driven = { ...SETTLED, standing: at(A, 5), foreign: { count: FOREIGN_MOVES_TO_HOLD - 1, lastAt: NOW } };
  turn(driven, observation(engineView(A, 6), sourceView(A, 6), { of: 'wait' }), 0);
  const elSync = { ...RUNNING, ancestor: 3, target: at(A, 9) };
  const syncing: State = {
    ...SETTLED,
    session: { ...SETTLED.session, compared: false },
    phase: { kind: 'syncing' },
    elSync,
  };
  turn(syncing, observation(engineView(A, 9), sourceView(A, 20), { of: 'wait' }), 0);
  turn(
    { ...syncing, standing: at(B, 7) },
    observation(engineView(B, 7), sourceView(A, 9), { of: 'wait' }),
    LATER_MS * 10,
  );
}

function compared(own: typeof DIVERGENCE.engine): Outcome {
  return { of: 'compare', height: 7, source: at(A, 7), engine: own };
}

const DIVERGED = observation(engineView(B, 7, labels(A, 3, 2)), sourceView(A, 9), compared(at(B, 7)));

const FINAL = observation(engineView(B, 7, labels(B, 7, 7)), sourceView(A, 9), compared(at(B, 7)));

function held(reason: HoldReason, more: Partial<State> = {}): State {
  const suspicion = { height: 7, seen: 2, divergence: DIVERGENCE };
  return { ...SETTLED, phase: { kind: 'holding', reason }, standing: at(B, 7), suspicion, ...more };
}

function stopped(reason: HoldReason): State {
  return held(reason, { recovery: { stage: 'stopped', reason, retryAt: NOW + RECOVERY_RETRY_MS } });
}

/** One state that is held for each of the reasons. */
const HELD: Readonly<Record<RecoveryHold, State>> = {
  'foreign-writer': held(
    { kind: 'foreign-writer', moves: FOREIGN_MOVES_TO_HOLD },
    { suspicion: null, standing: at(A, 7), foreign: { count: FOREIGN_MOVES_TO_HOLD, lastAt: NOW } },
  ),
  'finalized-divergence': held({ kind: 'finalized-divergence', divergence: DIVERGENCE, finalized: at(B, 7) }),
  'recovery-off': {
    ...stopped({ kind: 'recovery-off', divergence: DIVERGENCE, plan: PLAN }),
    recoveryPolicy: { ...SETTLED.recoveryPolicy, mode: 'alert' },
  },
  'recovery-pausing': held({ kind: 'recovery-pausing', divergence: DIVERGENCE, until: NOW + RECOVERY_RETRY_MS }),
  'recovery-too-deep': stopped({ kind: 'recovery-too-deep', divergence: DIVERGENCE, maxDepth: 2 }),
  'recovery-failed': stopped({ kind: 'recovery-failed', plan: PLAN, tried: [], advice: null }),
};
