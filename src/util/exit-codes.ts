/**
 * retry: the cause is expected to pass, the next tick tries again. hold: stay up, change nothing in the EL, keep
 * looking. halt: stop the process with the exit code.
 */
export type Severity = 'retry' | 'hold' | 'halt';

/** Exit codes are an interface (reference: sysexits where one fits). A supervisor must not restart on 2, 76, 77, 78, 80, 81. */
export const EXIT = {
  clean: 0,
  usage: 2,
  notReady: 3,
  unavailable: 69,
  internal: 70,
  watchdog: 75,
  identity: 76,
  auth: 77,
  config: 78,
  finalizedDivergence: 80,
  unrecoverable: 81,
  forced: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CodeEntry {
  readonly severity: Severity;
  /** The exit code when this error ends the process (at boot, or at any time for severity halt). */
  readonly exit: ExitCode;
  /** What happened, for the table in docs/errors.md and as the start of the message. */
  readonly meaning: string;
  /** What the operator can do. */
  readonly fix: string;
}
