import { diverges, type BlockRef, type Heads, type Label } from '../../src/chain/block.js';

/** What the devnet shows of both sides at one moment. */
export interface Snapshot {
  readonly source: Heads;
  /** null while the follower EL is away. */
  readonly local: Heads | null;
  /** The source's block at the height of the local head; null when the source has none. */
  readonly sourceAtLocal: BlockRef | null;
  /** Blocks per second over the last few seconds. */
  readonly sourceRate: number;
  readonly localRate: number;
  readonly lockstep: 'running' | 'restarting' | 'ended';
}

export const LABELS: readonly Label[] = ['unsafe', 'safe', 'finalized'];

/** One sentence on how the two sides stand to each other. */
export function verdict({ source, local, sourceAtLocal }: Snapshot): string {
  if (local === null) return 'the local EL is away';
  if (sourceAtLocal === null) return `the local EL is ahead of the source at ${local.unsafe.number}`;
  if (diverges(local.unsafe, sourceAtLocal)) return `DIVERGED at ${local.unsafe.number}`;
  const behind = source.unsafe.number - local.unsafe.number;
  if (behind > 1) return `on the chain of the source, ${behind} blocks behind`;
  return 'in agreement';
}

/** Both sides show the same three blocks. */
export function agree(source: Heads, local: Heads): boolean {
  return LABELS.every((label) => source[label]?.hash === local[label]?.hash);
}
