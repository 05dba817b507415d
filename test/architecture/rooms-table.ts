import { betweenMarks } from './between-marks.js';
import { ALLOWED_IMPORTS } from './import-rules.js';

const MARKS = { start: '<!-- rooms: made by `npm run docs` -->', end: '<!-- /rooms -->' };

/** The import table as Markdown, as docs/architecture.md shows it. */
function roomsTable(): string {
  const rows = Object.entries(ALLOWED_IMPORTS).map(([room, grants]) => {
    if (typeof grants === 'string') return [room, grants];
    const names = grants.map(({ to, typesOnly }) => (typesOnly === true ? `${to} (types)` : to));
    return [room, names.length === 0 ? 'nothing' : names.join(', ')];
  });
  const cells = [['room', 'may import'], ...rows];
  const widths = [0, 1].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill: string): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [head = [], ...others] = cells;
  return [line(head, ' '), line([], '-'), ...others.map((row) => line(row, ' '))].join('\n');
}

/** The document with its table of rooms brought up to date. */
export function withRoomsTable(document: string): string {
  return betweenMarks(document, roomsTable(), MARKS);
}
