import type { Rung, Strip } from './wire.js';

/** One block as it is drawn. */
export interface Cell {
  readonly height: number;
  /** Of two: the chain that both sides have or shall have, and below it what the EL alone has or had. */
  readonly row: 0 | 1;
  readonly kind: 'finalized' | 'safe' | 'unsafe' | 'ahead' | 'left';
  /** Null: the loop did not see this one. */
  readonly hash: string | null;
}

/** The blocks of a strip, lowest first: two rows where the branches part. */
export function cellsOf(strip: Strip, rungs: readonly Rung[]): readonly Cell[] {
  const topOf = (side: 'source' | 'local', label: Rung['label']): number =>
    rungs.find((rung) => rung.label === label)?.[side]?.number ?? -1;
  const [theirs, ours] = [topOf('source', 'unsafe'), topOf('local', 'unsafe')];
  const parting = partingOf(strip);
  return strip.source.flatMap((source, index): Cell[] => {
    const height = strip.from + index;
    const [local, givenUp] = [strip.local[index] ?? null, strip.givenUp[index] ?? null];
    const left = (hash: string | null): Cell => ({ height, row: 1, kind: 'left', hash });
    if (height >= parting) {
      return [
        ...(height <= theirs ? [{ height, row: 0, kind: 'ahead', hash: source } as const] : []),
        ...(height <= ours ? [left(local)] : []),
      ];
    }
    const common =
      height <= topOf('local', 'finalized') ? 'finalized' : height <= topOf('local', 'safe') ? 'safe' : 'unsafe';
    const kind = height <= ours ? common : 'ahead';
    return [{ height, row: 0, kind, hash: local ?? source }, ...(givenUp === null ? [] : [left(givenUp)])];
  });
}

/** The height from which on there are two branches, as far as is known; beyond every height where there is one. */
function partingOf({ isForked, ancestor, from, source, local }: Strip): number {
  if (!isForked) return Number.POSITIVE_INFINITY;
  if (ancestor !== null) return ancestor + 1;
  return from + source.findIndex((hash, index) => hash !== null && (local[index] ?? hash) !== hash);
}

/** What the strip comes to, for those who cannot see it. */
export function stripText(strip: Strip, cells: readonly Cell[]): string {
  const [first, last] = [strip.from, strip.from + strip.source.length - 1];
  if (cells.length === 0) return 'No block was seen yet.';
  const range = `Blocks ${first} to ${last}`;
  const left = cells.filter(({ kind }) => kind === 'left').length;
  const blocks = `${left} ${left === 1 ? 'block' : 'blocks'}`;
  const fork = strip.ancestor === null ? 'below what is shown, or not known yet' : `block ${strip.ancestor}`;
  if (strip.isForked) return `${range}. Two branches: the EL alone has ${blocks}. Common ancestor: ${fork}.`;
  return left === 0 ? `${range}.` : `${range}. The EL gave up ${blocks} above ${fork}.`;
}
