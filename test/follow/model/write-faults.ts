import type { EngineAnswer } from '../../../src/engine/engine.js';
import { LockstepError } from '../../../src/util/errors.js';

/** What can become of one call to the EL. `done` and `lost`: the caller does not learn which of the two it was. */
export const WRITE_FAULTS = [
  'none',
  'timeout, done',
  'timeout, lost',
  'timeout, late',
  'cut, done',
  'cut, EL dies',
  'refused',
  'rejected',
] as const;
export type WriteFault = (typeof WRITE_FAULTS)[number];

/** What can become of a batch of payloads. `refused midway`: for a block that the EL takes alone (ethrex#6464). */
export const BATCH_FAULTS = [
  'timeout, done',
  'cut midway',
  'cut, EL dies',
  'refused',
  'rejected',
  'refused midway',
] as const;
type BatchFault = (typeof BATCH_FAULTS)[number];

export const REFUSED_IN_A_BATCH: EngineAnswer = {
  status: 'INVALID',
  latestValidHash: null,
  reason: 'refused in a batch',
  verdictOn: 'block',
};

/** How many of `sent` blocks the EL carries out. */
export function doneOf(fault: BatchFault | 'none', sent: number): number {
  if (fault === 'none' || fault === 'timeout, done') return sent;
  return fault === 'cut midway' || fault === 'refused midway' ? 1 : 0;
}

/** What the client is told of a batch that failed as a whole. */
export function failureOf(fault: Exclude<BatchFault, 'refused midway'>): EngineAnswer {
  switch (fault) {
    case 'rejected':
      return { status: 'REJECTED', code: -32600, reason: 'batch too large' };
    case 'refused':
      return { status: 'UNSENT', error: new LockstepError('ENGINE_OVERSIZE') };
    case 'timeout, done':
      return { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') };
    case 'cut midway':
    case 'cut, EL dies':
      return { status: 'UNKNOWN', error: new LockstepError('ENGINE_UNREACHABLE') };
  }
}

/** An answer of the EL to a batch, and none of the way to it. */
const REFUSALS: readonly EngineAnswer['status'][] = ['INVALID', 'SYNCING', 'ACCEPTED', 'REJECTED'];

export function leavesDoubt(answers: readonly EngineAnswer[]): boolean {
  return answers.some(({ status }) => REFUSALS.includes(status));
}
