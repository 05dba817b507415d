import { EL_KINDS } from '../../../devnet/els/el.js';
import type { ColumnResult } from './results.js';

const NOT_RUN = 'not run';
const FAILED = 'failed';
const VERSION = 'version';

/** The matrix as Markdown: a row per scenario, a column per kind of EL, whether it ran or not. */
export function renderTable(columns: readonly ColumnResult[], titles: readonly string[]): string {
  const ofKind = EL_KINDS.map((kind) => columns.find((column) => column.kind === kind));
  const row = (title: string, cell: (column: ColumnResult) => string): readonly string[] => [
    title,
    ...ofKind.map((column) => (column === undefined ? NOT_RUN : cell(column))),
  ];
  const rows = [
    ['the EL', ...EL_KINDS],
    row(VERSION, ({ version }) => version),
    ...titles.map((title) => row(title, ({ cells }) => cells[title] ?? FAILED)),
  ].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((cells) => cells[index]?.length ?? 0))) ?? [];
  const line = (cells: readonly string[], fill: string): string =>
    `| ${widths.map((width, index) => (cells[index] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head, ' '), line([], '-'), ...body.map((cells) => line(cells, ' '))].join('\n');
}

/** The columns of such a table; those that did not run are left out. */
export function readTable(markdown: string): readonly ColumnResult[] {
  const rows = markdown
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|')));
  const [head = [], , version = [], ...body] = rows;
  return EL_KINDS.flatMap((kind) => {
    const index = head.indexOf(kind);
    const told = version[index];
    if (index < 0 || told === undefined || told === NOT_RUN) return [];
    return { kind, version: told, cells: Object.fromEntries(body.map((row) => [row[0] ?? '', row[index] ?? ''])) };
  });
}
