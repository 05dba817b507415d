import { join } from 'node:path';
import type { OptionDeclaration, Situation } from './declaration.js';
import { httpUrl } from './url.js';
import * as value from './values.js';

const RECOVERY_MODES = ['auto', 'alert', 'off'] as const;
const RESETS = ['auto', 'forkchoice', 'sethead', 'none'] as const;

const RECOVERY = '3. RECOVERY';

/** What lockstep may do about an execution client on another branch than the source, and what it remembers. */
export const RECOVERY_OPTIONS = {
  'recovery.mode': {
    group: RECOVERY,
    describe:
      'What to do about a divergence: auto heals it, alert finds the common ancestor, says what would be done and holds, off holds at once',
    type: value.choice(RECOVERY_MODES),
    default: 'auto',
  },
  'recovery.reset': {
    group: RECOVERY,
    describe:
      "How the head may be moved to the common ancestor, besides inserting the source's own blocks: by a forkchoice, by debug_setHead (sethead), by both (auto), or not at all",
    type: value.choice(RESETS),
    default: 'auto',
  },
  'recovery.max-depth': {
    group: RECOVERY,
    describe: 'Deepest branch that is replaced, in blocks; a divergence below the finalized block never is',
    type: value.integer(1, 10_000_000),
    default: '50000',
  },
  'recovery.synthetic': {
    group: RECOVERY,
    describe:
      'Let the head be a copy of a block of the source, changed in its extra data, for some ms: the one way back on many execution clients',
    type: value.boolean,
    default: 'true',
  },
  'recovery.cooldown': {
    group: RECOVERY,
    describe: 'Pause between two recoveries; it doubles while they repeat',
    type: value.duration('1s', '1h'),
    default: '30s',
  },
  'recovery.admin-rpc': {
    group: RECOVERY,
    describe: 'RPC of the local execution client that serves debug_setHead, where its engine port does not',
    type: httpUrl,
  },
  'halt-on-finalized-divergence': {
    group: RECOVERY,
    describe: 'Exit with code 80 when the source contradicts a finalized block, instead of holding',
    type: value.boolean,
    default: 'false',
  },
  'halt-on-unrecoverable': {
    group: RECOVERY,
    describe: 'Exit with code 81 when no way leads the execution client to the source, instead of holding',
    type: value.boolean,
    default: 'false',
  },
  journal: {
    group: RECOVERY,
    describe:
      'Small file that keeps safe and finalized over restarts, as a hint that is always checked; none is without',
    type: value.orNone(value.filePath),
    derived: {
      note: 'a file per execution client in $XDG_STATE_HOME/lockstep or ~/.local/state/lockstep',
      from: defaultJournal,
    },
  },
} as const satisfies Record<string, OptionDeclaration>;

/** One file per engine port, as there is one lockstep per engine port. */
function defaultJournal({ textOf, stateFolder }: Situation): string {
  const engine = textOf('l2');
  if (stateFolder === null || !URL.canParse(engine)) return 'none';
  return join(stateFolder, 'lockstep', `${new URL(engine).host.replace(/[^a-z0-9.-]/gi, '_')}.json`);
}
