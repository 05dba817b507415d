import { EXIT, type CodeEntry } from './exit-codes.js';

/** What recovery, the watchdog and the journal can report. */
export const RECOVERY_ERROR_CODES = {
  ENGINE_HUNG: {
    severity: 'halt',
    exit: EXIT.watchdog,
    meaning: 'the EL takes calls at its engine port and has answered none of them for --engine-watchdog',
    fix: 'Restart the EL: its engine port hangs. lockstep may be started again at once; it observes the EL before it sends anything.',
  },
  FINALIZED_DIVERGENCE: {
    severity: 'halt',
    exit: EXIT.finalizedDivergence,
    meaning: 'the source contradicts a block that is final in the EL',
    fix: 'Find out which side is right by a third node. If it is the EL, set --l2.follow.source to another node; if it is the source, initialise the EL anew. Finality is never moved back.',
  },
  RECOVERY_IMPOSSIBLE: {
    severity: 'halt',
    exit: EXIT.unrecoverable,
    meaning: 'no way leads the EL from its branch to that of the source',
    fix: 'Do what the message names (serve debug_setHead to --recovery.admin-rpc, raise --recovery.max-depth, give the EL peers), or initialise the EL anew.',
  },
  JOURNAL_UNREADABLE: {
    severity: 'retry',
    exit: EXIT.clean,
    meaning: 'the journal of an earlier run cannot be used',
    fix: 'None needed: the journal is only a hint, and a new one is written over it; --journal names another file, or none.',
  },
} as const satisfies Record<string, CodeEntry>;
