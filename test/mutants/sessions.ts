import { forkchoice } from '../../src/chain/forkchoice.js';
import { decide } from '../../src/follow/decide.js';
import { acting, instead, remembering, SECOND_TICK, type Mutant } from './mutant.js';

/** Mistakes about an EL or a source that came back. */
export const SESSION_MUTANTS: readonly Mutant[] = [
  {
    id: null,
    name: 'does not name the head of a new EL first',
    scenario: 'a geth that is behind',
    breaks: ['prime'],
    core: remembering((state) => ({ ...state, session: { ...state.session, primed: true } })),
  },
  {
    id: 'C1',
    name: 'writes to an EL that came back without asking who it is',
    scenario: 'a geth that is behind',
    breaks: ['I19'],
    core: acting((decided, seen, before) => {
      if (decided.action.do !== 'identify') return decided;
      const session = { ...decided.state.session, identified: true };
      return decide({ ...decided.state, session, trouble: before.trouble }, { ...seen, outcome: null }, SECOND_TICK);
    }),
  },
  {
    id: 'C2',
    name: 'takes blocks of a source that came back without asking who it is',
    scenario: 'a geth that is behind',
    breaks: ['I13'],
    core: acting((decided, seen) => {
      if (decided.action.do !== 'identify' || !decided.state.session.identified) return decided;
      return decide({ ...decided.state, sourceIdentified: true }, { ...seen, outcome: null }, SECOND_TICK);
    }),
  },
  {
    id: 'A14',
    name: 'remembers the target instead of what the EL shows',
    scenario: 'a geth that is behind',
    breaks: ['I14'],
    core: acting((decided) => {
      const { action, state } = decided;
      return action.do === 'extend' ? { action, state: { ...state, standing: action.to } } : decided;
    }),
  },
  {
    id: 'A9',
    name: 'does not notice that the EL came back lower',
    scenario: 'a geth that is behind',
    breaks: ['I19'],
    core: remembering((state) => ({ ...state, standing: null })),
  },
  {
    id: 'B20',
    name: 'has nothing to do for an EL that came back lower',
    scenario: 'a geth that is behind',
    breaks: ['L1'],
    core: acting((decided) => {
      const isBack = decided.state.session.id > 1 && decided.action.do === 'extend';
      return isBack ? instead(decided, { do: 'wait', ms: 1_000 }) : decided;
    }),
  },
  {
    id: 'D3',
    name: 'begins with a forkchoice that names genesis',
    scenario: 'a fresh geth',
    breaks: ['D3'],
    core: acting((decided) => {
      const { action } = decided;
      if (action.do !== 'extend' || action.from.number > 0) return decided;
      const genesis = forkchoice(action.from, { safe: null, finalized: null });
      return instead(decided, { do: 'forkchoice', forkchoice: genesis, why: 'prime' });
    }),
  },
  {
    id: 'E10',
    name: 'replays a batch from its start',
    scenario: 'an op-geth that is behind, without labels',
    breaks: ['I8'],
    core: acting((decided) => {
      const { action } = decided;
      const from = action.do === 'extend' ? action.ground.trusted.finalized : null;
      return action.do === 'extend' && from !== null ? instead(decided, { ...action, from }) : decided;
    }),
  },
];
