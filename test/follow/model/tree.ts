import type { BlockRef } from '../../../src/chain/block.js';
import type { Hash } from '../../../src/util/hex.js';
import { grow, type RealBlock } from '../blocks.js';

/** A block of the tree, as its place in `Tree.blocks`; 0 is genesis. */
export type Index = number;

/** Every block that exists in a small world. Sets of blocks are bit masks, so there are at most 30. */
export class Tree {
  readonly blocks: readonly RealBlock[];
  readonly #parents: readonly Index[];
  /** The block itself and everything below it. */
  readonly #lines: readonly number[];
  readonly #byHash = new Map<Hash, Index>();

  constructor(blocks: readonly RealBlock[]) {
    this.blocks = blocks;
    blocks.forEach(({ ref }, index) => this.#byHash.set(ref.hash, index));
    this.#parents = blocks.map(({ ref }) => this.#byHash.get(ref.parentHash) ?? 0);
    const lines: number[] = [];
    this.#parents.forEach((parent, index) => lines.push((1 << index) | (lines[parent] ?? 0)));
    this.#lines = lines;
  }

  ref(index: Index): BlockRef {
    return this.blocks[index]!.ref;
  }

  /** @throws RangeError for a block that is not of this world */
  indexOf(ref: BlockRef): Index {
    const index = this.#byHash.get(ref.hash);
    if (index === undefined) throw new RangeError(`no block ${ref.hash} in this world`);
    return index;
  }

  height(index: Index): number {
    return this.ref(index).number;
  }

  parent(index: Index): Index {
    return this.#parents[index]!;
  }

  children(index: Index): Index[] {
    return this.all().filter((other) => other !== 0 && this.parent(other) === index);
  }

  all(): Index[] {
    return this.blocks.map((_, index) => index);
  }

  /** The block itself and everything below it, as a bit mask. */
  line(index: Index): number {
    return this.#lines[index]!;
  }

  /** `low` is `high` itself or one of its ancestors. */
  isOnLine(low: Index, high: Index): boolean {
    return (this.line(high) & (1 << low)) !== 0;
  }

  /** The ancestor of `from` (or itself) at a height; null above it. */
  atHeight(from: Index, height: number): Index | null {
    let index = from;
    if (height > this.height(index)) return null;
    while (this.height(index) > height) index = this.parent(index);
    return index;
  }
}

/** Six blocks above genesis, and two branches: one leaves after block 3, one after block 4. */
export function smallTree(): Tree {
  const trunk = grow(null, 7, 'a');
  const early = grow(trunk[3]!.ref, 3, 'b');
  const late = grow(trunk[4]!.ref, 2, 'c');
  return new Tree([...trunk, ...early, ...late]);
}

/** A gap that counts as syncing, with one branch near its end. */
export function tallTree(): Tree {
  const trunk = grow(null, 14, 'a');
  return new Tree([...trunk, ...grow(trunk[11]!.ref, 2, 'b')]);
}
