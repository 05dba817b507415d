/** A head as it was met. */
export interface MetHead {
  readonly number: number;
  /** Seconds. */
  readonly timestamp: number;
  /** When it arrived; null where only is known that it was there. */
  readonly atMs: number | null;
}

const HEADS_KEPT = 17;
/** Over fewer blocks arrivals are too coarse to overrule the timestamps by little. */
const ARRIVALS_MIN = 4;
const BLOCK_TIME_MIN_MS = 50;

/** The heads that the block time is measured by, the newest first. */
export function keepHeads(newest: MetHead, heads: readonly MetHead[]): readonly MetHead[] {
  return [newest, ...heads].slice(0, HEADS_KEPT);
}

/**
 * The block time in ms, `before` where these heads do not tell it. Where timestamps advance by whole seconds they are exact,
 * and arrivals are not; but there are other block times, and the blocks of a devnet can outrun their clock or lag behind.
 */
export function measureBlockTime(heads: readonly MetHead[], before: number | null): number | null {
  const clock = span(heads, ({ timestamp }) => timestamp * 1_000);
  const arrival = span(heads, ({ atMs }) => atMs);
  if (clock === null || arrival === null) return before ?? (clock !== null && clock.ms >= 1_000 ? clock.ms : null);
  const coarse = arrival.blocks < ARRIVALS_MIN;
  // Few arrivals overrule what is known only where it is wrong by far.
  if (coarse && before !== null && arrival.ms > before / 2 && arrival.ms < before * 2) return before;
  const agree = Math.abs(arrival.ms - clock.ms) <= clock.ms * (coarse ? 0.25 : 0.03);
  const exact = clock.ms >= 1_000 && (coarse || clock.ms % 1_000 === 0);
  return Math.max(BLOCK_TIME_MIN_MS, agree && exact ? clock.ms : arrival.ms);
}

/** The mean time per block by one clock, between the newest and the oldest head of which it is known. */
function span(
  heads: readonly MetHead[],
  msOf: (head: MetHead) => number | null,
): { readonly ms: number; readonly blocks: number } | null {
  const known = heads.flatMap((head) => {
    const ms = msOf(head);
    return ms === null ? [] : [{ ms, number: head.number }];
  });
  const [newest, oldest] = [known[0], known.at(-1)];
  if (newest === undefined || oldest === undefined || newest.number <= oldest.number) return null;
  const blocks = newest.number - oldest.number;
  return { ms: (newest.ms - oldest.ms) / blocks, blocks };
}
