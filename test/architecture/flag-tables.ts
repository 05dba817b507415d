import { docText } from '../../src/app/commands/doc.js';
import { betweenMarks } from './between-marks.js';

export const MIGRATION_PAGES: Readonly<Record<string, string>> = {
  'op-node': 'docs/migrate-from-op-node.md',
  'base-consensus': 'docs/migrate-from-base-consensus.md',
};

const MARKS = { start: '<!-- flags: made by `npm run docs` from src/config/compat.ts -->', end: '<!-- /flags -->' };

/** The migration page with its tables of flags brought up to date. */
export function withFlagTables(document: string, client: string): string {
  return betweenMarks(document, (docText(client) ?? '').trimEnd(), MARKS);
}
