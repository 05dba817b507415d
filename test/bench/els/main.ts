import { parseArgs } from 'node:util';
import { EL_KINDS, isAtHand, type ElKind } from '../../../devnet/els/el.js';
import { Children } from '../children.js';
import { conclude, measureAll, type Measurement } from '../measure-all.js';
import { measureBetweenEls, measureEl, SHAPES, type ShapeName } from './measure-els.js';

const KINDS = EL_KINDS.filter((kind) => kind !== 'ethereumjs');
const SHAPE_NAMES = Object.keys(SHAPES) as ShapeName[];

const USAGE = `usage: npm run bench:el -- [--el ${KINDS.join(',')}] [--blocks ${SHAPE_NAMES.join(',')},rpc] [--pairs 5] [--json FILE]
  Catch-ups of real execution clients: the serial floor, lockstep, prepared batches, a sequential and a naive follower
  in turns.
  reth and op-reth take part where there is a binary (LOCKSTEP_RETH, LOCKSTEP_OP_RETH, or on PATH).
`;

interface Choice {
  readonly kinds: readonly ElKind[];
  readonly shapes: readonly ShapeName[];
  readonly betweenEls: boolean;
  readonly pairs: number;
  readonly jsonFile: string | null;
}

/** Null when the arguments make no sense. */
function readArguments(): Choice | null {
  try {
    const { values } = parseArgs({
      options: {
        el: { type: 'string', default: KINDS.join(',') },
        blocks: { type: 'string', default: [...SHAPE_NAMES, 'rpc'].join(',') },
        pairs: { type: 'string', default: '5' },
        json: { type: 'string' },
      },
    });
    const [els, blocks] = [values.el.split(','), values.blocks.split(',')];
    const kinds = KINDS.filter((kind) => els.includes(kind));
    const shapes = SHAPE_NAMES.filter((shape) => blocks.includes(shape));
    const betweenEls = blocks.includes('rpc') && kinds.includes('op-geth');
    const pairs = Number(values.pairs);
    const known = kinds.length === els.length && shapes.length + Number(blocks.includes('rpc')) === blocks.length;
    if (!known || !Number.isInteger(pairs) || pairs < 1) return null;
    return { kinds, shapes, betweenEls, pairs, jsonFile: values.json ?? null };
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
  const { kinds, shapes, betweenEls, pairs, jsonFile } = choice;
  const children = new Children();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const measurements: Measurement[] = [];
  for (const kind of kinds) {
    if (!(await isAtHand(kind))) process.stderr.write(`${kind}: not measured, there is no binary of it\n`);
    else {
      for (const shape of shapes) {
        measurements.push({ what: `${kind} ${shape}`, run: () => measureEl(children, kind, shape, pairs) });
      }
    }
  }
  if (betweenEls) measurements.push({ what: 'op-geth rpc', run: () => measureBetweenEls(children, pairs) });
  try {
    return conclude(await measureAll(measurements), jsonFile);
  } finally {
    await children.endAll();
  }
}

process.exitCode = await main();
