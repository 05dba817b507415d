import type { Rung, RungPolicy } from '../recovery/ladder.js';

/** What the operator wants done about a divergence. */
export interface RecoveryPolicy extends RungPolicy {
  /** alert: the way back is looked for and told, and not taken. off: not even looked for. */
  readonly mode: 'auto' | 'alert' | 'off';
  /** A divergence deeper than this is left to a person, in blocks. */
  readonly maxDepth: number;
  /** The pause after the move to another branch; it doubles while they follow each other closely. */
  readonly cooldownMs: number;
  readonly haltOnFinalizedDivergence: boolean;
  readonly haltOnUnrecoverable: boolean;
}

/** The defaults of the options. */
export const DEFAULT_RECOVERY_POLICY: RecoveryPolicy = {
  mode: 'auto',
  reset: 'auto',
  synthetic: true,
  maxDepth: 50_000,
  cooldownMs: 30_000,
  haltOnFinalizedDivergence: false,
  haltOnUnrecoverable: false,
};

/** A rung that did not get the EL onto the plan, and what the EL answered. */
export interface TriedRung {
  readonly rung: Rung;
  readonly answer: string;
}

/** How recoveries follow each other (reliability L5). */
export interface Pace {
  /** Plans made so far. */
  readonly plans: number;
  /** The last plan by which the EL was moved, or may have been. */
  readonly movedBy: number | null;
  /** No new plan before this time. */
  readonly notBefore: number;
  readonly pauseMs: number;
}

export const FIRST_PACE: Pace = { plans: 0, movedBy: null, notBefore: 0, pauseMs: 0 };

/** Moves of the EL's head that nothing here asked for (reliability E18). */
export interface ForeignMoves {
  readonly count: number;
  readonly lastAt: number;
}

export const NO_FOREIGN_MOVES: ForeignMoves = { count: 0, lastAt: 0 };
