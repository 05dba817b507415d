import { LockstepError } from '../util/errors.js';
import type { Forkchoice } from '../chain/forkchoice.js';
import { targetOf, type Plan } from '../recovery/plan.js';
import type { Action, ExtendAction, Ground } from './action.js';
import { CONFIRM_DELAY_MS, IDLE_MS, SYNCING_GAP_BLOCKS } from './limits.js';
import { trustedLabels } from './labels.js';
import { learn } from './learn.js';
import { recover } from './recover.js';
import { classify, type Situation } from './situation.js';
import type { EngineView, HoldReason, Observation, Phase, State, Tick } from './state.js';

interface Decision {
  readonly state: State;
  readonly action: Action;
}

/** After this many failed proofs of identity in a row the process stops; the first may be a replica (reliability S21). */
const IDENTITY_FAILURES_TO_HALT = 2;

/** The same payload is refused for its form twice, with an observation in between: sending it again is pointless. */
const ENCODING_FAILURES_TO_HALT = 2;

/** What to do next. Synchronous and total: no I/O, no clock, no randomness but the tick's. */
export function decide(before: State, observation: Observation, tick: Tick): Decision {
  const state = learn(before, observation, tick);
  const fatal = fatalError(state);
  if (fatal !== null) return halt(state, fatal);
  const situation = classify(state, observation, tick.now);
  return isAside(situation) ? reactAside(state, situation, tick) : react(state, situation, tick);
}

/** Failures that only a person can end. */
function fatalError(state: State): LockstepError | null {
  const { trouble } = state;
  if (trouble === null) return null;
  if (trouble.key === 'identify:different' && trouble.count >= IDENTITY_FAILURES_TO_HALT && 'error' in trouble.reason) {
    return trouble.reason.error;
  }
  if (trouble.key.startsWith('encoding:') && trouble.count >= ENCODING_FAILURES_TO_HALT) {
    const detail = trouble.reason.kind === 'engine-unfit' ? trouble.reason.answer : trouble.key;
    return new LockstepError('ENGINE_ENCODING', { detail });
  }
  return null;
}

/** The EL is, or may be, where no block can be replayed. */
const ASIDE = ['suspect', 'foreign-writer', 'diverged', 'off-plan', 'stale-mapping'] as const;

type Aside = Extract<Situation, { readonly kind: (typeof ASIDE)[number] }>;

function isAside(situation: Situation): situation is Aside {
  return ASIDE.some((kind) => kind === situation.kind);
}

function reactAside(state: State, situation: Aside, tick: Tick): Decision {
  switch (situation.kind) {
    case 'suspect': {
      const ms = situation.seen === 0 ? 0 : CONFIRM_DELAY_MS;
      return { state, action: { do: 'compare', height: situation.height, ms } };
    }
    case 'foreign-writer':
      return hold(state, { kind: 'foreign-writer', moves: situation.moves }, IDLE_MS, null);
    case 'diverged': {
      const { state: next, phase, action } = recover(state, situation, tick);
      return inPhase(next, phase, action);
    }
    case 'off-plan': {
      const { engine, rung, plan } = situation;
      const phase = recovering(state, plan);
      if (rung === 'el-sync')
        return inPhase(state, phase, { do: 'el-sync', from: plan.ancestor, target: targetOf(plan) });
      const ground = groundOf(state, engine, plan.ancestor.number);
      return inPhase(state, phase, { do: 'climb', rung, plan, ground, primed: state.session.primed });
    }
    case 'stale-mapping': {
      const { engine } = situation;
      const ground = groundOf(state, engine);
      return inPhase(state, unlessHeld(state, 'syncing'), {
        do: 'unmap',
        from: engine.heads.unsafe,
        fence: state.remembered.finalized,
        ground,
      });
    }
  }
}

