import { expect } from '@jest/globals';
import type { ErrorCode } from '../../src/util/error-codes.js';
import { LockstepError } from '../../src/util/errors.js';

/** Runs what has to be refused, and returns the refusal. Anything that is not a LockstepError is a failure. */
export function refusalOf(run: () => unknown): LockstepError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof LockstepError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

export function expectRefusal(run: () => unknown, code: ErrorCode): LockstepError {
  const refusal = refusalOf(run);
  expect(refusal.code).toBe(code);
  return refusal;
}
