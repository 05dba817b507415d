import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench } from './bench.js';
import { Children } from './children.js';
import { measureSourceCalls } from './measure-calls.js';
import { measureCatchUp, measureFarCatchUp } from './measure-catch-up.js';
import { measureJsonCpu, measureRawCpu, measureUnit } from './measure-cpu.js';
import { measurePolledHead, measurePushedHead } from './measure-head.js';
import { measureLoad } from './measure-load.js';
import { measureLoop } from './measure-loop.js';
import { measureMemory, measureWindow } from './measure-memory.js';
import { measureRecovery } from './measure-recovery.js';
import { measureStart } from './measure-start.js';
import { conclude, measureAll } from './measure-all.js';
import type { Result } from './results.js';

const MEASUREMENTS: readonly { readonly id: string; readonly measure: (bench: Bench) => Promise<Result[]> }[] = [
  { id: 'U', measure: measureUnit },
  { id: 'B1', measure: measureCatchUp },
  { id: 'B1b', measure: measureFarCatchUp },
  { id: 'B2', measure: measureRawCpu },
  { id: 'B2b', measure: measureJsonCpu },
  { id: 'B3', measure: measureSourceCalls },
  { id: 'B4', measure: measurePushedHead },
  { id: 'B4b', measure: measurePolledHead },
  { id: 'B5', measure: measureRecovery },
  { id: 'B6', measure: measureMemory },
  { id: 'B7', measure: measureWindow },
  { id: 'B8', measure: measureStart },
  { id: 'B9', measure: measureLoop },
  { id: 'B11', measure: measureLoad },
];

const IDS = MEASUREMENTS.map(({ id }) => id);

const USAGE = `usage: npm run bench -- [--quick] [--only ${IDS.join(',')}] [--json FILE] [--cpu-prof FOLDER]\n`;

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
    const ids = values.only?.split(',') ?? IDS;
    if (ids.some((id) => !IDS.includes(id))) return null;
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
    const chosen = MEASUREMENTS.filter(({ id }) => choice.ids.includes(id));
    const measurements = chosen.map(({ id, measure }) => ({ what: id, run: () => measure(bench) }));
    return conclude(await measureAll(measurements), choice.jsonFile);
  } finally {
    await children.endAll();
  }
}

process.exitCode = await main();
