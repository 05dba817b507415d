import { endRun } from './results.js';
import { SCENARIOS } from './scenarios.js';
import { renderTable } from './table.js';

/** Prints the matrix behind the results of the test files. */
export default class MatrixReporter {
  onRunComplete(): void {
    const columns = endRun();
    const titles = SCENARIOS.map(({ title }) => title);
    if (columns.length > 0) process.stdout.write(`\n${renderTable(columns, titles)}\n`);
  }
}
