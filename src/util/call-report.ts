import type { LockstepError } from './errors.js';

/** One JSON-RPC call that came to an end, each attempt and each element of a batch on its own. */
export interface CallReport {
  readonly method: string;
  /** From send to the last byte of the answer; a call of a batch has its share of the time of the batch. */
  readonly ms: number;
  /** Null: it was answered with a result. */
  readonly error: LockstepError | null;
}

export type OnCall = (report: CallReport) => void;
