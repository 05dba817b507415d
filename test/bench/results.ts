import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { median, percentile, spread } from './statistics.js';

export interface Result {
  readonly id: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The value must not be above it; null where nothing is promised. */
  readonly gate: number | null;
  readonly aim: number | null;
  readonly spread: string;
  /** False only when the median and the best sample both miss the gate: one noisy neighbour fails nothing. */
  readonly passed: boolean;
}

export type ResultName = Pick<Result, 'id' | 'name' | 'unit' | 'gate' | 'aim'>;

/** Wall-clock figures and ratios: the median counts. */
export function medianResult(name: ResultName, samples: readonly number[]): Result {
  return toResult(name, median(samples), samples);
}

/** CPU time: whatever adds to it is noise, so the least counts. */
export function leastResult(name: ResultName, samples: readonly number[]): Result {
  return toResult(name, Math.min(...samples), samples);
}

/** A percentile of many samples of one run. */
export function percentileResult(name: ResultName, percent: number, samples: readonly number[]): Result {
  const value = percentile(samples, percent);
  const passed = name.gate === null || value <= name.gate;
  return { ...name, name: `${name.name}, p${percent}`, value, spread: spread(samples), passed };
}

function toResult(name: ResultName, value: number, samples: readonly number[]): Result {
  const passed = name.gate === null || Math.min(value, ...samples) <= name.gate;
  return { ...name, value, spread: spread(samples), passed };
}

function machineFacts(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    // Of the last quarter of an hour: far above 1 the figures are those of a busy machine.
    load: Number((loadavg()[2] ?? 0).toFixed(1)),
  };
}

/** What `--json` writes. */
export interface BenchReport {
  readonly machine: Readonly<Record<string, string | number>>;
  readonly results: readonly Omit<Result, 'passed'>[];
}

export function writeReport(file: string, results: readonly Result[]): void {
  const told = results.map(({ id, name, value, unit, gate, aim, spread: range }) => {
    return { id, name, value: Number(value.toPrecision(5)), unit, gate, aim, spread: range };
  });
  const report: BenchReport = { machine: machineFacts(), results: told };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** One line per result, in columns. */
export function resultTable(results: readonly Result[]): string {
  const header = ['id', 'what', 'value', 'unit', 'gate', 'aim', 'spread (samples)', ''];
  const rows = results.map((result) => [
    result.id,
    result.name,
    result.value.toFixed(3),
    result.unit,
    result.gate === null ? '-' : `<= ${result.gate}`,
    result.aim === null ? '-' : `<= ${result.aim}`,
    result.spread,
    verdict(result),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [header, ...rows].map(line).join('\n');
}

function verdict({ gate, aim, value, passed }: Result): string {
  if (!passed) return 'MISSED';
  if (aim !== null && value <= aim) return 'aim met';
  if (gate === null) return '';
  return value <= gate ? 'ok' : 'ok at best';
}
