import { endRun } from './results.js';
import { SCENARIOS } from './scenarios.js';
import { renderTable } from './table.js';

/** Prints the matrix behind everything else. */
export default function printMatrix(): void {
  const columns = endRun();
  const titles = SCENARIOS.map(({ title }) => title);
  if (columns.length > 0) process.stdout.write(`\n${renderTable(columns, titles)}\n`);
}
