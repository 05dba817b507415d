import type { BlockRef, Labels } from '../../../src/chain/block.js';
import { forkchoice } from '../../../src/chain/forkchoice.js';
import { decide } from '../../../src/follow/decide.js';
import { promote } from '../../../src/follow/labels.js';
import type { Action, Outcome } from '../../../src/follow/action.js';
import type { Divergence } from '../../../src/recovery/plan.js';
import type { Observation, State, Tick } from '../../../src/follow/state.js';
import type { Core } from './turn.js';

/** The decision core with one mistake in it, and the invariants that this mistake breaks. */
export interface Mutant {
  readonly name: string;
  /** The small world in which it shows. */
  readonly scenario: string;
  readonly breaks: readonly string[];
  readonly core: Core;
}

type Decision = ReturnType<typeof decide>;

const NO_LABELS: Labels = { safe: null, finalized: null };

/** Decides right, and then does something else. */
function acting(change: (decided: Decision, seen: Observation, before: State) => Decision): Core {
  return {
    promote,
    decide: (before: State, seen: Observation, tick: Tick) => change(decide(before, seen, tick), seen, before),
  };
}

/** Decides right, from a state that it remembers wrongly. */
function remembering(change: (state: State) => State): Core {
  return { promote, decide: (before, seen, tick) => decide(change(before), seen, tick) };
}

/** Decides right, from an outcome that it reads wrongly. */
function reading(change: (outcome: Outcome) => Outcome): Core {
  return {
    promote,
    decide: (before, seen, tick) =>
      decide(before, { ...seen, outcome: seen.outcome === null ? null : change(seen.outcome) }, tick),
  };
}

function promoting(change: Core['promote']): Core {
  return { decide, promote: change };
}

function instead(decided: Decision, action: Action): Decision {
  return { ...decided, action };
}

function keepAlive(decided: Decision, seen: Observation): Decision {
  if (seen.engine.kind !== 'seen') return decided;
  const { unsafe, safe, finalized } = seen.engine.value.heads;
  const labels = { safe, finalized };
  return instead(decided, { do: 'forkchoice', forkchoice: forkchoice(unsafe, labels), why: 'keep-alive' });
}

function planFor(decided: Decision, { engine, source }: Observation, divergence: Divergence): Decision {
  if (engine.kind !== 'seen' || source.kind !== 'seen') return decided;
  const { unsafe: engineHead } = engine.value.heads;
  const target = source.value.head;
  return instead(decided, {
    do: 'plan',
    id: 1,
    divergence,
    engineHead,
    target,
    floor: null,
    fence: null,
    maySync: false,
    maxDepth: 100,
  });
}

function heldFor({ state }: Decision, kind: string): boolean {
  return state.phase.kind === 'holding' && state.phase.reason.kind === kind;
}

const clamped = (head: BlockRef, label: BlockRef | null): BlockRef | null =>
  label !== null && label.number > head.number ? head : label;

const LABEL_MUTANTS: readonly Mutant[] = [
  {
    name: 'clamps a label that is ahead of the head',
    scenario: 'a fresh geth',
    breaks: ['I10'],
    core: promoting((head, trusted, source, hashAt) => {
      const wanted = source ?? NO_LABELS;
      const near = { safe: clamped(head, wanted.safe), finalized: clamped(head, wanted.finalized) };
      return promote(head, trusted, near, hashAt);
    }),
  },
  {
    name: 'lowers a label to that of the source',
    scenario: 'a geth that is behind',
    breaks: ['I12', 'I1'],
    core: promoting((head, trusted, source, hashAt) => {
      const lowered = promote(head, NO_LABELS, source, hashAt);
      return lowered.finalized === null ? trusted : lowered;
    }),
  },
  {
    name: 'promotes a label by its number alone',
    scenario: 'an op-geth that is behind, without labels',
    breaks: ['I2', 'I24'],
    core: promoting((head, trusted, source) => {
      const refs = [source?.safe ?? null, source?.finalized ?? null];
      return promote(head, trusted, source, (number) => refs.find((ref) => ref?.number === number)?.hash);
    }),
  },
  {
    name: 'sends no labels while it extends',
    scenario: 'a geth that is behind',
    breaks: ['I4'],
    core: promoting(() => NO_LABELS),
  },
  {
    name: 'never promotes at the head',
    scenario: 'an op-reth at the head',
    breaks: ['L1'],
    core: acting((decided) => {
      const { action } = decided;
      return action.do === 'forkchoice' && action.why === 'promote'
        ? instead(decided, { do: 'wait', ms: 1_000 })
        : decided;
    }),
  },
];

