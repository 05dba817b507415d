import type { BlockRef } from '../chain/block.js';
import { LockstepError } from '../util/errors.js';
import type { Action } from './action.js';
import { trustedLabels } from './labels.js';
import { IDLE_MS } from './limits.js';
import type { Situation } from './situation.js';
import type { Divergence } from '../recovery/plan.js';
import type { EngineView, HoldReason, Phase, State, Tick } from './state.js';

/** What is done about a divergence, and the phase meanwhile. */
export interface Reaction {
  readonly state: State;
  readonly phase: Phase;
  readonly action: Action;
}

type Diverged = Extract<Situation, { kind: 'diverged' }>;

/**
 * A confirmed divergence: hold where it must not or may not be healed now, or look for the way back. A hold goes on
 * comparing, and ends when both sides agree.
 */
export function recover(state: State, situation: Diverged, tick: Tick): Reaction {
  const { divergence, engine, target } = situation;
  const reason = holdReason(state, situation, tick);
  if (reason !== null) return held(state, reason, situation);
  const { pace, recoveryPolicy } = state;
  const { finalized: floor } = trustedLabels(engine, state.remembered);
  const { finalized: fence } = state.remembered;
  const { maxDepth } = recoveryPolicy;
  const engineHead = engine.heads.unsafe;
  const maySync = state.elSync?.stage !== 'given-up';
  // A source that flaps is not followed back and forth; that it contradicts what is final is told all the same.
  const pausedUntil = tick.now < pace.notBefore ? pace.notBefore : null;
  const plans = pace.plans + (pausedUntil === null ? 1 : 0);
  return {
    state: { ...state, pace: { ...pace, plans }, recovery: null },
    phase: pausedUntil === null ? { kind: 'recovering', divergence } : state.phase,
    action: { do: 'plan', id: plans, divergence, engineHead, target, floor, fence, maxDepth, maySync, pausedUntil },
  };
}

function holdReason(state: State, { divergence, engine, target }: Diverged, { now }: Tick): HoldReason | null {
  const { recovery, recoveryPolicy } = state;
  const finalized = finalizedBeside(state, engine, divergence);
  if (finalized !== null) return { kind: 'finalized-divergence', divergence, finalized };
  if (recoveryPolicy.mode === 'off') return { kind: 'recovery-off', divergence, plan: null };
  if (recovery?.stage === 'stopped' && now < recovery.retryAt && !offersMore(recovery.reason, target)) {
    return recovery.reason;
  }
  return null;
}

/** The source went on from the ancestor, so that there is a block to insert beside the EL's own. */
function offersMore(reason: HoldReason, { number }: BlockRef): boolean {
  return reason.kind === 'recovery-failed' && reason.plan.blocks.length === 0 && number > reason.plan.ancestor.number;
}

/** The block that is final here and is not on the source's chain; null where the fork lies above it. */
function finalizedBeside(state: State, engine: EngineView, { source }: Divergence): BlockRef | null {
  const shown = trustedLabels(engine, state.remembered).finalized;
  if (shown !== null && source.number <= shown.number) return shown;
  const lost = state.remembered.finalized;
  return lost !== null && source.number === lost.number && source.hash !== lost.hash ? lost : null;
}

function held(state: State, reason: HoldReason, { divergence, keepAlive }: Diverged): Reaction {
  const error = haltFor(state, reason);
  if (error !== null) return { state, phase: { kind: 'halted', error }, action: { do: 'halt', error } };
  const look: Action = { do: 'compare', height: divergence.source.number, ms: IDLE_MS };
  const action: Action = keepAlive === null ? look : { do: 'forkchoice', forkchoice: keepAlive, why: 'keep-alive' };
  return { state, phase: { kind: 'holding', reason }, action };
}

/** The operator may want the process to end where only a person can go on. */
function haltFor({ recoveryPolicy }: State, reason: HoldReason): LockstepError | null {
  if (reason.kind === 'finalized-divergence' && recoveryPolicy.haltOnFinalizedDivergence) {
    const { divergence, finalized } = reason;
    const detail = `block ${divergence.source.number} of the source is ${divergence.source.hash}, ${divergence.engine.hash} here, where ${finalized.number} is final`;
    return new LockstepError('FINALIZED_DIVERGENCE', { detail, data: { number: divergence.source.number } });
  }
  if (reason.kind === 'recovery-failed' && recoveryPolicy.haltOnUnrecoverable) {
    const { plan, tried, advice } = reason;
    const answers = tried.map(({ rung, answer }) => `${rung}: ${answer}`).join('; ');
    const detail = `no way back to block ${plan.ancestor.number} (${answers === '' ? 'none is allowed' : answers})${advice === null ? '' : `; ${advice}`}`;
    return new LockstepError('RECOVERY_IMPOSSIBLE', { detail, data: { ancestor: plan.ancestor.number } });
  }
  return null;
}
