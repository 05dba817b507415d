import type { FaultRow } from './row.js';

const ANSWERS = 'test/integration/engine-answers.test.ts';
const FORKCHOICE = 'test/integration/engine-forkchoice.test.ts';
const LOST = 'test/integration/engine-lost-answers.test.ts';
const SESSION = 'test/integration/engine-session.test.ts';
const HUNG = 'test/integration/engine-hung.test.ts';
const HOSTILE = 'test/integration/hostile-conditions.test.ts';
const RESTART = 'test/integration/restart-el.test.ts';
const BOOT = 'test/integration/boot.test.ts';
const LADDER = 'test/follow/ladder.test.ts';
const FORKCHOICE_RUNG = 'goes as far by a forkchoice for an ancestor as its profile says';
const HELD = 'advances nothing, is tried a few times, and is then held as stuck: %s';
const RUNG = 'is followed by the next one, and never sent again: %s';

export const ENGINE_ROWS: readonly FaultRow[] = [
  {
    id: 'E1',
    fault: 'not there at the start',
    behaviour: 'is waited for up to `--boot-timeout`, then exit 69',
    shown: [
      { file: BOOT, test: 'EL refuses connections (E1)' },
      { file: BOOT, test: 'is followed from then on' },
    ],
  },
  {
    id: 'E2',
    fault: 'dies and comes back',
    behaviour: 'a new session: identified and compared before the next write',
    shown: [{ file: SESSION, test: 'is a new session: identified before any write, then followed (%s)' }],
  },
  {
    id: 'E3',
    fault: 'comes back without its last blocks',
    behaviour: 'they are replayed from where it stands; labels end no lower than before',
    shown: [
      { file: RESTART, test: 'gets them again, and its labels no lower than they were at the source' },
      {
        file: 'test/els/geth-follow.test.ts',
        test: 'after a SIGKILL, from which geth comes back lower, either follows on or holds and says why',
        on: 'geth',
      },
    ],
  },
  {
    id: 'E4',
    fault: 'labels unset, or safe at finalized, after a restart',
    behaviour: 'one forkchoice brings them back',
    shown: [
      { file: SESSION, test: 'gets them back with one forkchoice: %s %s' },
      { file: SESSION, test: 'gets its safe block back where it stands on the finalized one, as geth does' },
    ],
  },
  {
    id: 'E5',
    fault: 'SYNCING or ACCEPTED to a payload whose parent it has',
    behaviour: 'is asked five times at growing distances, then held by name; goes on when it takes the block',
    shown: [{ file: ANSWERS, test: 'is asked a few times, then held, and followed on after %s' }],
    changed: {
      planned: 'A lower anchor, then a sync of the EL, then exit 81',
      why: 'An EL that answers SYNCING to the child of its own head is in snap mode (geth, op-geth) and executes nothing, whatever the anchor; `engine-snap-sync` says what to do. The stale mappings of a killed geth are cured by a copied sibling ([recovery](recovery.md#stale-mappings)), not by a lower anchor.',
    },
  },
  {
    id: 'E6',
    fault: 'INVALID',
    behaviour:
      'the payload is not sent again for 10 minutes in this session, its children never; holds `payload-refused`',
    shown: [
      { file: 'test/follow/loop.test.ts', test: 'does not send an INVALID payload again before ten minutes are over' },
      {
        file: ANSWERS,
        test: 'is not sent it again, nor a child of it, and is followed on over another block of that height',
      },
    ],
  },
  {
    id: 'E7',
    fault: 'it does not read the version or the fields of a payload',
    behaviour: 'one more try, then exit 76',
    shown: [{ file: ANSWERS, test: 'ends lockstep with 76 after one more try (%d)' }],
    changed: {
      planned: 'One try with another version',
      why: 'The fork of a block allows one version only, and to another one ELs answer what they answer to a wrong payload: -38005 (geth), -32602 (ethereumjs), INVALID (reth), as [seen](engines.md#seen).',
    },
  },
  {
    id: 'E8',
    fault: 'SYNCING to a forkchoice after VALID to its payload',
    behaviour: 'advances nothing; a few tries, then holds `engine-stuck`',
    shown: [{ file: FORKCHOICE, test: HELD, of: 'SYNCING (E8)' }],
  },
  {
    id: 'E9',
    fault: 'VALID to a forkchoice, and nothing moves',
    behaviour: 'is read back and repeated a few times; then it counts as not done: `engine-stuck`, or the next rung',
    shown: [
      { file: FORKCHOICE, test: 'is repeated and then held as stuck: %s' },
      { file: LADDER, test: RUNG, of: 'VALID, and the head stays (E9)' },
      { file: 'test/els/rungs.test.ts', test: FORKCHOICE_RUNG, on: 'geth, op-geth, reth, op-reth' },
    ],
    changed: {
      planned: 'A head that stays is accepted where the EL cannot go back',
      why: 'op-geth, reth and op-reth answer VALID to a forkchoice for an ancestor and never move: that is a rung that failed, and the next one leads there. How often one is repeated belongs to the [profile](engines.md).',
    },
  },
  {
    id: 'E10',
    fault: 'INVALID to a forkchoice',
    behaviour: 'holds `engine-stuck` with the answer; in a recovery the next rung',
    shown: [
      { file: FORKCHOICE, test: HELD, of: 'INVALID (E10)' },
      { file: LADDER, test: RUNG, of: 'INVALID to the forkchoice (E10)' },
    ],
    changed: {
      planned: 'A new head from `latestValidHash`',
      why: 'ELs name the parent there, or nothing, also for a payload in a wrong form (reth): what the EL shows is compared with the source anew.',
    },
  },
  {
    id: 'E11',
    fault: '-38002 although the head moved',
    behaviour: 'is not sent again; goes on from where the EL stands',
    shown: [
      { file: FORKCHOICE, test: 'is not sent again: lockstep looks and goes on from where the EL stands' },
      { file: 'test/engine/apply.test.ts', test: 'shows the head that a -38002 has moved, and does not send again' },
    ],
  },
  {
    id: 'E12',
    fault: '-38006: the reorg is too deep for it',
    behaviour:
      'the next rung of the ladder; where none is left holds `recovery-failed` with what helps, or exits with 81 (`--halt-on-unrecoverable`)',
    shown: [
      { file: LADDER, test: RUNG, of: '-38006, as the reorg is too deep (E12)' },
      { file: LADDER, test: 'and was the last one ends in a hold that tells what was tried and what helps' },
      { file: LADDER, test: 'and was the last one ends lockstep with 81 where that was asked for (E12)' },
      { file: 'test/els/rungs.test.ts', test: FORKCHOICE_RUNG, on: 'geth' },
      {
        file: 'test/els/recovery.test.ts',
        test: 'stays where it is, and the hold names what helps',
        on: 'op-geth',
      },
    ],
    changed: {
      planned: 'No reset after -38006, and exit 81',
      why: 'geth takes 32 blocks per forkchoice, so a reset goes down in steps; op-geth, reth and op-reth say VALID to a reset and stay. A hold tells as much as an exit and ends by itself when the EL is helped; 81 is for those who ask for it.',
    },
  },
  {
    id: 'E13',
    fault: 'a lost answer to a call that may have been carried out',
    behaviour:
      'the EL is only read for 8 s, doubling up to 10 minutes; what it shows decides whether the call is sent again',
    shown: [
      { file: LOST, test: 'is sent again only after a hold in which the EL is read: %s' },
      { file: LOST, test: 'is not sent twice, because the EL shows that it moved: %s' },
      { file: LADDER, test: 'is looked at first where its outcome is unknown (E13)' },
    ],
  },
  {
    id: 'E14',
    fault: 'the engine port hangs while the process lives',
    behaviour:
      'as E13; after `--engine-watchdog` without an answer exit 75. An EL that refuses connections is only waited for',
    shown: [
      { file: HUNG, test: 'ends lockstep with 75 after --engine-watchdog, and the next one goes on' },
      { file: HUNG, test: 'is held for and not given up while its port refuses connections' },
      {
        file: 'test/app/engine-watchdog.test.ts',
        test: 'bites when reads are answered and no call that changes the EL is (optimism#21076)',
      },
    ],
  },
  {
    id: 'E15',
    fault: '401 or 403',
    behaviour: 'one more try with a fresh token; 77 at the start, a hold later; a clock that is too far off is named',
    shown: [
      { file: BOOT, test: 'another JWT secret than the EL has: 77 (E15)' },
      { file: BOOT, test: 'a clock an hour off: 77' },
      { file: SESSION, test: 'is held for, and followed when it takes it again (%s)' },
    ],
  },
  {
    id: 'E16',
    fault: '413: the payload is too large for it',
    behaviour: 'is not sent again; the hold says how large it was',
    shown: [
      { file: ANSWERS, test: 'is not sent it again: the hold says how large it was' },
      {
        file: 'test/els/bad-blocks.test.ts',
        test: 'is not sent again: the hold tells its size and what to do',
        on: 'ethereumjs',
      },
    ],
  },
  {
    id: 'E17',
    fault: 'a sync of its own',
    behaviour: 'it is left alone until it is done, but for one probe a minute',
    shown: [
      { file: SESSION, test: 'is left alone until it is done' },
      { file: SESSION, test: 'is followed where it only says so, for ever, and answers VALID (op-reth)' },
    ],
    changed: {
      planned: 'No write at all',
      why: 'op-reth goes on showing a sync after its end, so one forkchoice a minute for its own head finds out.',
    },
  },
  {
    id: 'E18',
    fault: 'a second consensus client drives it',
    behaviour:
      'after three moves that are not ours, each within ten minutes of the last, holds `foreign-writer` until a minute is quiet',
    shown: [
      { file: HOSTILE, test: 'is told from a restart, and held for' },
      {
        file: 'test/els/foreign-writer.test.ts',
        test: 'is told though looks are rare, and held for',
        on: 'geth',
      },
    ],
  },
  {
    id: 'E19',
    fault: 'the wrong EL, or a swapped data directory',
    behaviour: '76 before anything is written; proved again for every session',
    shown: [
      { file: BOOT, test: 'another chain id: 76 (S21, E19)' },
      { file: BOOT, test: 'an EL without the methods: 76 (E19)' },
      { file: SESSION, test: 'gets no write, and ends lockstep with 76' },
    ],
  },
  {
    id: 'E20',
    fault: 'ahead of the source on the same chain',
    behaviour: 'is never brought back; gets the labels of the source',
    shown: [
      {
        file: 'test/integration/startup-positions.test.ts',
        test: 'is left where it stands, by a running lockstep and by a new one: %s',
      },
      { file: 'test/follow/situation.test.ts', test: 'still gets the labels of the source' },
    ],
  },
  {
    id: 'E21',
    fault: 'a full disk',
    behaviour: 'holds `engine-stuck` with its error; tries again at up to 5 s, and goes on when there is room',
    shown: [{ file: HOSTILE, test: 'is held for, asked at growing distances, and followed once it has room again' }],
  },
  {
    id: 'E22',
    fault: 'a verdict of INVALID that a restart or an upgrade takes back',
    behaviour: 'a new session forgets what was refused, and asks once more',
    shown: [
      {
        file: ANSWERS,
        test: 'is asked once more, because the verdict may have been its own trouble (a new session)',
      },
    ],
  },
];
