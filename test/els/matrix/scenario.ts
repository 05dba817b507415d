import type { Column } from './column.js';

/** One row of the matrix. The rows run in their order on one EL. */
export interface Scenario {
  readonly title: string;
  /** lockstep is stopped while it runs; else lockstep is up, and both sides are equal. */
  readonly alone?: true;
  /** Throws where lockstep breaks a promise; what it returns is what this EL was seen to do. */
  run(column: Column): Promise<string>;
}

/** A cell of what was seen, without anything that differs from run to run. */
export function seen(...facts: readonly string[]): string {
  return ['✔', facts.join('; ')].join(' ').trim();
}
