import type { BlockRef, Labels } from '../../src/chain/block.js';
import { promote } from '../../src/follow/labels.js';
import { acting, instead, promoting, seeing, type Mutant } from './mutant.js';

const NO_LABELS: Labels = { safe: null, finalized: null };

const clamped = (head: BlockRef, label: BlockRef | null): BlockRef | null =>
  label !== null && label.number > head.number ? head : label;

/** Mistakes about safe and finalized. */
export const LABEL_MUTANTS: readonly Mutant[] = [
  {
    id: 'B13',
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
    id: 'A1',
    name: 'lowers a label to that of the source',
    scenario: 'a geth that is behind',
    breaks: ['I12', 'I1'],
    core: promoting((head, trusted, source, hashAt) => {
      const lowered = promote(head, NO_LABELS, source, hashAt);
      return lowered.finalized === null ? trusted : lowered;
    }),
  },
  {
    id: 'D9',
    name: 'promotes a label by its number alone',
    scenario: 'an op-geth that is behind, without labels',
    breaks: ['I2', 'I24'],
    core: promoting((head, trusted, source) => {
      const refs = [source?.safe ?? null, source?.finalized ?? null];
      return promote(head, trusted, source, (number) => refs.find((ref) => ref?.number === number)?.hash);
    }),
  },
  {
    id: 'E5',
    name: 'sends no labels while it extends',
    scenario: 'a geth that is behind',
    breaks: ['I4'],
    core: promoting(() => NO_LABELS),
  },
  {
    id: 'B25',
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
  {
    id: 'B7',
    name: 'takes every label that the EL shows for one of its chain',
    scenario: 'an op-reth that somebody else drives below what is final',
    breaks: ['L1', 'I2', 'I24'],
    core: seeing((seen) => {
      if (seen.engine.kind !== 'seen') return seen;
      const { heads, at } = seen.engine.value;
      const shown = [heads.safe, heads.finalized].flatMap((ref) => (ref === null ? [] : [[ref.number, ref] as const]));
      const value = { ...seen.engine.value, at: new Map([...at, ...shown]) };
      return { ...seen, engine: { kind: 'seen', value } };
    }),
  },
];
