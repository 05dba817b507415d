import { ALLOWED_IMPORTS } from './import-rules.js';

const START = '<!-- rooms: made by `npm run docs` -->';
const END = '<!-- /rooms -->';

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
  const start = document.indexOf(START);
  const end = document.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the document lacks ${START} and ${END}`);
  return `${document.slice(0, start + START.length)}\n\n${roomsTable()}\n\n${document.slice(end)}`;
}
