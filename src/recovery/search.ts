/**
 * The search for the common ancestor, as heights to look at. Both sides are known to agree at `agreed` and to differ at
 * `differs`; below a height where they agree they agree everywhere, because blocks name their parents.
 */
export interface Search {
  readonly agreed: number;
  readonly differs: number;
  /** How far below `differs` the next look goes; 0 once a look found both sides to agree. */
  readonly stride: number;
}

/** Forks are shallow as a rule, so the search gallops down from the top, and halves what is left. */
export function beginSearch(agreed: number, differs: number): Search {
  return { agreed, differs, stride: 1 };
}

/** The height of the common ancestor, or null while it is not known. */
export function foundAt({ agreed, differs }: Search): number | null {
  return differs - agreed === 1 ? agreed : null;
}

/**
 * The heights to look at next, highest first: `width` at most. One is cheapest; more of them at a time save round trips to a
 * far source, at the price of more calls.
 */
export function heightsToAsk({ agreed, differs, stride }: Search, width: number): number[] {
  const heights: number[] = [];
  if (stride > 0) {
    for (let at = differs - stride, step = stride; at > agreed && heights.length < width; at -= step) {
      heights.push(at);
      step *= 2;
    }
    if (heights.length > 0) return heights;
  }
  const parts = Math.min(width + 1, differs - agreed);
  for (let part = parts - 1; part > 0; part--) heights.push(agreed + Math.floor(((differs - agreed) * part) / parts));
  return heights;
}

/**
 * What the answers leave to search. `agrees` tells of every height that was asked for whether both sides have the same block.
 * Null when they contradict each other: the source is more than one node, on more than one branch.
 */
export function told(search: Search, agrees: ReadonlyMap<number, boolean>): Search | null {
  const heights = [...agrees.keys()];
  const agreed = Math.max(search.agreed, ...heights.filter((height) => agrees.get(height) === true));
  const differs = Math.min(search.differs, ...heights.filter((height) => agrees.get(height) === false));
  if (agreed >= differs) return null;
  const galloping = search.stride > 0 && agreed === search.agreed;
  return { agreed, differs, stride: galloping ? search.stride * 2 ** heights.length : 0 };
}
