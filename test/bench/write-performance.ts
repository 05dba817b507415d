import { readFileSync, writeFileSync } from 'node:fs';
import { figuresChart, withFigures } from './performance-page.js';
import type { BenchReport } from './results.js';

/** Brings docs/performance.md and its chart up to date; reports named as arguments become its figures first. */
const FIGURES = 'docs/performance.json';
const PAGE = 'docs/performance.md';

function readReport(file: string): BenchReport {
  return JSON.parse(readFileSync(file, 'utf8')) as BenchReport;
}

/** The figures of all reports, in their order; the machine of the first. */
function merged(reports: readonly BenchReport[]): BenchReport {
  const [first] = reports;
  if (first === undefined) return readReport(FIGURES);
  return { machine: first.machine, results: reports.flatMap(({ results }) => results) };
}

const report = merged(process.argv.slice(2).map(readReport));
writeFileSync(FIGURES, `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(PAGE, withFigures(readFileSync(PAGE, 'utf8'), report));
writeFileSync('docs/performance.svg', figuresChart(report));
