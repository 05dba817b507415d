import { LockstepError } from '../../../src/util/errors.js';

/** An invariant of reliability section 4 does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: string;
  readonly what: string;

  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
    this.what = what;
    this.invariant = invariant;
  }
}

/** A fail-stop of the core itself (I24) is a violation like those that the checks find. What else is thrown is thrown again. */
export function asViolation(thrown: unknown): Violation {
  if (thrown instanceof Violation) return thrown;
  if (thrown instanceof LockstepError) return new Violation('I24', thrown.message);
  throw thrown;
}

/** Faults are errors, by the hundred thousand: where each was made costs an eighth of the time and is never read. */
export function withoutStacks<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
