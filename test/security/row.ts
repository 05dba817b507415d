import type { Evidence } from '../faults/row.js';

/** One threat: what lockstep does about it, and which tests show that. */
export interface ThreatRow {
  readonly id: string;
  readonly threat: string;
  readonly mitigation: string;
  readonly shown: readonly [Evidence, ...Evidence[]];
  /** What one may expect here and does not find, and why. */
  readonly without?: string;
}
