import type { Heads } from '../../src/chain/block.js';
import type { DrillEvent, DrillRecord, EventKind, Sample } from './record.js';

const WIDTH = 960;
const PLOT = { left: 60, top: 40, right: WIDTH - 20, bottom: 340 };
const LEGEND_LINE = 18;
const TICKS = 6;

interface Line {
  readonly name: string;
  readonly style: string;
  readonly height: (sample: Sample) => number | null;
}

const LINES: readonly Line[] = [
  line('source unsafe', 'source', 'unsafe', 'stroke="#888" stroke-width="4"'),
  line('follower unsafe', 'follower', 'unsafe', 'stroke="#1f6fd6" stroke-width="2"'),
  line('follower safe', 'follower', 'safe', 'stroke="#2a9d4a" stroke-width="2"'),
  line('follower finalized', 'follower', 'finalized', 'stroke="#8c3bc9" stroke-width="2"'),
];

const COLOURS: Readonly<Record<EventKind, string>> = {
  fault: '#c62828',
  marker: '#b36b00',
  lifted: '#1565c0',
  recovered: '#2e7d32',
  failed: '#c62828',
};

function line(name: string, side: 'source' | 'follower', label: keyof Heads, style: string): Line {
  return { name, style, height: (sample) => sample[side]?.[label]?.number ?? null };
}

/** The heights of both sides over time, with what happened, as a picture that needs nothing else. */
export function timelineSvg({ name, where, samples, events, startedAtMs, endedAtMs }: DrillRecord): string {
  const heights = samples.flatMap((sample) => LINES.flatMap(({ height }) => height(sample) ?? []));
  const x = scale(0, Math.max(1, endedAtMs - startedAtMs), PLOT.left, PLOT.right);
  const y = scale(Math.min(...heights, Infinity), Math.max(...heights, 1), PLOT.bottom, PLOT.top);
  const at = (atMs: number): number => x.of(Math.min(Math.max(atMs, startedAtMs), endedAtMs) - startedAtMs);
  const height = PLOT.bottom + 60 + LEGEND_LINE * events.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${PLOT.left}" y="20" font-size="15" font-weight="bold">${escaped(`${name} (${where})`)}</text>`,
    ...faultBands(events, endedAtMs, at),
    ...axes(x, y),
    ...LINES.flatMap((each) => polylines(each, samples, at, y)),
    ...events.flatMap((event, index) => eventMark(event, index, at(event.atMs), startedAtMs)),
    ...LINES.map(lineLegend),
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly from: number;
  readonly to: number;
  readonly of: (value: number) => number;
}

function scale(from: number, to: number, start: number, end: number): Scale {
  const low = Number.isFinite(from) ? from : 0;
  const span = Math.max(1, to - low);
  return { from: low, to: low + span, of: (value) => rounded(start + ((value - low) / span) * (end - start)) };
}

/** From each fault to the end of it. */
function faultBands(events: readonly DrillEvent[], endedAtMs: number, at: (ms: number) => number): readonly string[] {
  const bands: string[] = [];
  let since: number | null = null;
  for (const { kind, atMs } of [...events, { kind: 'lifted' as const, atMs: endedAtMs }]) {
    if (kind === 'fault') since ??= atMs;
    if (kind !== 'lifted' || since === null) continue;
    const width = rounded(Math.max(2, at(atMs) - at(since)));
    const { top, bottom } = PLOT;
    bands.push(`<rect x="${at(since)}" y="${top}" width="${width}" height="${bottom - top}" fill="#fdecea"/>`);
    since = null;
  }
  return bands;
}

function axes(x: Scale, y: Scale): readonly string[] {
  const { left, right, top, bottom } = PLOT;
  const seconds = ticks(0, x.to / 1_000).map(
    (tick) => `<text x="${x.of(tick * 1_000)}" y="${bottom + 16}" text-anchor="middle">${tick} s</text>`,
  );
  const blocks = ticks(y.from, y.to).flatMap((tick) => [
    `<line x1="${left}" x2="${right}" y1="${y.of(tick)}" y2="${y.of(tick)}" stroke="#e6e6e6"/>`,
    `<text x="${left - 6}" y="${y.of(tick) + 4}" text-anchor="end">${tick}</text>`,
  ]);
  const frame = `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="#999"/>`;
  return [...blocks, ...seconds, frame];
}

/** Round numbers: 1, 2 or 5 times a power of ten apart. */
function ticks(from: number, to: number): readonly number[] {
  const rough = Math.max(1, (to - from) / TICKS);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const found: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) found.push(tick);
  return found;
}

/** One for each stretch without a gap. */
function polylines(
  { height, style }: Line,
  samples: readonly Sample[],
  at: (ms: number) => number,
  y: Scale,
): string[] {
  const stretches: string[][] = [[]];
  for (const sample of samples) {
    const value = height(sample);
    if (value === null) stretches.push([]);
    else stretches.at(-1)?.push(`${at(sample.atMs)},${y.of(value)}`);
  }
  return stretches
    .filter((points) => points.length > 0)
    .map((points) => `<polyline points="${points.join(' ')}" fill="none" ${style}/>`);
}

/** A numbered line in the plot, and below it what the number stands for. */
function eventMark({ kind, text, atMs }: DrillEvent, index: number, x: number, startedAtMs: number): readonly string[] {
  const colour = COLOURS[kind];
  const number = index + 1;
  const badgeY = PLOT.top + 10 + (index % 4) * 18;
  const legendY = PLOT.bottom + 60 + LEGEND_LINE * index;
  const seconds = ((atMs - startedAtMs) / 1_000).toFixed(1);
  return [
    `<line x1="${x}" x2="${x}" y1="${PLOT.top}" y2="${PLOT.bottom}" stroke="${colour}" stroke-dasharray="4 3"/>`,
    `<circle cx="${x}" cy="${badgeY}" r="8" fill="${colour}"/>`,
    `<text x="${x}" y="${badgeY + 4}" text-anchor="middle" fill="#fff">${number}</text>`,
    `<text x="${PLOT.left}" y="${legendY}" fill="${colour}">${escaped(`${number}  ${seconds} s  ${kind}: ${text}`)}</text>`,
  ];
}

function lineLegend({ name, style }: Line, index: number): string {
  const x = PLOT.left + index * 170;
  const y = PLOT.bottom + 34;
  return `<line x1="${x}" x2="${x + 24}" y1="${y}" y2="${y}" ${style}/><text x="${x + 30}" y="${y + 4}">${name}</text>`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
