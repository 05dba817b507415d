import type { FaultRow } from './row.js';

const WIRE = 'test/integration/source-faults-wire.test.ts';
const LOST = 'test/integration/engine-lost-answers.test.ts';
const HOSTILE = 'test/integration/hostile-conditions.test.ts';
const OPERATOR = 'test/integration/operator.test.ts';
const BOOT = 'test/integration/boot.test.ts';
const RESTART = 'test/integration/restart-lockstep.test.ts';
const CRASH = 'test/integration/crash-points.test.ts';
const JOURNAL = 'test/integration/journal.test.ts';
const JOURNAL_FILE = 'test/app/journal-file.test.ts';
const LADDER = 'test/follow/ladder.test.ts';

export const NETWORK_ROWS: readonly FaultRow[] = [
  {
    id: 'N1',
    fault: 'a slow network',
    behaviour: 'costs time; nothing is sent twice',
    shown: [{ file: HOSTILE, test: 'costs time and no block twice' }],
  },
  {
    id: 'N2',
    fault: 'a connection that breaks before or after the request is carried out, or is half open',
    behaviour: 'reads are repeated; after a write the EL is looked at first (E13)',
    shown: [
      {
        file: LOST,
        test: 'is sent again only after a hold in which the EL is read: %s',
        of: 'the connection breaks after the EL took it (N2)',
      },
      {
        file: LOST,
        test: 'is sent again only after a hold in which the EL is read: %s',
        of: 'the EL takes it and closes its half of the connection (N2)',
      },
      { file: WIRE, test: '%s', of: 'a connection that is half closed after each request (N2)' },
      { file: WIRE, test: '%s', of: 'a reset after each request (S8)' },
      {
        file: 'test/source/faults.test.ts',
        test: 'is overcome on a new connection when a kept-alive one is reset on reuse',
      },
    ],
  },
  {
    id: 'N3',
    fault: 'the answer to another call',
    behaviour: 'is told by its id and dropped',
    shown: [
      { file: WIRE, test: '%s', of: 'the id of another call (S6, N3)' },
      { file: 'test/util/rpc.test.ts', test: 'refuses the reply to another call' },
    ],
  },
];

export const HOST_ROWS: readonly FaultRow[] = [
  {
    id: 'H1',
    fault: 'SIGKILL of lockstep at any time',
    behaviour: 'the next one ends where the first would have ended; ten starts in a row change nothing on the way',
    shown: [
      { file: CRASH, test: 'at its start, while it waits for %s' },
      { file: CRASH, test: 'while it follows, and waits for %s' },
      { file: CRASH, test: 'while it recovers, and waits for %s' },
      { file: RESTART, test: 'end where one start ends, and change nothing on the way' },
      {
        file: 'test/integration/restart-el.test.ts',
        test: 'of lockstep and then of the EL is made good by both coming back',
      },
      {
        file: 'test/integration/restart-el.test.ts',
        test: 'of the EL and then of lockstep is made good by both coming back',
      },
    ],
  },
  {
    id: 'H2',
    fault: 'SIGTERM or SIGINT in any state',
    behaviour: 'the call under way ends, no other is sent, exit 0 within 5 s; a second signal: 130 at once',
    shown: [
      { file: OPERATOR, test: 'lets the call that changes the EL finish, sends no other, and ends with 0 (H2)' },
      { file: OPERATOR, test: 'asked for twice ends it at once with 130 (H2)' },
      { file: BOOT, test: 'cuts a call that hangs (H2)' },
      { file: RESTART, test: 'while it holds' },
      { file: CRASH, test: 'lets the payload that is under way finish, sends nothing more, and ends with 0' },
    ],
  },
  {
    id: 'H3',
    fault: 'SIGSTOP and SIGCONT, a laptop that sleeps',
    behaviour: 'calls that were open count as unknown; follows on, and nothing is taken for a divergence',
    shown: [
      {
        file: HOSTILE,
        test: '%s: follows on, and takes nothing for a divergence',
        of: 'for 6 s in one piece, as on a laptop that sleeps (H3)',
      },
      {
        file: 'test/app/engine-watchdog.test.ts',
        test: 'does not bite for two calls that were open while the whole machine slept',
      },
    ],
    changed: {
      planned: 'A log line with the length of the pause',
      why: 'What it did to open calls is told as for every other lost answer; `nodejs_eventloop_lag_seconds` shows the pause.',
    },
  },
  {
    id: 'H4',
    fault: 'the wall clock jumps',
    behaviour: 'only the token depends on it: a new one is made; a refused one is E15',
    shown: [
      { file: 'test/engine/jwt.test.ts', test: 'makes a new token when the wall clock was set back (H4)' },
      { file: BOOT, test: 'a clock an hour off: 77' },
    ],
  },
  {
    id: 'H5',
    fault: 'a starved process',
    behaviour: 'follows on; no recovery and no crash',
    shown: [
      {
        file: HOSTILE,
        test: '%s: follows on, and takes nothing for a divergence',
        of: 'for most of a while, as on a starved host (H5)',
      },
    ],
  },
  {
    id: 'H6',
    fault: 'a journal or log that cannot be written, a journal that is broken',
    behaviour: 'one warning; the journal is ignored or tried again, and logging never throws',
    shown: [
      { file: JOURNAL, test: 'with %s in it is ignored with one warning, and replaced', of: 'garbage' },
      { file: JOURNAL, test: 'that cannot be written costs one warning, and the EL is followed all the same' },
      { file: JOURNAL_FILE, test: 'survives %s, also at the end', of: 'ENOSPC' },
      { file: JOURNAL_FILE, test: 'that belongs to another user is refused' },
      { file: 'test/util/log.test.ts', test: 'does not throw when the sink does' },
    ],
  },
  {
    id: 'H7',
    fault: 'no file descriptors left, little memory',
    behaviour:
      'pools, windows and answers are bounded; follows on with three descriptors to spare. Out of memory is H1',
    shown: [
      { file: HOSTILE, test: 'follows on, also over new connections' },
      { file: 'test/engine/http.test.ts', test: 'uses at most two connections' },
      { file: 'test/follow/fetch-ahead.test.ts', test: 'holds so many bytes' },
    ],
    changed: {
      planned: 'Exit 75 when memory runs out',
      why: 'Node.js ends the process itself then (SIGABRT, 134 to a shell); a supervisor starts the next one, which is H1.',
    },
  },
  {
    id: 'H8',
    fault: 'a bug that nobody caught',
    behaviour: 'exit 70 without another write',
    shown: [{ file: OPERATOR, test: '%s ends it with 70 and without another write (H8, I24)' }],
  },
];

