import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../devnet/project-root.js';
import { docText } from '../../../src/app/commands/doc.js';
import type { ColumnResult } from './results.js';
import { readTable, renderTable } from './table.js';

const FILE = join(projectRoot, 'docs/engines.md');
const START = '<!-- matrix: made by `npm run docs:engines` from the last `npm run test:els` -->';
const END = '<!-- /matrix -->';

const ABOUT = `## Seen

What \`npm run test:els\` saw each EL do with lockstep beside it. ✔ alone: as on every other EL. Everything else is what
this EL answered or showed; in each case it ended at the head, safe and finalized of the source, or in the hold that is
named. A run fails where what it sees differs from this table.`;

/** The columns of docs/engines.md. */
export function documentedColumns(): readonly ColumnResult[] {
  return readTable(matrixOf(readFileSync(FILE, 'utf8')));
}

/** The document with the profiles of the code, and the table as it was. */
export function withProfiles(document: string): string {
  return page(matrixOf(document));
}

/** Writes the profiles, and the table where one is given. */
export function writePage(table?: string): void {
  const document = readFileSync(FILE, 'utf8');
  writeFileSync(FILE, page(table ?? matrixOf(document)));
}

/** Columns that have not run this time stay as they are. */
export function mergedTable(ran: readonly ColumnResult[], titles: readonly string[]): string {
  const kinds = ran.map(({ kind }) => kind);
  return renderTable([...ran, ...documentedColumns().filter(({ kind }) => !kinds.includes(kind))], titles);
}

function page(table: string): string {
  return [docText('engines')?.trimEnd(), ABOUT, START, table, END].filter((part) => part !== '').join('\n\n') + '\n';
}

function matrixOf(document: string): string {
  const [start, end] = [document.indexOf(START), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`docs/engines.md lacks ${START} and ${END}`);
  return document.slice(start + START.length, end).trim();
}
