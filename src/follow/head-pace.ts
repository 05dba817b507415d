import { keepHeads, measureBlockTime, type MetHead } from './met-heads.js';

/** When the source is looked at for its head, and what each look teaches. Pure: the clock is an argument. */

/** latest: the head, whatever it is. next: the block above the known head, whole; its absence is the usual answer. */
export interface Look {
  readonly ask: 'latest' | 'next';
  readonly atMs: number;
}

/** A look that came to an end, by the time it was sent and the time its answer was there. */
export interface LookTimes {
  readonly sentAtMs: number;
  readonly doneAtMs: number;
}

export interface PaceOptions {
  /** A number: the head is looked at so often, and the blocks are not waited for. */
  readonly pollIntervalMs: number | 'auto';
  /** The source pushes its heads: what is looked for is what it may have missed to push. */
  readonly pushed: boolean;
}

/** A new head. by: 'push' where the source told of it, so that it was there no earlier than that. */
export interface FoundHead extends LookTimes {
  readonly number: number;
  /** Seconds. */
  readonly timestamp: number;
  readonly by: Look['ask'] | 'push';
}

/**
 * What is known of the pace of the source. Times of arrival are those at which a look has to be sent to meet the block,
 * so the way to the source is in them.
 */
export interface HeadPace {
  readonly head: MetHead | null;
  /** The last ones, the newest first: what the block time is measured by. */
  readonly heads: readonly MetHead[];
  /** Null before two heads are known. */
  readonly blockMs: number | null;
  /** When a look meets the block after the head; null: not known, or no longer. */
  readonly expectedAtMs: number | null;
  readonly lookedAtMs: number | null;
  /** The newest look that showed that there is no block after the head. */
  readonly missedAtMs: number | null;
  /** So many looks in a row found nothing new. */
  readonly misses: number;
  /** Blocks in a row that the first look met (negative), or that came well after it (positive). */
  readonly drift: number;
  /** The way to the source and back: the least of late. */
  readonly roundTripMs: number;
}

export const FIRST_HEAD_PACE: HeadPace = {
  head: null,
  heads: [],
  blockMs: null,
  expectedAtMs: null,
  lookedAtMs: null,
  missedAtMs: null,
  misses: 0,
  drift: 0,
  roundTripMs: 0,
};

/** The pause between looks before two heads are known. */
const UNKNOWN_MS = 500;
/** Where the block time is known and the arrival is not, the head is looked at so often in one block time. */
const SEARCHES_PER_BLOCK = 8;
/** One step is this part of the block time (performance 7.2): what is aimed for between a block and its look. */
const STEPS_PER_BLOCK = 40;
const STEP_MIN_MS = 5;
const STEP_MAX_MS = 250;
/** Each look that misses makes the next pause longer by this. */
const MISS_GROWTH = 1.5;
/** Of the distance between a block and its expectation so much is learned. */
const GAIN = 0.3;
/** A single block teaches no more than so many steps: one late block says little of the next. */
const MAX_LESSON_STEPS = 4;
/** From so many of a kind in a row on they are no chance. */
const EARLY_STREAK = 4;
const LATE_STREAK = 2;
const BEHIND_STREAK = 8;
/** A block is overdue after so many block times: then the head itself is looked at, as the chain may have gone back. */
const OVERDUE_BLOCKS = 2;
/** Over a way longer than this a look that leaves in time beats a push, which costs half a round trip more (7.1). */
const FAR_MS = 20;

function stepMs(blockMs: number): number {
  return Math.min(STEP_MAX_MS, Math.max(STEP_MIN_MS, blockMs / STEPS_PER_BLOCK));
}

