import { type BlockRef, diverges, type Label, sameBlock } from '../chain/block.js';
import type { ToldStatus } from './sentence.js';

const LABELS: readonly Label[] = ['unsafe', 'safe', 'finalized'];

/** A label on both sides, and what that comes to. */
export interface Rung {
  readonly label: Label;
  readonly source: BlockRef | null;
  readonly local: BlockRef | null;
  /** same: one block. other: two blocks at one height. unknown: heights that do not tell. */
  readonly match: 'same' | 'other' | 'unknown';
  /** Empty where there is nothing to say. */
  readonly note: string;
}

/** Source and local, label by label, the highest first. */
export function rungsOf(status: Pick<ToldStatus, 'source' | 'local'>): readonly Rung[] {
  return LABELS.map((label) => {
    const [source, local] = [status.source?.[label] ?? null, status.local?.[label] ?? null];
    return { label, source, local, ...matchOf(source, local) };
  });
}

function matchOf(source: BlockRef | null, local: BlockRef | null): Pick<Rung, 'match' | 'note'> {
  if (source === null || local === null) return { match: 'unknown', note: '' };
  if (sameBlock(source, local)) return { match: 'same', note: '' };
  if (diverges(source, local)) return { match: 'other', note: 'another block' };
  const behind = source.number - local.number;
  return { match: 'unknown', note: behind > 0 ? `${behind} behind` : `${-behind} ahead` };
}