const DIVERGENCE_MUTANTS: readonly Mutant[] = [
  {
    name: 'takes one differing read for a divergence',
    scenario: 'an EL on another branch',
    breaks: ['I9'],
    core: acting((decided, seen) => {
      const divergence = decided.state.suspicion?.divergence ?? null;
      return divergence === null ? decided : planFor(decided, seen, divergence);
    }),
  },
  {
    name: 'takes a block that the source does not have for a different one',
    scenario: 'a geth that is behind',
    breaks: ['I9'],
    core: acting((decided, seen) => {
      const { outcome } = seen;
      if (outcome?.of !== 'compare' || 'error' in outcome || outcome.source !== null) return decided;
      const { engine } = outcome;
      return engine === null ? decided : planFor(decided, seen, { source: engine, engine });
    }),
  },
  {
    name: 'compares a difference over and over without a pause',
    scenario: 'an EL on another branch',
    breaks: ['I18'],
    core: acting((decided) =>
      decided.action.do === 'compare' ? instead(decided, { ...decided.action, ms: 0 }) : decided,
    ),
  },
  {
    name: 'keeps a suspicion that was cleared up',
    scenario: 'an EL on another branch',
    breaks: ['L1', 'I18'],
    core: acting((decided, _seen, before) => ({
      ...decided,
      state: { ...decided.state, suspicion: decided.state.suspicion ?? before.suspicion },
    })),
  },
  {
    name: 'follows the source down to a lower head',
    scenario: 'an EL ahead of its source',
    breaks: ['I8'],
    core: acting((decided, { engine, source }) => {
      if (engine.kind !== 'seen' || source.kind !== 'seen' || decided.action.do !== 'wait') return decided;
      const { head } = source.value;
      const lower = head.number < engine.value.heads.unsafe.number && decided.state.phase.kind === 'following';
      if (!lower) return decided;
      return instead(decided, { do: 'forkchoice', forkchoice: forkchoice(head, NO_LABELS), why: 'promote' });
    }),
  },
  {
    name: 'names the head of the source instead of replaying its blocks',
    scenario: 'a geth that is behind',
    breaks: ['I3'],
    core: acting((decided) => {
      const { action } = decided;
      if (action.do !== 'extend') return decided;
      return instead(decided, {
        do: 'forkchoice',
        forkchoice: forkchoice(action.to, action.ground.trusted),
        why: 'promote',
      });
    }),
  },
];

const FAILURE_MUTANTS: readonly Mutant[] = [
  {
    name: 'forgets which payloads were refused',
    scenario: 'a source with an invalid block',
    breaks: ['I15'],
    core: acting((decided) => ({ ...decided, state: { ...decided.state, refused: new Map() } })),
  },
  {
    name: 'keeps the EL alive while an outcome is unknown',
    scenario: 'a geth that is behind',
    breaks: ['I17', 'I18'],
    core: acting((decided, seen) =>
      decided.action.do === 'wait' && heldFor(decided, 'engine-unsettled') ? keepAlive(decided, seen) : decided,
    ),
  },
  {
    name: 'forgets that an outcome is unknown',
    scenario: 'a geth that is behind',
    breaks: ['I17', 'I18'],
    core: acting((decided, seen) => {
      const settled = { ...decided.state, unsettled: null };
      return heldFor(decided, 'engine-unsettled') ? decide(settled, { ...seen, outcome: null }, ZERO_TICK) : decided;
    }),
  },
  {
    name: 'takes SYNCING for success',
    scenario: 'an EL that keeps answering SYNCING',
    breaks: ['I18', 'L1'],
    core: reading((outcome) => {
      if (outcome.of !== 'extend' || outcome.stop.why !== 'payload-answer') return outcome;
      return outcome.stop.answer.status === 'SYNCING' ? { ...outcome, stop: { why: 'reached' } } : outcome;
    }),
  },
  {
    name: 'tries again without a pause',
    scenario: 'an EL that keeps answering SYNCING',
    breaks: ['I18'],
    core: remembering((state) =>
      state.trouble === null ? state : { ...state, trouble: { ...state.trouble, retryAt: 0 } },
    ),
  },
  {
    name: 'stays in a hold for good',
    scenario: 'an EL that answers VALID and does not move',
    breaks: ['L1'],
    core: acting((decided, _seen, before) => {
      const held = before.phase.kind === 'holding' && before.phase.reason.kind === 'engine-stuck';
      return held ? { state: { ...decided.state, phase: before.phase }, action: { do: 'wait', ms: 1_000 } } : decided;
    }),
  },
];

const SESSION_MUTANTS: readonly Mutant[] = [
  {
    name: 'does not name the head of a new EL first',
    scenario: 'a geth that is behind',
    breaks: ['prime'],
    core: remembering((state) => ({ ...state, session: { ...state.session, primed: true } })),
  },
  {
    name: 'writes to an EL that came back without asking who it is',
    scenario: 'a geth that is behind',
    breaks: ['I19'],
    core: acting((decided, seen, before) => {
      if (decided.action.do !== 'identify') return decided;
      const session = { ...decided.state.session, identified: true };
      return decide({ ...decided.state, session, trouble: before.trouble }, { ...seen, outcome: null }, ZERO_TICK);
    }),
  },
  {
    name: 'takes blocks of a source that came back without asking who it is',
    scenario: 'a geth that is behind',
    breaks: ['I13'],
    core: acting((decided, seen) => {
      if (decided.action.do !== 'identify' || !decided.state.session.identified) return decided;
      return decide({ ...decided.state, sourceIdentified: true }, { ...seen, outcome: null }, ZERO_TICK);
    }),
  },
  {
    name: 'remembers the target instead of what the EL shows',
    scenario: 'a geth that is behind',
    breaks: ['I14'],
    core: acting((decided) => {
      const { action, state } = decided;
      return action.do === 'extend' ? { action, state: { ...state, standing: action.to } } : decided;
    }),
  },
];

/** For a second decision in the same turn: no pause of the state has begun by this time. */
const ZERO_TICK: Tick = { now: Number.MAX_SAFE_INTEGER, random: 0 };

export const MUTANTS = [...LABEL_MUTANTS, ...DIVERGENCE_MUTANTS, ...FAILURE_MUTANTS, ...SESSION_MUTANTS];
