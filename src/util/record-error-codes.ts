import { EXIT, type CodeEntry } from './exit-codes.js';

/** What `--record` and `lockstep explain` can report of a file. */
export const RECORD_ERROR_CODES = {
  RECORD_UNREADABLE: {
    severity: 'halt',
    exit: EXIT.config,
    meaning: 'the file is no record that can be used',
    fix: 'Name a file that lockstep wrote with --record. A line that is not as it was written has been changed since, or is of a newer version: explain it with that one.',
  },
} as const satisfies Record<string, CodeEntry>;
