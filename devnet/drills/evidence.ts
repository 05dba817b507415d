import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Heads } from '../../src/chain/block.js';
import { LABELS } from '../view/snapshot.js';
import { durations, timeOf, type DrillRecord, type Sample } from './record.js';
import { timelineSvg } from './timeline.js';

/** Where the running lockstep of a drill logs; its lines go into the events at the end. */
export const LOG_FILE = 'lockstep.log';

/** A new folder for the evidence of one drill. */
export function evidenceFolder(root: string, kind: string, name: string): string {
  const utc = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const folder = join(root, 'evidence', `${utc}-${kind}-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Writes what was seen: events, heads, a report and its picture. */
export function writeEvidence(folder: string, record: DrillRecord): void {
  writeFileSync(join(folder, 'events.jsonl'), eventLines(record));
  writeFileSync(join(folder, 'heads.csv'), headsCsv(record.samples));
  writeFileSync(join(folder, 'timeline.svg'), timelineSvg(record));
  writeFileSync(join(folder, 'report.md'), report(record));
  rmSync(join(folder, LOG_FILE), { force: true });
}

/** What the drill did and what lockstep logged, in one order of time; `from` tells whose line it is. */
export function eventLines({ events, log }: DrillRecord): string {
  const own = events.map(({ atMs, kind, text }) => ({ t: new Date(atMs).toISOString(), from: 'drill', kind, text }));
  const logged = log.map((line) => ({ ...line, t: timeOf(line), from: 'lockstep' }));
  const lines = [...own, ...logged].sort((a, b) => a.t.localeCompare(b.t));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

export function headsCsv(samples: readonly Sample[]): string {
  const sides = ['source', 'follower'] as const;
  const columns = sides.flatMap((side) => LABELS.flatMap((label) => [`${side}_${label}`, `${side}_${label}_hash`]));
  const rows = samples.map((sample) => [
    new Date(sample.atMs).toISOString(),
    ...sides.flatMap((side) => refs(sample[side])),
  ]);
  return [['utc', ...columns], ...rows].map((row) => `${row.join(',')}\n`).join('');
}

function refs(heads: Heads | null): readonly string[] {
  return LABELS.flatMap((label) => {
    const ref = heads?.[label];
    return ref ? [String(ref.number), ref.hash] : ['', ''];
  });
}

export function report(record: DrillRecord): string {
  const { name, what, where, events, startedAtMs, heads, failure } = record;
  const { faultMs, healMs } = durations(record);
  const story = events.map(
    ({ atMs, kind, text }) =>
      `| ${((atMs - startedAtMs) / 1_000).toFixed(1)} | ${kind} | ${text.replace(/\|/g, '\\|')} |`,
  );
  const end = LABELS.map((label) => `| ${label} | ${heads?.[label]?.number ?? '-'} | ${heads?.[label]?.hash ?? '-'} |`);
  return [
    `# ${name}: ${failure === null ? 'converged' : 'FAILED'}`,
    '',
    `${what}. On ${where}, ${new Date(startedAtMs).toISOString()}.`,
    '',
    failure ??
      `The fault lasted ${seconds(faultMs)}; ${seconds(healMs)} after its end the EL had what the source shows.`,
    '',
    '![heights over time](timeline.svg)',
    '',
    ...['| s | event | |', '| --- | --- | --- |', ...story],
    '',
    'What both sides showed in the end:',
    '',
    ...['| label | block | hash |', '| --- | --- | --- |', ...end],
    '',
  ].join('\n');
}

/** `-` where it did not come to that. */
export function seconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1_000).toFixed(1)} s`;
}
