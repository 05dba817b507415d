import type { Labels } from '../../src/chain/block.js';
import { forkchoice } from '../../src/chain/forkchoice.js';
import { acting, instead, planFor, type Mutant } from './mutant.js';

const NO_LABELS: Labels = { safe: null, finalized: null };

/** Mistakes about what a divergence is. */
export const DIVERGENCE_MUTANTS: readonly Mutant[] = [
  {
    id: 'B12',
    name: 'takes one differing read for a divergence',
    scenario: 'an EL on another branch',
    breaks: ['I9'],
    core: acting((decided, seen) => {
      const divergence = decided.state.suspicion?.divergence ?? null;
      return divergence === null ? decided : planFor(decided, seen, divergence);
    }),
  },
  {
    id: 'A13',
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
    id: null,
    name: 'compares a difference over and over without a pause',
    scenario: 'an EL on another branch',
    breaks: ['I18'],
    core: acting((decided) =>
      decided.action.do === 'compare' ? instead(decided, { ...decided.action, ms: 0 }) : decided,
    ),
  },
  {
    id: null,
    name: 'keeps a suspicion that was cleared up',
    scenario: 'an EL on another branch',
    breaks: ['I9', 'L1', 'I18'],
    core: acting((decided, _seen, before) => ({
      ...decided,
      state: { ...decided.state, suspicion: decided.state.suspicion ?? before.suspicion },
    })),
  },
  {
    id: 'B11',
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
    id: 'B2',
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
