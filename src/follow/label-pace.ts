/** When the safe block of the source is looked at, and what each look teaches. Pure: the clock is an argument. */

/**
 * Safe moves where a block of the L1 brought a batch, so by the clock of the L1 as a rule. Where that is seen, one look
 * shortly after each move shows it sooner than many at any time.
 */
export interface LabelPace {
  readonly lookedAtMs: number | null;
  /** So many looks more are spent on learning when it moves. */
  readonly lessons: number;
  /** The last moves that came between two looks shortly after each other, the newest first. */
  readonly moves: readonly number[];
  /** From move to move; null: not known, or not by the clock. */
  readonly periodMs: number | null;
  readonly expectedAtMs: number;
  /** So many looks in a row, for the move that is expected, were too early. */
  readonly misses: number;
  /** So many moves in a row were there at the first look, and may have come before. */
  readonly early: number;
  /** So many moves in a row did not come. */
  readonly lost: number;
  /** No lessons before this time. */
  readonly learnAgainAtMs: number;
}

/** A look that came to an end, by the time at which it was sent. */
export interface LabelLook {
  readonly atMs: number;
  /** Safe is another block than at the look before. */
  readonly moved: boolean;
}

/** Enough for three moves that are 12 s apart. */
const LESSONS = 48;
/** After lessons in vain, or a pace that did not last so many periods. */
const LEARN_AGAIN_MS = 60 * 60_000;
const LASTING_PERIODS = 30;

export const FIRST_LABEL_PACE: LabelPace = {
  lookedAtMs: null,
  lessons: LESSONS,
  moves: [],
  periodMs: null,
  expectedAtMs: 0,
  misses: 0,
  early: 0,
  lost: 0,
  learnAgainAtMs: 0,
};

const LESSON_MIN_MS = 500;
const LESSON_MAX_MS = 2_000;
/** Moves that come more often are met by looks at any time. */
const PERIOD_MIN_BLOCKS = 2.5;
const PERIOD_MIN_MS = 2_000;
const PERIOD_MAX_MS = 30_000;
const STEPS_PER_PERIOD = 16;
const STEP_MIN_MS = 100;
const STEP_MAX_MS = 750;
const MISSES_MAX = 3;
const LOST_MAX = 4;
const MOVES_KEPT = 9;
/** Of the distance between a move and its expectation so much is learned. */
const GAIN = 0.5;
/** From so many in a row on it is no chance that the first look meets a move. */
const EARLY_STREAK = 4;

/** When the next look is due; null: nothing is known that speaks for any time. */
export function nextLabelLook(pace: LabelPace, blockMs: number | null): number | null {
  const { lookedAtMs, lessons, periodMs, expectedAtMs, misses } = pace;
  if (lookedAtMs === null || blockMs === null) return null;
  if (periodMs === null) return lessons === 0 ? null : lookedAtMs + lessonMs(pace, blockMs);
  return misses === 0 ? expectedAtMs + stepMs(periodMs) / 2 : lookedAtMs + stepMs(periodMs) * misses;
}

export function lookedAtLabels(pace: LabelPace, look: LabelLook, blockMs: number | null): LabelPace {
  const { periodMs, lessons, learnAgainAtMs } = pace;
  const next = { ...pace, lookedAtMs: look.atMs };
  if (pace.lookedAtMs === null || blockMs === null) return next;
  if (periodMs !== null) return look.moved ? met(pace, look, periodMs) : notMet(pace, look, periodMs);
  if (lessons > 0) return learned(pace, look, blockMs);
  return look.moved && look.atMs >= learnAgainAtMs ? { ...next, lessons: LESSONS, moves: [] } : next;
}

function stepMs(periodMs: number): number {
  return Math.min(STEP_MAX_MS, Math.max(STEP_MIN_MS, periodMs / STEPS_PER_PERIOD));
}

function lessonMs({ moves: [newest, before] }: LabelPace, blockMs: number): number {
  const known = newest === undefined || before === undefined ? 0 : (newest - before) / 8;
  return Math.max(known, Math.min(LESSON_MAX_MS, Math.max(LESSON_MIN_MS, blockMs / 2)));
}

/** Between the look before and this one; null where too much time lies between them to tell when. */
function momentOf({ lookedAtMs }: LabelPace, { atMs }: LabelLook, withinMs: number): number | null {
  return lookedAtMs === null || atMs - lookedAtMs > withinMs ? null : (lookedAtMs + atMs) / 2;
}