/** The next look; it is due where its time is not after `nowMs`. */
export function nextLook(pace: HeadPace, options: PaceOptions, nowMs: number): Look {
  const { head, expectedAtMs, lookedAtMs, blockMs } = pace;
  if (lookedAtMs === null) return { ask: 'latest', atMs: -Infinity };
  if (options.pollIntervalMs !== 'auto') {
    const pushedMs = options.pushed && blockMs !== null ? blockMs * OVERDUE_BLOCKS : 0;
    return { ask: 'latest', atMs: lookedAtMs + Math.max(options.pollIntervalMs, pushedMs) };
  }
  if (head === null || blockMs === null) return { ask: 'latest', atMs: lookedAtMs + UNKNOWN_MS };
  if (expectedAtMs === null) {
    const searching = pace.misses < OVERDUE_BLOCKS * SEARCHES_PER_BLOCK;
    const gapMs = searching ? blockMs / SEARCHES_PER_BLOCK : blockMs * OVERDUE_BLOCKS;
    return { ask: 'latest', atMs: lookedAtMs + gapMs };
  }
  const overdueAtMs = expectedAtMs + blockMs * OVERDUE_BLOCKS;
  const atMs = Math.max(expectedAtMs + waitMs(pace, options, blockMs), lookedAtMs + gapAfterMiss(pace, blockMs));
  if (Math.max(atMs, nowMs) < overdueAtMs) return { ask: 'next', atMs };
  if (lookedAtMs < overdueAtMs) return { ask: 'latest', atMs: Math.max(overdueAtMs, atMs) };
  const halted = lookedAtMs > overdueAtMs + blockMs;
  return { ask: 'latest', atMs: lookedAtMs + blockMs * (halted ? OVERDUE_BLOCKS : 1) };
}

/** From the expected arrival to the first look, or to the second one where a push is waited for in between. */
function waitMs({ misses, roundTripMs }: HeadPace, { pushed }: PaceOptions, blockMs: number): number {
  const firesBefore = !pushed || (roundTripMs > FAR_MS && misses === 0);
  return firesBefore ? stepMs(blockMs) / 2 : blockMs / 2 + roundTripMs;
}

function gapAfterMiss({ misses }: HeadPace, blockMs: number): number {
  if (misses === 0) return 0;
  return Math.min(blockMs / 4, stepMs(blockMs) * MISS_GROWTH ** (misses - 1));
}

/** A look showed no block above the known head. */
export function missed(pace: HeadPace, { sentAtMs, doneAtMs }: LookTimes): HeadPace {
  const tookMs = doneAtMs - sentAtMs;
  // Less is believed at once, more only slowly: what is wanted is the way, and not the queue of the source.
  const roundTripMs =
    pace.roundTripMs === 0 || tookMs < pace.roundTripMs ? tookMs : pace.roundTripMs + (tookMs - pace.roundTripMs) / 8;
  return { ...pace, lookedAtMs: sentAtMs, missedAtMs: sentAtMs, misses: pace.misses + 1, roundTripMs };
}

/** A look failed: the head is looked at before anything else, and at once. */
export function unsure(pace: HeadPace): HeadPace {
  return { ...pace, lookedAtMs: null, missedAtMs: null, misses: 0 };
}

/** There is another head: above the known one as a rule, beside or below it after a reorg. */
export function found(pace: HeadPace, seen: FoundHead): HeadPace {
  const { number, timestamp, by, sentAtMs } = seen;
  const blocks = pace.head === null ? 0 : number - pace.head.number;
  const window = windowOf(pace, seen);
  const head = { number, timestamp, atMs: window.arrivedAtMs };
  const lookedAtMs = by === 'push' ? pace.lookedAtMs : sentAtMs;
  // Only a look at the head shows that nothing is above it.
  const missedAtMs = by === 'latest' ? sentAtMs : null;
  const next = { ...pace, head, lookedAtMs, missedAtMs, misses: 0 };
  if (blocks <= 0) return { ...next, heads: [head], expectedAtMs: inPhase(pace, sentAtMs), drift: 0 };
  // After a halt the time since the block before it says nothing, unless that was said of the one before as well.
  const overdue = isOverdue(pace, sentAtMs) && pace.heads.length > 1;
  const heads = keepHeads(head, overdue ? [] : pace.heads);
  const blockMs = measureBlockTime(heads, pace.blockMs);
  return { ...next, heads, blockMs, ...expectAfter({ ...pace, blockMs }, by, blocks, window) };
}

/** Whoever is behind meets every block at once, and takes its own pace for that of the source. */
function isBehind({ drift }: HeadPace): boolean {
  return drift <= -BEHIND_STREAK;
}