export const OPERATOR_ROWS: readonly FaultRow[] = [
  {
    id: 'O1',
    fault: 'bad or missing settings',
    behaviour: 'exit 78 with all of them, each with its place and its cure',
    shown: [
      { file: BOOT, test: 'a configuration with mistakes: 78, with every one of them (O1, O2, O4)' },
      { file: 'test/config/refused-values.test.ts', test: 'with %s ends with code 78 and says what to do' },
    ],
  },
  {
    id: 'O2',
    fault: 'a JWT file that is missing, short or open to all',
    behaviour: '78; a file that is open to all is a warning',
    shown: [
      { file: 'test/config/refused-secrets.test.ts', test: 'with %s ends with code 78 and says what to do' },
      {
        file: 'test/config/warnings.test.ts',
        test: 'with %s is used, with a warning',
        of: 'a secret file that everybody can read',
      },
    ],
  },
  {
    id: 'O3',
    fault: 'two of them for one EL',
    behaviour: '78 on one machine; elsewhere E18',
    shown: [
      { file: BOOT, test: 'is refused with 78 while the first one lives, and starts when it has ended (O3)' },
      { file: HOSTILE, test: 'is told from a restart, and held for' },
    ],
  },
  {
    id: 'O4',
    fault: 'the own EL as the source',
    behaviour: '78, by its address, its process or its blocks',
    shown: [
      { file: BOOT, test: 'is recognised by its other port: 78' },
      { file: 'test/integration/check.test.ts', test: 'finds it by its blocks: 78' },
    ],
  },
  {
    id: 'O5',
    fault: 'the metrics port is taken',
    behaviour: 'a warning, and no metrics; 78 with `--metrics.strict`',
    shown: [
      { file: OPERATOR, test: 'are done without when their port is taken, with a warning (O5)' },
      { file: OPERATOR, test: 'end the start with 78 when their port is taken and that was asked for (O5)' },
    ],
  },
  {
    id: 'O6',
    fault: 'a journal of another version',
    behaviour: 'is ignored with one warning, and replaced',
    shown: [
      { file: JOURNAL, test: 'with %s in it is ignored with one warning, and replaced', of: 'a later version' },
      { file: 'test/recovery/journal.test.ts', test: 'is refused for %s', of: 'a version of later' },
    ],
  },
];

export const ADVERSARY_ROWS: readonly FaultRow[] = [
  {
    id: 'A1',
    fault: 'sound blocks that execution refuses',
    behaviour: 'the EL says so (E6): each is sent once, and nothing above it',
    shown: [
      {
        file: 'test/integration/engine-answers.test.ts',
        test: 'has one of them sent to the EL, which refuses it and stays where it stands',
      },
    ],
  },
  {
    id: 'A2',
    fault: 'branches without end, deep false forks',
    behaviour:
      'a pause that doubles between recoveries; no search below finalized or deeper than `--recovery.max-depth`',
    shown: [
      {
        file: 'test/integration/source-faults-chain.test.ts',
        test: 'is found out by headers alone: no block of it is fetched or sent, and it is followed when it is gone',
      },
      { file: LADDER, test: 'soon after a recovery waits for the pause to end, as the source may be flapping (A2)' },
      { file: LADDER, test: 'is never searched for deeper than --recovery.max-depth, nor below what is final (A2)' },
      { file: 'test/core/explore.test.ts', test: 'keeps the invariants and comes to its end: $name' },
    ],
  },
  {
    id: 'A3',
    fault: 'a chain of headers without bodies',
    behaviour: 'holds `source-gap` before the first body that is missing',
    shown: [
      {
        file: 'test/integration/source-faults-blocks.test.ts',
        test: '%s: waits at the block before it, then goes on',
        of: 'absent',
      },
    ],
  },
  {
    id: 'A4',
    fault: '`__proto__`, 1e400, 2^53+1, deep nesting, doubled keys, megabytes of digits',
    behaviour: 'a strict decoder refuses them',
    shown: [
      { file: WIRE, test: '%s', of: 'a block in the prototype' },
      {
        file: 'test/payload/hostile-json.test.ts',
        test: 'is judged the same with __proto__, constructor and doubled keys',
      },
      {
        file: 'test/payload/hostile-json.test.ts',
        test: 'is refused with 20 MB of digits for any field, in a short message',
      },
    ],
  },
  {
    id: 'A5',
    fault: 'line breaks and terminal codes in an error text',
    behaviour: 'are written out, and the text is cut at 200 characters',
    shown: [
      { file: WIRE, test: 'an error text with line breaks and terminal codes, which are written out (A5)' },
      { file: 'test/integration/check.test.ts', test: 'an error text of the source: escaped in the table (A5)' },
      { file: 'test/util/log.test.ts', test: 'cannot break or recolour a %s line' },
    ],
  },
];
