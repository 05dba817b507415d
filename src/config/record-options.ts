import type { OptionDeclaration } from './declaration.js';
import * as value from './values.js';

const LOGGING = '5. LOGGING AND METRICS';

/** What a bug report is made of. */
export const RECORD_OPTIONS = {
  record: {
    group: LOGGING,
    describe: 'File that keeps what was seen, decided and answered, for `lockstep explain`; no secret is in it',
    type: value.filePath,
  },
  'record.max-size': {
    group: LOGGING,
    describe:
      'Most that the record takes on the disk; it goes on in a new file at half of it, and keeps the last one as FILE.1',
    type: value.size('1MiB', '64GiB'),
    default: '64MiB',
  },
} as const satisfies Record<string, OptionDeclaration>;
