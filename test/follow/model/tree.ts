import type { BlockRef } from '../../../src/chain/block.js';
import type { Hash } from '../../../src/util/hex.js';
import { copyOf, grow, type RealBlock } from '../blocks.js';

/** A block of the tree, as its place in `Tree.blocks`; 0 is genesis. */
export type Index = number;

/** A set of blocks, as a bit mask. */
export type BlockSet = bigint;

export const NO_BLOCKS: BlockSet = 0n;

/** Every block that exists in a small world: its own, and behind them a copied sibling of each but genesis. */
export class Tree {
  readonly blocks: readonly RealBlock[];
  /** How many of them are no copies. */
  readonly #size: number;
  readonly #parents: readonly Index[];
  readonly #heights: readonly number[];
  readonly #own: readonly Index[];
  /** Per block, its line by height. */
  readonly #ancestors: readonly (readonly Index[])[];
  readonly #bits: readonly BlockSet[];
  /** The block itself and everything below it. */
  readonly #lines: readonly BlockSet[];
  /** Per block, whether each other one is on its line. */
  readonly #onLine: readonly (readonly boolean[])[];
  /** Per height, every block below it. */
  readonly #below: readonly BlockSet[];
  readonly #byHash = new Map<Hash, Index>();

  constructor(own: readonly RealBlock[]) {
    const blocks = [...own, ...own.slice(1).map(copyOf)];
    this.blocks = blocks;
    this.#size = own.length;
    blocks.forEach(({ ref }, index) => this.#byHash.set(ref.hash, index));
    this.#parents = blocks.map(({ ref }) => this.#byHash.get(ref.parentHash) ?? 0);
    this.#bits = blocks.map((_, index) => 1n << BigInt(index));
    const lines: BlockSet[] = [];
    this.#parents.forEach((parent, index) => lines.push(this.bit(index) | (lines[parent] ?? NO_BLOCKS)));
    this.#lines = lines;
    this.#onLine = lines.map((line) => this.#bits.map((bit) => (line & bit) !== NO_BLOCKS));
    const heights = blocks.map(({ ref }) => ref.number);
    this.#heights = heights;
    this.#own = own.map((_, index) => index);
    const ancestors: (readonly Index[])[] = [];
    this.#parents.forEach((parent, index) => ancestors.push([...(ancestors[parent] ?? []), index]));
    this.#ancestors = ancestors;
    this.#below = Array.from({ length: Math.max(...heights) + 2 }, (_, height) =>
      this.#bits.reduce((set, bit, index) => (heights[index]! < height ? set | bit : set), NO_BLOCKS),
    );
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
    return this.#heights[index]!;
  }

  parent(index: Index): Index {
    return this.#parents[index]!;
  }

  /** Every block that can be on a source's chain. */
  all(): readonly Index[] {
    return this.#own;
  }

  /** The copied sibling of a block. @throws RangeError for genesis, and for a copy */
  copy(index: Index): Index {
    if (index === 0 || this.isCopy(index)) throw new RangeError(`block ${index} has no copied sibling`);
    return this.#size + index - 1;
  }

  isCopy(index: Index): boolean {
    return index >= this.#size;
  }

  /** The block that a copy is one of, or the block itself. */
  original(index: Index): Index {
    return this.isCopy(index) ? index - this.#size + 1 : index;
  }

  /** Every block above one, on its own branch. */
  descendants(index: Index): BlockSet {
    return this.#lines.reduce(
      (set, _, other) => (other !== index && this.isOnLine(index, other) ? set | this.bit(other) : set),
      NO_BLOCKS,
    );
  }

  bit(index: Index): BlockSet {
    return this.#bits[index]!;
  }

  /** The block itself and everything below it. */
  line(index: Index): BlockSet {
    return this.#lines[index]!;
  }

  /** Every block below a height. */
  below(height: number): BlockSet {
    if (height <= 0) return NO_BLOCKS;
    return this.#below[Math.min(height, this.#below.length - 1)]!;
  }

  /** Every block above a height. */
  above(height: number): BlockSet {
    return this.below(Infinity) & ~this.below(height + 1);
  }

  /** `low` is `high` itself or one of its ancestors. */
  isOnLine(low: Index, high: Index): boolean {
    return this.#onLine[high]![low]!;
  }

  /** The ancestor of `from` (or itself) at a height; null above it. */
  atHeight(from: Index, height: number): Index | null {
    return this.#ancestors[from]![height] ?? null;
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

/** Room for long schedules: a trunk of 20 blocks above genesis, four branches that leave it, and one that leaves a branch. */
export function wideTree(): Tree {
  const trunk = grow(null, 21, 'a');
  const [first, second, third, fourth] = [
    grow(trunk[3]!.ref, 6, 'b'),
    grow(trunk[4]!.ref, 2, 'c'),
    grow(trunk[9]!.ref, 5, 'd'),
    grow(trunk[15]!.ref, 4, 'e'),
  ];
  return new Tree([...trunk, ...first, ...second, ...third, ...fourth, ...grow(first[2]!.ref, 3, 'f')]);
}