function learned(pace: LabelPace, look: LabelLook, blockMs: number): LabelPace {
  const lessons = pace.lessons - 1;
  const learnAgainAtMs = lessons === 0 ? look.atMs + LEARN_AGAIN_MS : pace.learnAgainAtMs;
  const next = { ...pace, lookedAtMs: look.atMs, lessons, learnAgainAtMs };
  if (!look.moved) return next;
  const withinMs = 2 * lessonMs(pace, blockMs);
  const moment = momentOf(pace, look, withinMs);
  if (moment === null) return { ...next, moves: [] };
  const moves = [moment, ...pace.moves].slice(0, 3);
  const periodMs = periodOf(moves, withinMs);
  if (periodMs === null || periodMs > PERIOD_MAX_MS) return { ...next, moves };
  if (periodMs < Math.max(PERIOD_MIN_MS, PERIOD_MIN_BLOCKS * blockMs)) {
    return { ...next, lessons: 0, learnAgainAtMs: look.atMs + LEARN_AGAIN_MS, moves: [] };
  }
  const expectedAtMs = moment + periodMs;
  // Should the moves lose a pace that lasted, it is learned again at once.
  const lastsAtMs = look.atMs + LASTING_PERIODS * periodMs;
  return { ...next, lessons: 0, learnAgainAtMs: lastsAtMs, moves, periodMs, expectedAtMs };
}

/** Of three moves at equal distances. */
function periodOf([newest, middle, oldest]: readonly number[], toleranceMs: number): number | null {
  if (newest === undefined || middle === undefined || oldest === undefined) return null;
  if (Math.abs(newest - middle - (middle - oldest)) > toleranceMs) return null;
  return (newest - oldest) / 2;
}

/** The move that was expected is there. */
function met(pace: LabelPace, look: LabelLook, periodMs: number): LabelPace {
  const { expectedAtMs, misses, early } = pace;
  const next = { ...pace, lookedAtMs: look.atMs, misses: 0, lost: 0 };
  // Nothing was looked at for a while, as in a catch-up.
  if (look.atMs > expectedAtMs + periodMs / 2)
    return { ...next, expectedAtMs: after(look.atMs, expectedAtMs, periodMs) };
  const moment = misses === 0 ? null : momentOf(pace, look, MISSES_MAX * stepMs(periodMs));
  if (moment === null) {
    const backMs = Math.min(periodMs / 8, (stepMs(periodMs) / 4) * 2 ** Math.max(0, early + 1 - EARLY_STREAK));
    return { ...next, expectedAtMs: after(look.atMs, expectedAtMs - backMs, periodMs), early: early + 1 };
  }
  const moves = [moment, ...pace.moves].slice(0, MOVES_KEPT);
  const learnedMs = measured(moves, periodMs);
  const at = expectedAtMs + GAIN * (moment - expectedAtMs);
  return { ...next, moves, periodMs: learnedMs, expectedAtMs: after(look.atMs, at, learnedMs), early: 0 };
}

/** It is not there: it is looked for again soon, and after that the next one is waited for. */
function notMet(pace: LabelPace, look: LabelLook, periodMs: number): LabelPace {
  const misses = pace.misses + 1;
  const next = { ...pace, lookedAtMs: look.atMs, misses };
  if (misses < MISSES_MAX) return next;
  const lost = pace.lost + 1;
  if (lost >= LOST_MAX) {
    const learnAgainAtMs = look.atMs < pace.learnAgainAtMs ? look.atMs + LEARN_AGAIN_MS : look.atMs;
    return { ...next, misses: 0, lost: 0, early: 0, moves: [], periodMs: null, learnAgainAtMs };
  }
  return { ...next, misses: 0, lost, expectedAtMs: after(look.atMs, pace.expectedAtMs, periodMs) };
}

/** The first time after `atMs` at which a move is expected where one was at `moment`. */
function after(atMs: number, moment: number, periodMs: number): number {
  return moment + Math.max(1, Math.ceil((atMs - moment) / periodMs)) * periodMs;
}

/** The period over all moves that are remembered, some of which may lie several periods apart. */
function measured(moves: readonly number[], periodMs: number): number {
  const [newest, oldest] = [moves[0], moves.at(-1)];
  if (newest === undefined || oldest === undefined) return periodMs;
  const periods = Math.round((newest - oldest) / periodMs);
  return periods === 0 ? periodMs : (newest - oldest) / periods;
}
