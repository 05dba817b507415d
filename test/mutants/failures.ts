import { forkchoice } from '../../src/chain/forkchoice.js';
import { decide } from '../../src/follow/decide.js';
import type { Observation } from '../../src/follow/state.js';
import { acting, heldFor, instead, reading, remembering, SECOND_TICK, type Decision, type Mutant } from './mutant.js';

function keepAlive(decided: Decision, seen: Observation): Decision {
  if (seen.engine.kind !== 'seen') return decided;
  const { unsafe, safe, finalized } = seen.engine.value.heads;
  const labels = { safe, finalized };
  return instead(decided, { do: 'forkchoice', forkchoice: forkchoice(unsafe, labels), why: 'keep-alive' });
}

/** Mistakes about calls that fail, or whose outcome is unknown. */
export const FAILURE_MUTANTS: readonly Mutant[] = [
  {
    id: 'E6',
    name: 'forgets which payloads were refused',
    scenario: 'a source with an invalid block',
    breaks: ['I15'],
    core: acting((decided) => ({ ...decided, state: { ...decided.state, refused: new Map() } })),
  },
  {
    id: 'E8',
    name: 'keeps the EL alive while an outcome is unknown',
    scenario: 'a geth that is behind',
    breaks: ['I17', 'I18'],
    core: acting((decided, seen) =>
      decided.action.do === 'wait' && heldFor(decided, 'engine-unsettled') ? keepAlive(decided, seen) : decided,
    ),
  },
  {
    id: null,
    name: 'forgets that an outcome is unknown',
    scenario: 'a geth that is behind',
    breaks: ['I17', 'I18'],
    core: acting((decided, seen) => {
      const settled = { ...decided.state, unsettled: null };
      return heldFor(decided, 'engine-unsettled') ? decide(settled, { ...seen, outcome: null }, SECOND_TICK) : decided;
    }),
  },
  {
    id: 'B24',
    name: 'takes SYNCING for success',
    scenario: 'an EL that keeps answering SYNCING',
    breaks: ['I18', 'L1'],
    core: reading((outcome) => {
      if (outcome.of !== 'extend' || outcome.stop.why !== 'payload-answer') return outcome;
      return outcome.stop.answer.status === 'SYNCING' ? { ...outcome, stop: { why: 'reached' } } : outcome;
    }),
  },
  {
    id: 'B23',
    name: 'tries again without a pause',
    scenario: 'an EL that keeps answering SYNCING',
    breaks: ['I18'],
    core: remembering((state) =>
      state.trouble === null ? state : { ...state, trouble: { ...state.trouble, retryAt: 0 } },
    ),
  },
  {
    id: 'A10',
    name: 'stays in a hold for good',
    scenario: 'an EL that answers VALID and does not move',
    breaks: ['L1'],
    core: acting((decided, _seen, before) => {
      const held = before.phase.kind === 'holding' && before.phase.reason.kind === 'engine-stuck';
      return held ? { state: { ...decided.state, phase: before.phase }, action: { do: 'wait', ms: 1_000 } } : decided;
    }),
  },
];
