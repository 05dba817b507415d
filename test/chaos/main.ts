import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { EL_KINDS, type ElKind } from '../../devnet/els/el.js';
import { milliseconds } from '../../devnet/flags.js';
import { DEVNETS_DIR } from '../../devnet/stack/state-file.js';
import { table } from '../../devnet/view/table.js';
import { runSchedule, type ChaosResult } from './run-schedule.js';

const USAGE = `usage: npm run chaos -- [--el ${EL_KINDS.join('|')}] [--schedules 1] [--seconds 30] [--seed S]
  Schedule N of seed S is schedule 1 of seed S+N-1.
`;

interface Choice {
  readonly kind: ElKind;
  readonly schedules: number;
  readonly lengthMs: number;
  readonly seed: number;
}

/** Null when the arguments make no sense. */
function readArguments(): Choice | null {
  try {
    const { values } = parseArgs({
      options: {
        el: { type: 'string', default: 'ethereumjs' },
        schedules: { type: 'string', default: '1' },
        seconds: { type: 'string', default: '30' },
        seed: { type: 'string', default: String(Math.floor(Date.now() / 1_000)) },
      },
    });
    const kind = EL_KINDS.find((known) => known === values.el);
    const [schedules, seed] = [Number(values.schedules), Number(values.seed)];
    const sound = Number.isInteger(schedules) && schedules > 0 && Number.isInteger(seed);
    if (kind === undefined || !sound) return null;
    return { kind, schedules, lengthMs: milliseconds(`${values.seconds}s`), seed };
  } catch {
    return null;
  }
}

/** Resolves to the exit code: 1 when any schedule broke a rule or did not converge. */
async function main(): Promise<number> {
  const choice = readArguments();
  if (choice === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { kind, schedules, lengthMs } = choice;
  const evidenceDir = join(DEVNETS_DIR, 'evidence', 'chaos');
  const results: ChaosResult[] = [];
  for (let index = 0; index < schedules; index++) {
    const seed = String(choice.seed + index);
    const result = await runSchedule({ kind, seed, lengthMs, evidenceDir });
    results.push(result);
    const outcome =
      result.convergedMs === null ? 'NOT CONVERGED' : `converged in ${(result.convergedMs / 1_000).toFixed(1)} s`;
    const incidents = [...result.counts.values()].reduce((sum, count) => sum + count, 0);
    process.stdout.write(`${kind} seed ${seed}: ${incidents} incidents, ${result.blocks} blocks, ${outcome}\n`);
    for (const fault of result.faults) process.stdout.write(`  ${fault}\n`);
  }
  process.stdout.write(`${table(totals(results))}\n`);
  const failed = results.filter(({ faults }) => faults.length > 0).length;
  process.stdout.write(
    `${schedules} schedules on ${kind}, ${failed} failed${failed > 0 ? `; evidence in ${evidenceDir}` : ''}\n`,
  );
  return failed === 0 ? 0 : 1;
}

function totals(results: readonly ChaosResult[]): readonly (readonly string[])[] {
  const sums = new Map<string, number>();
  for (const { counts } of results) {
    for (const [kind, count] of counts) sums.set(kind, (sums.get(kind) ?? 0) + count);
  }
  return [...sums].sort(([a], [b]) => a.localeCompare(b)).map(([kind, count]) => [kind, String(count)]);
}

// Left to end by itself, Node 20 was seen to spin in the clean-up of its handles after so many processes and sockets.
process.exit(await main());
