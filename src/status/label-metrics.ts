import type { Registry } from 'prom-client';
import type { BlockRef } from '../chain/block.js';
import type { EngineView, Turn } from '../follow/state.js';
import { Series } from './series.js';

const OUTCOMES = ['promote', 'skip_ahead', 'skip_behind', 'diverged'] as const;
type LabelOutcome = (typeof OUTCOMES)[number];

/** Counts what becomes of safe and finalized of the source, once for each block and outcome. */
export function createLabelMetrics(registry: Registry): (turn: Turn) => void {
  const decisions = new Series(registry).counter(
    'label_decisions_total',
    'What became of a label of the source: promote, skip_ahead (of the EL), skip_behind (what the EL has), diverged',
    ['label', 'outcome'],
  );
  const labels = ['safe', 'finalized'] as const;
  for (const label of labels) for (const outcome of OUTCOMES) decisions.inc({ label, outcome }, 0);
  const last = new Map<string, string>();
  return ({ observation: { source, engine } }) => {
    if (source.kind !== 'seen' || engine.kind !== 'seen') return;
    for (const label of labels) {
      const theirs = source.value.labels?.[label] ?? null;
      const outcome = theirs === null ? null : outcomeOf(theirs, engine.value.heads[label], engine.value);
      if (theirs === null || outcome === null) continue;
      const key = `${outcome} ${theirs.hash}`;
      if (last.get(label) !== key) decisions.inc({ label, outcome });
      last.set(label, key);
    }
  };
}

function outcomeOf(theirs: BlockRef, ours: BlockRef | null, { heads, at }: EngineView): LabelOutcome | null {
  if (theirs.number > heads.unsafe.number) return 'skip_ahead';
  const own = at.get(theirs.number);
  if (own && own.hash !== theirs.hash) return 'diverged';
  if (ours === null || theirs.number > ours.number) return 'promote';
  return theirs.number < ours.number ? 'skip_behind' : null;
}
