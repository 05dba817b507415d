import { parseArgs } from 'node:util';
import { milliseconds } from '../../../devnet/flags.js';
import { Children } from '../children.js';
import { conclude, measureAll } from '../measure-all.js';
import type { Result } from '../results.js';
import { measureRest, type Way, WAYS } from './measure-rest.js';

const USAGE = `usage: npm run bench:rest -- [--for 10m] [--heads ${WAYS.join(',')}] [--json FILE]
  lockstep at the head of an OP Stack devnet with one block per second.
  --heads   where it has the heads from: newHeads of the source (the default), a look at the source, or op-node
`;

interface Choice {
  readonly durationMs: number;
  readonly ways: readonly Way[];
  readonly jsonFile: string | null;
}

/** Null when the arguments make no sense. */
function readArguments(): Choice | null {
  try {
    const { values } = parseArgs({
      options: {
        for: { type: 'string', default: '10m' },
        heads: { type: 'string', default: 'pushed' },
        json: { type: 'string' },
      },
    });
    const asked = values.heads.split(',');
    const ways = WAYS.filter((way) => asked.includes(way));
    if (ways.length !== asked.length) return null;
    return { durationMs: milliseconds(values.for), ways, jsonFile: values.json ?? null };
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
  const children = new Children();
  try {
    const { ways, durationMs, jsonFile } = choice;
    const run = (): Promise<Result[]> => measureRest(children, ways, durationMs);
    return conclude(await measureAll([{ what: 'B10', run }]), jsonFile);
  } finally {
    await children.endAll();
  }
}

process.exitCode = await main();
