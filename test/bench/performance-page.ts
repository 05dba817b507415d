import { betweenMarks } from '../architecture/between-marks.js';
import type { BenchReport } from './results.js';

const MARKS = { start: '<!-- figures: made by `npm run docs` from performance.json -->', end: '<!-- /figures -->' };

type Figure = BenchReport['results'][number];

/** The document with its machine and its table of figures brought up to date. */
export function withFigures(document: string, { machine, results }: BenchReport): string {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  return betweenMarks(document, `Machine: ${facts.join(', ')}.\n\n${figuresTable(results)}`, MARKS);
}

function figuresTable(results: readonly Figure[]): string {
  const header = ['id', 'what', 'value', 'gate', 'aim', 'spread (samples)', 'met'];
  const rows = results.map(({ id, name, value, unit, gate, aim, spread }) => [
    `\`${id}\``,
    name,
    `${short(value)} ${unit}`,
    gate === null ? '' : short(gate),
    aim === null ? '' : short(aim),
    spread,
    met({ value, gate, aim }),
  ]);
  const cells = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill: string): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  return [line(header, ' '), line([], '-'), ...rows.map((row) => line(row, ' '))].join('\n');
}

function met({ value, gate, aim }: Pick<Figure, 'value' | 'gate' | 'aim'>): string {
  if (aim !== null && value <= aim) return 'aim';
  if (gate === null) return '';
  return value <= gate ? 'gate' : 'no';
}

/** Three digits that count, and no exponent. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

const [ROW, LABELS, BARS, RIGHT, TOP] = [20, 420, 360, 100, 46];
/** A bar ends here, in gates: what is beyond is told by its number. */
const LONGEST = 2;
const COLOURS = { aim: '#2a7f62', gate: '#3b6ea5', no: '#b5483a' } as const;

/** Every figure that has a gate as a bar, the gate being 1: left of it is good. */
export function figuresChart({ results }: BenchReport): string {
  const gated = results.flatMap(({ gate, ...figure }) => (gate === null || gate === 0 ? [] : [{ ...figure, gate }]));
  const height = TOP + gated.length * ROW + 10;
  const scale = (gates: number): number => LABELS + (Math.min(gates, LONGEST) / LONGEST) * BARS;
  const rows = gated.map(({ id, name, value, unit, gate, aim }, index) => {
    const y = TOP + index * ROW;
    const verdict = value <= (aim ?? -1) ? 'aim' : value <= gate ? 'gate' : 'no';
    const end = scale(value / gate);
    const tick = aim === null ? '' : `<path d="M${fixed(scale(aim / gate))} ${y + 1}v14" stroke="#222" />`;
    return [
      `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end">${escaped(`${id}  ${name}`)}</text>`,
      `<rect x="${LABELS}" y="${y + 2}" width="${fixed(end - LABELS)}" height="12" fill="${COLOURS[verdict]}" />${tick}`,
      `<text x="${LABELS + BARS + 8}" y="${y + 12}">${escaped(`${short(value)} ${unit}`)}</text>`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LABELS + BARS + RIGHT} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#fff" />`,
    `<text x="${LABELS}" y="14">Shorter is better. The line is the gate, the tick the aim.</text>`,
    `<path d="M${scale(1)} ${TOP - 10}V${height - 6}" stroke="#888" stroke-dasharray="4 3" />`,
    `<text x="${scale(1)}" y="${TOP - 14}" text-anchor="middle">gate</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
