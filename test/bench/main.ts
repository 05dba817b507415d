import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench } from './bench.js';
import { Children } from './children.js';
import { measureSourceCalls } from './measure-calls.js';
import { measureCatchUp, measureFarCatchUp } from './measure-catch-up.js';
import { measureJsonCpu, measureRawCpu, measureUnit } from './measure-cpu.js';
import { measurePolledHead, measurePushedHead } from './measure-head.js';
import { measureLoop } from './measure-loop.js';
import { measureMemory, measureWindow } from './measure-memory.js';
import { measureRecovery } from './measure-recovery.js';
import { measureStart } from './measure-start.js';
import { type Result, resultTable, writeReport } from './results.js';

const MEASUREMENTS: Readonly<Record<string, (bench: Bench) => Promise<Result[]>>> = {
  U: measureUnit,
  B1: measureCatchUp,
  B1b: measureFarCatchUp,
  B2: measureRawCpu,
  B2b: measureJsonCpu,
  B3: measureSourceCalls,
  B4: measurePushedHead,
  B4b: measurePolledHead,
  B5: measureRecovery,
  B6: measureMemory,
  B7: measureWindow,
  B8: measureStart,
  B9: measureLoop,
};

const USAGE = `usage: npm run bench -- [--quick] [--only ${Object.keys(MEASUREMENTS).join(',')}] [--json FILE] [--cpu-prof FOLDER]\n`;

interface Choice {
  readonly ids: readonly string[];
  readonly quick: boolean;
  readonly jsonFile: string | null;
  readonly profileFolder: string | null;
}

/** Null when the arguments make no sense. */
function readArguments(): Choice | null {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        json: { type: 'string' },
        'cpu-prof': { type: 'string' },
      },
    });
    const ids = values.only?.split(',') ?? Object.keys(MEASUREMENTS);
    if (ids.some((id) => !(id in MEASUREMENTS))) return null;
    const profileFolder = values['cpu-prof'] === undefined ? null : resolve(values['cpu-prof']);
    return { ids, quick: values.quick === true, jsonFile: values.json ?? null, profileFolder };
  } catch {
    return null;
  }
}

/** Resolves to the exit code: 1 when a gate was missed. */
async function main(): Promise<number> {
  const choice = readArguments();
  if (choice === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  const children = new Children(choice.profileFolder);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  try {
    const bench = await Bench.start(children, choice.quick);
    const results: Result[] = [];
    let failed = false;
    for (const id of choice.ids) {
      process.stderr.write(`${id} ...\n`);
      try {
        results.push(...((await MEASUREMENTS[id]?.(bench)) ?? []));
      } catch (error) {
        // The figures of the others took minutes and are still worth something.
        failed = true;
        process.stderr.write(`${id} failed: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
    process.stdout.write(`${resultTable(results)}\n`);
    if (choice.jsonFile !== null) writeReport(choice.jsonFile, results);
    return !failed && results.every(({ passed }) => passed) ? 0 : 1;
  } finally {
    await children.endAll();
  }
}

process.exitCode = await main();
