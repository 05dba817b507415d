import { mergedTable, writePage } from './page.js';
import { lastRun } from './results.js';
import { SCENARIOS } from './scenarios.js';

/** Brings docs/engines.md up to date: its profiles, and with `--matrix` also the table, from the last run. */
if (!process.argv.includes('--matrix')) writePage();
else {
  const titles = SCENARIOS.map(({ title }) => title);
  const ran = lastRun();
  for (const { kind, cells } of ran) {
    const missing = titles.filter((title) => cells[title] === undefined);
    if (missing.length > 0) throw new Error(`the last run of ${kind} failed: ${missing.join('; ')}`);
  }
  writePage(mergedTable(ran, titles));
}
