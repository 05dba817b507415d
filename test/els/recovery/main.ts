import { parseArgs } from 'node:util';
import { isAtHand, type ElKind } from '../../../devnet/els/el.js';
import { table } from '../../../devnet/view/table.js';
import { caseName, maxSearchCalls, type RecoveryCase, type SourceStand } from './case.js';
import { Patient } from './patient.js';

const KINDS: readonly ElKind[] = ['geth', 'reth', 'op-geth', 'op-reth'];
const DEPTHS = [1, 5, 31, 32, 33, 100, 127, 129, 1_000];
const STANDS: readonly SourceStand[] = ['ahead', 'at ancestor', 'falls back'];
const USAGE = `usage: npm run recovery:els -- [--el ${KINDS.join(',')}] [--depths ${DEPTHS.join(',')}]\n`;

/** Below its window op-geth goes back by debug_setHead alone, which it serves only when it is told to. */
const WITHOUT_DEBUG = ['--http.api', 'eth,net,web3'];
const BELOW_WINDOW = 129;

const FAILED = 'FAILED';

interface Choice {
  readonly kinds: readonly ElKind[];
  readonly depths: readonly number[];
}

function readArguments(): Choice | null {
  try {
    const { values } = parseArgs({ options: { el: { type: 'string' }, depths: { type: 'string' } } });
    const kinds = KINDS.filter((kind) => values.el?.split(',').includes(kind) ?? true);
    const depths = values.depths?.split(',').map(Number) ?? DEPTHS;
    const sound = kinds.length > 0 && depths.every((depth) => Number.isInteger(depth) && depth > 0);
    return sound ? { kinds, depths } : null;
  } catch {
    return null;
  }
}

type Row = readonly string[];

/** Every case on one EL, from the shallow ones to the deep ones. One that failed, or is spoiled, is replaced by another. */
async function column(kind: ElKind, depths: readonly number[]): Promise<readonly Row[]> {
  let patient = await Patient.start(kind);
  try {
    const rows: Row[] = [];
    for (const given of depths.flatMap((depth) => casesAt(kind, depth))) {
      const made = await row(patient, given);
      rows.push(made);
      if (!made.includes(FAILED) && !spoils(kind, given)) continue;
      await patient.close();
      patient = await Patient.start(kind);
    }
    return rows;
  } finally {
    await patient.close();
  }
}

/** So many blocks above a fork are all that geth keeps of their states in layers. */
const GETH_LAYERS = 128;

/**
 * Whether geth 1.17.7 stands on a branch above a fork that it put to disk while it stood on the other one, of exactly so
 * many blocks: it cannot store the state of any block 128 above that fork, until it is restarted (layertree.go, cap).
 */
function spoils(kind: ElKind, { depth, executed }: RecoveryCase): boolean {
  return kind === 'geth' && executed && depth + 1 === GETH_LAYERS;
}

function casesAt(kind: ElKind, depth: number): readonly RecoveryCase[] {
  const plain: RecoveryCase = { depth, source: 'ahead', labels: 'below ancestor', executed: false };
  const cases = STANDS.map((source): RecoveryCase => ({ ...plain, source }));
  cases.push({ ...plain, labels: 'branch' });
  // Deeper than that op-geth has no state to build a branch on, and reth takes minutes to make one its head.
  if (depth < BELOW_WINDOW || (kind !== 'op-geth' && depth === BELOW_WINDOW)) cases.push({ ...plain, executed: true });
  return cases;
}

async function row(patient: Patient, given: RecoveryCase): Promise<Row> {
  const name = caseName(given);
  try {
    const { rungs, ms, searchCalls, searches } = await patient.recover(given);
    const allowed = searches * maxSearchCalls(given.depth);
    const note = searchCalls > allowed ? `TOO MANY CALLS (${allowed})` : '';
    const calls = searches === 1 ? String(searchCalls) : `${searchCalls} in ${searches} searches`;
    return told([patient.kind, name, rungs.join(', '), `${(ms / 1_000).toFixed(1)} s`, calls, note]);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return told([patient.kind, name, '', '', '', FAILED]);
  }
}

async function helpless(): Promise<Row> {
  const patient = await Patient.start('op-geth', WITHOUT_DEBUG);
  try {
    const { reason, advice } = await patient.holdReason({ depth: BELOW_WINDOW, finalized: false });
    return told(['op-geth', 'depth 129, no debug in --http.api', `holds: ${String(reason)}`, '', '', String(advice)]);
  } finally {
    await patient.close();
  }
}

function told(row: Row): Row {
  process.stderr.write(`${row.join('  ')}\n`);
  return row;
}

/** Resolves to the exit code: 1 when anything is not as it should be. */
async function main(): Promise<number> {
  const choice = readArguments();
  if (choice === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  const rows: Row[] = [];
  for (const kind of choice.kinds) {
    if (await isAtHand(kind)) rows.push(...(await column(kind, choice.depths)));
    else process.stderr.write(`${kind}: not run, there is no binary of it\n`);
  }
  if (choice.kinds.includes('op-geth') && choice.depths.includes(BELOW_WINDOW)) rows.push(await helpless());
  process.stdout.write(`${table([['EL', 'case', 'way', 'time', 'search calls', ''], ...rows])}\n`);
  return rows.every(([, , , , , note]) => note !== FAILED && note?.startsWith('TOO') !== true) ? 0 : 1;
}

process.exitCode = await main();
