import type { Labels } from '../../src/chain/block.js';
import { decide } from '../../src/follow/decide.js';
import { promote } from '../../src/follow/labels.js';
import type { Observation } from '../../src/follow/state.js';
import { acting, instead, planFor, reading, remembering, type Mutant } from './mutant.js';

const NO_LABELS: Labels = { safe: null, finalized: null };

function withoutFinalized({ engine, ...seen }: Observation): Observation {
  if (engine.kind !== 'seen') return { engine, ...seen };
  const heads = { ...engine.value.heads, ...NO_LABELS };
  return { ...seen, engine: { kind: 'seen', value: { ...engine.value, heads } } };
}

/** Mistakes on the way back to the source's chain. */
export const RECOVERY_MUTANTS: readonly Mutant[] = [
  {
    id: 'B1',
    name: 'stays on its branch for good',
    scenario: 'geth-2026 on another branch',
    breaks: ['L1'],
    core: acting((decided) => (decided.action.do === 'plan' ? instead(decided, { do: 'wait', ms: 1_000 }) : decided)),
  },
  {
    id: 'B3',
    name: 'takes a reset that moved nothing for one that worked',
    scenario: 'an op-geth beyond its window',
    breaks: ['I16'],
    core: reading((outcome) =>
      outcome.of === 'climb' && outcome.stop.why === 'answered' && outcome.stop.answer.status !== 'UNKNOWN'
        ? { ...outcome, stop: { why: 'climbed' } }
        : outcome,
    ),
  },
  {
    id: 'B4',
    name: 'does not know what is final when it looks for the way back',
    scenario: 'a source that leaves below the finalized block',
    breaks: ['I8'],
    core: {
      promote,
      decide: (before, seen, tick) => decide({ ...before, remembered: NO_LABELS }, withoutFinalized(seen), tick),
    },
  },
  {
    id: 'B5',
    name: 'goes on at a finalized divergence',
    scenario: 'a source that leaves below the finalized block',
    breaks: ['I9', 'L1', 'I8', 'I18'],
    core: acting((decided, seen) => {
      const { phase } = decided.state;
      const isFinal = phase.kind === 'holding' && phase.reason.kind === 'finalized-divergence';
      return isFinal ? planFor(decided, seen, phase.reason.divergence) : decided;
    }),
  },
  {
    id: 'B7',
    name: 'sends no labels with a reset',
    scenario: 'geth-2026 on another branch',
    breaks: ['I4'],
    core: acting((decided) => {
      const { action } = decided;
      const ground = { trusted: NO_LABELS, awaited: [], known: new Map() };
      return action.do === 'climb' ? instead(decided, { ...action, ground }) : decided;
    }),
  },
  {
    id: 'B14',
    name: 'goes on with a plan that leads nowhere by now',
    scenario: 'geth-2026 on another branch',
    breaks: ['L5', 'I3', 'I6', 'I7', 'I8', 'I19'],
    core: acting((decided, seen, before) => {
      const { recovery } = before;
      const isVoid = recovery?.stage === 'climbing' && decided.state.recovery === null && seen.engine.kind === 'seen';
      if (!isVoid) return decided;
      const {
        plan,
        rungs: [rung],
      } = recovery;
      if (rung === 'el-sync') return decided;
      const ground = { trusted: NO_LABELS, awaited: [], known: new Map() };
      const state = { ...decided.state, recovery };
      return { state, action: { do: 'climb', rung, plan, ground, primed: true } };
    }),
  },
  {
    id: 'B18',
    name: 'compares no higher than the safe block of the source',
    scenario: 'geth-2026 on another branch',
    breaks: ['L1'],
    core: acting((decided, { source }) => {
      const safe = source.kind === 'seen' ? (source.value.labels?.safe?.number ?? 0) : 0;
      if (decided.action.do !== 'compare' || decided.action.height <= safe) return decided;
      return { state: { ...decided.state, suspicion: null }, action: { do: 'wait', ms: 1_000 } };
    }),
  },
  {
    id: 'A3',
    name: 'leads an EL that lost what was final along any chain',
    scenario: 'an EL that lost what is final elsewhere',
    breaks: ['I1'],
    core: remembering((state) => ({ ...state, remembered: NO_LABELS })),
  },
  {
    id: null,
    name: 'recovers again without a pause',
    scenario: 'geth-2026 on another branch',
    breaks: ['L5'],
    core: remembering((state) => ({ ...state, pace: { ...state.pace, notBefore: 0 } })),
  },
  {
    id: null,
    name: 'does not know a stale mapping',
    scenario: 'a killed op-geth',
    breaks: ['L1'],
    core: acting((decided) => (decided.action.do === 'unmap' ? instead(decided, { do: 'wait', ms: 1_000 }) : decided)),
  },
];
