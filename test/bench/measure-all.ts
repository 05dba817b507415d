import { type Result, resultTable, writeReport } from './results.js';

export interface Measurement {
  readonly what: string;
  readonly run: () => Promise<readonly Result[]>;
}

export interface Measured {
  readonly results: readonly Result[];
  readonly failed: boolean;
}

/** One after the other. One that fails leaves the figures of the others, which took minutes. */
export async function measureAll(measurements: readonly Measurement[]): Promise<Measured> {
  const results: Result[] = [];
  let failed = false;
  for (const { what, run } of measurements) {
    process.stderr.write(`${what} ...\n`);
    try {
      results.push(...(await run()));
    } catch (error) {
      failed = true;
      process.stderr.write(`${what} failed: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return { results, failed };
}

/** Shows and writes the figures; the exit code is 1 when a gate was missed or a measurement failed. */
export function conclude({ results, failed }: Measured, jsonFile: string | null): number {
  process.stdout.write(`${resultTable(results)}\n`);
  if (jsonFile !== null) writeReport(jsonFile, results);
  return !failed && results.every(({ passed }) => passed) ? 0 : 1;
}
