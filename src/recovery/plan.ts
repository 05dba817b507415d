import type { BlockRef } from '../chain/block.js';

/** Both sides have a block at this height and the hashes differ, seen twice. */
export interface Divergence {
  readonly source: BlockRef;
  readonly engine: BlockRef;
}

/**
 * A complete way back to the source: every block between the common ancestor and the target was fetched, recomputed and
 * found to be the parent of the next. Nothing is written to the EL before there is one (reliability I7).
 */
export interface Plan {
  /** Counts the plans of this process: what belongs to an older one is told apart by it. */
  readonly id: number;
  readonly ancestor: BlockRef;
  /** The source's blocks above the ancestor, lowest first; none where the ancestor is its head. */
  readonly blocks: readonly BlockRef[];
  /** Where the EL stood when the plan was made, and its own block above the ancestor. */
  readonly engineHead: BlockRef;
  readonly replaced: BlockRef;
}

/** The block that the plan ends at. */
export function targetOf({ blocks, ancestor }: Plan): BlockRef {
  return blocks.at(-1) ?? ancestor;
}

/** How many blocks of the EL the plan gives up. */
export function depthOf({ engineHead, ancestor }: Plan): number {
  return engineHead.number - ancestor.number;
}

/** The EL stands on the plan: at the ancestor, or at a block of the source above it. */
export function isOnPlan({ ancestor, blocks }: Plan, head: BlockRef): boolean {
  const planned = head.number === ancestor.number ? ancestor : blocks[head.number - ancestor.number - 1];
  return planned?.hash === head.hash;
}