function react(state: State, situation: Exclude<Situation, Aside>, tick: Tick): Decision {
  switch (situation.kind) {
    case 'halted':
      return { state, action: { do: 'wait', ms: IDLE_MS } };
    case 'paused':
      return hold(state, { kind: 'paused' }, IDLE_MS, null);
    case 'engine-down':
      return hold(state, { kind: 'engine-unavailable', error: situation.error }, IDLE_MS, null);
    case 'unsettled':
      return hold(state, { kind: 'engine-unsettled', error: situation.error }, pauseMs(situation.until, tick), null);
    case 'engine-syncing':
      return hold(state, { kind: 'engine-syncing' }, IDLE_MS, situation.probe);
    case 'source-unread':
      return { state, action: { do: 'wait', ms: IDLE_MS } };
    case 'source-down':
      return hold(state, { kind: 'source-unavailable', error: situation.error }, IDLE_MS, situation.keepAlive);
    case 'unidentified':
      return { state, action: { do: 'identify' } };
    case 'backing-off': {
      const waitMs = pauseMs(situation.until, tick);
      if (situation.named) return hold(state, situation.reason, waitMs, situation.keepAlive);
      return { state, action: keepAliveOr(situation.keepAlive, { do: 'wait', ms: waitMs }) };
    }
    case 'el-sync-due':
      return inPhase(state, unlessHeld(state, 'syncing'), {
        do: 'el-sync',
        from: situation.from,
        target: situation.target,
      });
    case 'el-syncing':
      return inPhase(state, { kind: 'syncing' }, { do: 'wait', ms: IDLE_MS });
    case 'unprimed':
      return { state, action: { do: 'forkchoice', forkchoice: situation.forkchoice, why: 'prime' } };
    case 'behind':
      return extend(state, situation);
    case 'labels-behind':
      return inPhase(state, unlessHeld(state, 'following'), {
        do: 'forkchoice',
        forkchoice: situation.forkchoice,
        why: 'promote',
      });
    case 'in-step':
      return inPhase(state, { kind: 'following' }, keepAliveOr(situation.keepAlive, { do: 'wait', ms: IDLE_MS }));
  }
}

function extend(state: State, { engine, target }: Extract<Situation, { kind: 'behind' }>): Decision {
  const from = engine.heads.unsafe;
  const plan = state.recovery?.stage === 'replaying' ? state.recovery.plan : null;
  const to = plan === null ? target : targetOf(plan);
  const far = to.number - from.number > SYNCING_GAP_BLOCKS;
  const phase = plan === null ? unlessHeld(state, far ? 'syncing' : 'following') : recovering(state, plan);
  return inPhase(state, phase, {
    do: 'extend',
    from,
    to,
    ground: groundOf(state, engine),
    ...laneOf(state, far),
    plan,
  });
}

/** What the EL said of a block or a forkchoice, and neither a call that did not reach it nor anything of the source. */
const SURPRISES: ReadonlySet<HoldReason['kind']> = new Set([
  'engine-stuck',
  'engine-snap-sync',
  'engine-unfit',
  'payload-refused',
]);

/** Block by block at the head, and after a surprise or a lost answer until a block has become the head. */
function laneOf(
  { trouble, unsettled, session }: State,
  far: boolean,
): Pick<ExtendAction, 'everyBlock' | 'doubtful' | 'batches'> {
  const surprised = trouble !== null && SURPRISES.has(trouble.reason.kind);
  const doubtful = unsettled !== null;
  const everyBlock = !far || surprised || doubtful;
  return { everyBlock, doubtful, batches: !everyBlock && session.batches };
}

/** `upTo`: the height up to which the EL's chain goes on. */
function groundOf({ remembered }: State, engine: EngineView, upTo = Infinity): Ground {
  const trusted = trustedLabels(engine, remembered, upTo);
  return { trusted, awaited: [engine.heads, remembered], known: engine.at };
}

function recovering({ phase }: State, { blocks: [first], ancestor, replaced }: Plan): Phase {
  if (phase.kind === 'recovering') return phase;
  return { kind: 'recovering', divergence: { source: first ?? ancestor, engine: replaced } };
}

/** A hold lasts while its failure is tried again: only a success ends it. */
function unlessHeld(state: State, kind: 'syncing' | 'following'): Phase {
  return state.trouble?.named === true && state.phase.kind === 'holding' ? state.phase : { kind };
}

function hold(state: State, reason: HoldReason, waitMs: number, keepAlive: Forkchoice | null): Decision {
  return inPhase(state, { kind: 'holding', reason }, keepAliveOr(keepAlive, { do: 'wait', ms: waitMs }));
}

function halt(state: State, error: LockstepError): Decision {
  return inPhase(state, { kind: 'halted', error }, { do: 'halt', error });
}

function inPhase(state: State, phase: Phase, action: Action): Decision {
  return { state: { ...state, phase }, action };
}

function keepAliveOr(keepAlive: Forkchoice | null, otherwise: Action): Action {
  return keepAlive === null ? otherwise : { do: 'forkchoice', forkchoice: keepAlive, why: 'keep-alive' };
}

function pauseMs(until: number, tick: Tick): number {
  return Math.min(IDLE_MS, Math.max(1, until - tick.now));
}
