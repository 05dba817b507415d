import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE_DIR } from '../../../devnet/els/cached-binary.js';
import type { ElKind } from '../../../devnet/els/el.js';

/** What one EL was seen to do, by the titles of the scenarios. */
export interface ColumnResult {
  readonly kind: ElKind;
  /** As the EL names itself. */
  readonly version: string;
  readonly cells: Readonly<Record<string, string>>;
}

/** The columns of the run under way: its test files are in processes of their own. */
const RUN_DIR = join(CACHE_DIR, 'matrix');
const FILE = join(CACHE_DIR, 'matrix.json');

/** Forgets the run before. */
export function beginRun(): void {
  rmSync(RUN_DIR, { recursive: true, force: true });
}

export function writeColumn(column: ColumnResult): void {
  mkdirSync(RUN_DIR, { recursive: true });
  writeFileSync(join(RUN_DIR, `${column.kind}.json`), JSON.stringify(column));
}

/** Keeps what this run has seen, unless the matrix was not part of it. */
export function endRun(): readonly ColumnResult[] {
  const files = existsSync(RUN_DIR) ? readdirSync(RUN_DIR) : [];
  const columns = files.map((file) => JSON.parse(readFileSync(join(RUN_DIR, file), 'utf8')) as ColumnResult);
  if (columns.length > 0) writeFileSync(FILE, `${JSON.stringify(columns, null, 2)}\n`);
  return columns;
}

/** The columns of the last run that had any. @throws Error when there was none. */
export function lastRun(): readonly ColumnResult[] {
  if (!existsSync(FILE)) throw new Error('the matrix has not run yet: `npm run test:els`');
  return JSON.parse(readFileSync(FILE, 'utf8')) as readonly ColumnResult[];
}
