import type { Column } from './column.js';

/**
 * One row of the matrix. The rows run in their order on one EL; each leaves lockstep following it, so that the next can
 * begin there.
 */
export interface Scenario {
  readonly title: string;
  /** Throws where lockstep breaks a promise; what it returns is what this EL was seen to do. */
  run(column: Column): Promise<string>;
}

export const OK = '✔';

/** A cell of what was seen, without anything that differs from run to run. */
export function seen(...facts: readonly string[]): string {
  return [OK, facts.join('; ')].join(' ').trim();
}