function isOverdue({ expectedAtMs, blockMs }: HeadPace, atMs: number): boolean {
  return expectedAtMs !== null && blockMs !== null && atMs > expectedAtMs + OVERDUE_BLOCKS * blockMs;
}

/** The first expected arrival after `atMs`, by the pace so far. */
function inPhase({ expectedAtMs, blockMs }: HeadPace, atMs: number): number | null {
  if (expectedAtMs === null || blockMs === null) return null;
  return expectedAtMs + Math.max(0, Math.ceil((atMs - expectedAtMs) / blockMs)) * blockMs;
}

/** Between which two times the block arrived. */
interface Window {
  /** Null where no look shortly before was in vain. */
  readonly fromMs: number | null;
  readonly toMs: number;
  /** For the block time, over which errors are small; null where no look was in vain. */
  readonly arrivedAtMs: number | null;
}

function windowOf(pace: HeadPace, { by, sentAtMs, doneAtMs }: FoundHead): Window {
  if (by === 'push') {
    const atMs = doneAtMs - pace.roundTripMs;
    return { fromMs: atMs, toMs: atMs, arrivedAtMs: atMs };
  }
  const { missedAtMs, misses, blockMs } = pace;
  const narrowMs = blockMs === null ? 2 * UNKNOWN_MS : Math.max(blockMs / 2, 2 * STEP_MIN_MS);
  const narrow = missedAtMs !== null && sentAtMs - missedAtMs <= narrowMs;
  const arrivedAtMs = missedAtMs !== null && (narrow || misses > 0) ? (missedAtMs + sentAtMs) / 2 : null;
  return { fromMs: narrow ? missedAtMs : null, toMs: sentAtMs, arrivedAtMs };
}

/** A look that was sent in time may meet a block that has just arrived; one that was sent late tells nothing of when. */
function isSentInTime({ expectedAtMs, blockMs }: HeadPace, sentAtMs: number): boolean {
  return expectedAtMs !== null && blockMs !== null && sentAtMs <= expectedAtMs + 2 * stepMs(blockMs);
}

/** When the block after this one is expected, learned from when this one came. */
function expectAfter(
  pace: HeadPace,
  by: FoundHead['by'],
  blocks: number,
  { fromMs, toMs }: Window,
): Pick<HeadPace, 'expectedAtMs' | 'drift'> {
  const { expectedAtMs, blockMs, drift } = pace;
  if (blockMs === null) return { expectedAtMs: null, drift: 0 };
  // Had it come a block time before, the next one would be there as well.
  if (expectedAtMs === null)
    return { expectedAtMs: fromMs === null ? null : Math.max(fromMs, toMs - blockMs) + blockMs, drift: 0 };
  if (blocks > 1) return { expectedAtMs: inPhase(pace, toMs), drift: 0 };
  const step = stepMs(blockMs);
  if (fromMs === null) {
    if (!isSentInTime(pace, toMs)) {
      // The block after it may be there too, unless the head itself was looked at.
      return { expectedAtMs: by === 'next' ? expectedAtMs + blockMs : inPhase(pace, toMs), drift };
    }
    if (isBehind(pace)) return { expectedAtMs: null, drift: 0 };
    const early = Math.min(drift, 0) - 1;
    const backMs = Math.min(blockMs / 8, (step / 8) * 2 ** Math.max(0, -early - EARLY_STREAK));
    return { expectedAtMs: expectedAtMs - backMs + blockMs, drift: early };
  }
  const errorMs = (fromMs + toMs) / 2 - expectedAtMs;
  const late = toMs - fromMs > 2 * step ? Math.max(drift, 0) + 1 : 0;
  if (Math.abs(errorMs) > blockMs / 2 || late >= LATE_STREAK) return { expectedAtMs: fromMs + blockMs, drift: late };
  const lessonMs = Math.min(MAX_LESSON_STEPS * step, Math.max(-MAX_LESSON_STEPS * step, errorMs));
  return { expectedAtMs: expectedAtMs + GAIN * lessonMs + blockMs, drift: late };
}
