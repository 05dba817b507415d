import { parseArgs } from 'node:util';
import { table } from '../../../devnet/view/table.js';
import { crashTable, totals, type Crash } from './crash.js';
import { KillSeries, type KilledKind } from './kill-series.js';

const KINDS: readonly KilledKind[] = ['geth', 'op-geth'];
const USAGE = `usage: npm run kills -- [--el ${KINDS.join(',')}] [--kills 20] [--young 5] [--seed S]
  --kills   SIGKILLs of an EL that was stopped cleanly at least once
  --young   SIGKILLs of ELs that never were, each on a database of its own
`;

interface Choice {
  readonly kinds: readonly KilledKind[];
  readonly kills: number;
  readonly young: number;
  readonly seed: string;
}

/** Null when the arguments make no sense. */
function readArguments(): Choice | null {
  try {
    const { values } = parseArgs({
      options: {
        el: { type: 'string', default: KINDS.join(',') },
        kills: { type: 'string', default: '20' },
        young: { type: 'string', default: '5' },
        seed: { type: 'string', default: String(Date.now()) },
      },
    });
    const kinds = KINDS.filter((kind) => values.el.split(',').includes(kind));
    const [kills, young] = [Number(values.kills), Number(values.young)];
    const sound = kinds.length === values.el.split(',').length && [kills, young].every((count) => count >= 0);
    return sound ? { kinds, kills, young, seed: values.seed } : null;
  } catch {
    return null;
  }
}

type Named = readonly [name: string, crash: Crash];

async function series(kind: KilledKind, { kills, seed }: Choice): Promise<readonly Named[]> {
  const crashes: Named[] = [];
  if (kills === 0) return crashes;
  const running = await KillSeries.start(kind, `${seed}/${kind}`, true);
  try {
    for (let number = 1; number <= kills; number++) crashes.push(told([`${kind} ${number}`, await running.kill()]));
  } finally {
    await running.close();
  }
  return crashes;
}

async function young(kind: KilledKind, choice: Choice): Promise<readonly Named[]> {
  const crashes: Named[] = [];
  for (let number = 1; number <= choice.young; number++) {
    const running = await KillSeries.start(kind, `${choice.seed}/${kind}/young ${number}`, false);
    try {
      crashes.push(told([`${kind}, never stopped cleanly ${number}`, await running.kill()]));
    } finally {
      await running.close();
    }
  }
  return crashes;
}

/** Says at once how it went, as the whole run takes many minutes. */
function told(named: Named): Named {
  process.stderr.write(`${table(crashTable([named]).slice(1))}\n`);
  return named;
}

/** Resolves to the exit code: 1 when an EL that was stopped cleanly once did not heal. */
async function main(): Promise<number> {
  const choice = readArguments();
  if (choice === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  process.stdout.write(`seed ${choice.seed}\n`);
  let healed = true;
  for (const kind of choice.kinds) {
    const old = await series(kind, choice);
    const fresh = await young(kind, choice);
    process.stdout.write(`\n${table(crashTable([...old, ...fresh]))}\n`);
    for (const [name, crashes] of [
      [kind, old],
      [`${kind}, never stopped cleanly`, fresh],
    ] as const) {
      if (crashes.length > 0) process.stdout.write(`${name}: ${totals(crashes.map(([, crash]) => crash))}\n`);
    }
    healed &&= old.every(([, { healMs }]) => healMs !== null);
  }
  return healed ? 0 : 1;
}

process.exitCode = await main();
