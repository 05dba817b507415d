import type { BlockRef, Heads } from '../../src/chain/block.js';
import { shortHash } from '../../src/util/hex.js';
import { LABELS, verdict, type Snapshot } from './snapshot.js';

const LABEL_CHARS = 11;
const SIDE_CHARS = 24;

/** The table for a terminal, one string per line. */
export function renderTable(snapshot: Snapshot): readonly string[] {
  const { source, local, sourceRate, localRate, lockstep } = snapshot;
  const rate = (blocksPerSecond: number): string => blocksPerSecond.toFixed(1);
  return [
    row('', 'source', 'local', 'lag'),
    ...LABELS.map((label) => {
      const here = local?.[label] ?? null;
      return row(label, refText(source[label]), refText(here), lagText(source[label], here));
    }),
    row('blocks/s', rate(sourceRate), rate(localRate), ''),
    '',
    `${verdict(snapshot)}; lockstep is ${lockstep}`,
  ];
}

/** The same for a log file, as one line. */
export function renderLine(snapshot: Snapshot): string {
  const { source, local, localRate } = snapshot;
  const lag = lagText(source.unsafe, local?.unsafe ?? null);
  return `source ${headsText(source)} | local ${headsText(local)} | lag ${lag} | ${localRate.toFixed(1)} blocks/s | ${verdict(snapshot)}`;
}

export function headsText(heads: Heads | null): string {
  if (heads === null) return 'away';
  return LABELS.map((label) => `${label} ${refText(heads[label])}`).join(' ');
}

function row(label: string, source: string, local: string, lag: string): string {
  return `${label.padEnd(LABEL_CHARS)}${source.padEnd(SIDE_CHARS)}${local.padEnd(SIDE_CHARS)}${lag}`.trimEnd();
}

function refText(ref: BlockRef | null): string {
  return ref === null ? '-' : `${ref.number} ${shortHash(ref.hash)}`;
}

function lagText(source: BlockRef | null, local: BlockRef | null): string {
  return source === null || local === null ? '-' : String(source.number - local.number);
}
