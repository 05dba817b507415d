export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - 1], sorted[middle]];
  if (high === undefined) throw new RangeError('no values');
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2;
}

/** Lowest to highest, for a reader who wants to know how steady a figure is. */
export function spread(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(3)}..${Math.max(...values).toFixed(3)} (${values.length})`;
}

/** The least value that so many percent of all do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (found === undefined) throw new RangeError('no values');
  return found;
}
