import { decide } from '../../src/follow/decide.js';
import { promote, trustedLabels } from '../../src/follow/labels.js';
import { remembering, type Mutant } from './mutant.js';

/** Mistakes about an EL that is left to sync with its peers. */
export const EL_SYNC_MUTANTS: readonly Mutant[] = [
  {
    id: 'D4',
    name: 'sends blocks to an EL that syncs with its peers',
    scenario: 'a geth left to sync with its peers',
    breaks: ['E17'],
    core: {
      promote,
      decide: (before, seen, tick) => {
        const decided = decide(before, seen, tick);
        const { engine, source } = seen;
        const isWaiting = decided.state.elSync?.stage === 'running' && decided.action.do === 'wait';
        if (!isWaiting || engine.kind !== 'seen' || source.kind !== 'seen') return decided;
        const { heads, at: known } = engine.value;
        const ground = {
          trusted: trustedLabels(engine.value, before.remembered),
          awaited: [before.remembered],
          known,
        };
        const range = { from: heads.unsafe, to: source.value.head };
        return {
          ...decided,
          action: { do: 'extend', ...range, ground, everyBlock: true, doubtful: false, batches: false, plan: null },
        };
      },
    },
  },
  {
    id: null,
    name: 'waits for good for a sync that does not begin',
    scenario: 'a fresh geth without peers, left to sync',
    breaks: ['L1'],
    core: remembering((state, now) =>
      state.elSync?.stage === 'running' ? { ...state, elSync: { ...state.elSync, movedAt: now } } : state,
    ),
  },
  {
    id: null,
    name: 'forgets that this EL does not sync',
    scenario: 'an op-geth whose peer gives it one block',
    breaks: ['L1', 'I18'],
    core: remembering((state) =>
      state.elSync?.stage === 'given-up' ? { ...state, elSync: { policy: state.elSync.policy, stage: 'idle' } } : state,
    ),
  },
  {
    id: null,
    name: 'takes an EL that is pointed at a block for one that is there',
    scenario: 'a geth left to sync with its peers',
    breaks: ['E17'],
    core: remembering((state) =>
      state.elSync?.stage === 'running'
        ? { ...state, elSync: { policy: { ...state.elSync.policy, gapBlocks: 100 }, stage: 'idle' } }
        : state,
    ),
  },
];
