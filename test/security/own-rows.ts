import type { ThreatRow } from './row.js';

/** What may reach lockstep itself: its servers, its log, its packages, its machine. */
export const OWN_ROWS: readonly ThreatRow[] = [
  {
    id: 'T11',
    threat: 'The RPC and metrics servers',
    mitigation:
      'They listen on loopback, have fixed routes, and bound size, time, header and connections. What stops the following is not there without `--rpc.enable-admin`. No label of a metric is made of a hash or an error text.',
    shown: [
      { file: 'test/rpc/methods.test.ts', test: 'does not exist without --rpc.enable-admin: %s' },
      {
        file: 'test/config/warnings.test.ts',
        test: 'with %s is used, with a warning',
        of: 'admin methods for a whole network',
      },
      {
        file: 'test/rpc/hostile.test.ts',
        test: 'that is too large is refused with 413 before it is read, told or not',
      },
      { file: 'test/rpc/hostile.test.ts', test: 'from a page in a browser is refused, whatever the page' },
      {
        file: 'test/rpc/hostile.test.ts',
        test: 'of calls that wait for the EL is answered or refused, and health all the while',
      },
      {
        file: 'test/integration/under-load.test.ts',
        test: 'follows while its RPC and metrics are asked without a pause',
      },
      { file: 'test/integration/under-load.test.ts', test: 'have no label that a peer could fill' },
    ],
  },
  {
    id: 'T12',
    threat: 'Line breaks and terminal codes in a text',
    mitigation:
      'Control characters and those that reorder text are written out in every format; text of another machine is cut at 200 characters.',
    shown: [
      { file: 'test/util/log.test.ts', test: 'cannot break or recolour a %s line' },
      {
        file: 'test/util/log.test.ts',
        test: 'cut the text of another machine at 200 characters and any other at 2000',
      },
      {
        file: 'test/integration/source-faults-wire.test.ts',
        test: 'an error text with line breaks and terminal codes, which are written out (A5)',
      },
      { file: 'test/app/explain.test.ts', test: 'says nothing to a terminal but text' },
    ],
  },
  {
    id: 'T13',
    threat: 'A package that was taken over',
    mitigation:
      'Every version is exact and every archive has its hash in the lockfile; the image installs without scripts; each package has a reason, and a bill of materials is part of what is published.',
    shown: [
      { file: 'test/security/security.test.ts', test: 'are pinned by version and hash, every one' },
      { file: 'test/architecture.test.ts', test: 'declares, uses and explains every runtime package' },
      { file: 'test/deploy/dockerfile.test.ts', test: 'builds in one stage and runs in another that has no shell' },
    ],
    without:
      'There are more than three packages at run time ([why](dependencies.md)). Signatures and provenance are a matter of the place that publishes.',
  },
  {
    id: 'T14',
    threat: 'Branches without end, to keep us busy',
    mitigation:
      'A plan is looked for by headers, down to what is final at most, one plan at a time, with growing pauses.',
    shown: [
      { file: 'test/follow/make-plan.test.ts', test: 'looks at few heights: as many as halving them needs' },
      { file: 'test/follow/make-plan.test.ts', test: 'where the fork lies deeper than is allowed' },
      {
        file: 'test/integration/source-faults-chain.test.ts',
        test: 'is found out by headers alone: no block of it is fetched or sent, and it is followed when it is gone',
      },
    ],
  },
  {
    id: 'T15',
    threat: 'Calls that pile up at an EL that is slow',
    mitigation:
      'One state-changing call is under way at a time, none is repeated before the EL was looked at, and pauses grow.',
    shown: [
      {
        file: 'test/engine/state-change.test.ts',
        test: 'are refused while a newPayload is under way, and taken after it',
      },
      { file: 'test/follow/extend.test.ts', test: 'has never more than one state-changing call under way' },
      {
        file: 'test/integration/hostile-conditions.test.ts',
        test: 'is held for, asked at growing distances, and followed once it has room again',
      },
    ],
  },
  {
    id: 'T16',
    threat: 'Another user of the same machine',
    mitigation:
      'Journal and record are for their owner alone (0600), and ignored where they belong to somebody else, are a link or a pipe. The systemd unit has no core files and closes what lockstep does not need.',
    shown: [
      {
        file: 'test/app/journal-file.test.ts',
        test: 'is written whole, for its owner alone, in a folder of its own, and found again',
      },
      { file: 'test/app/journal-file.test.ts', test: 'that belongs to another user is refused' },
      { file: 'test/record/record-file.test.ts', test: 'is ignored where it belongs to another user' },
      { file: 'test/record/record-file.test.ts', test: 'is not looked for behind a link, nor in a pipe' },
      { file: 'test/integration/record.test.ts', test: 'is a file that only its owner reads' },
      { file: 'test/deploy/systemd.test.ts', test: 'leaves no core file and no secret behind (T16)' },
    ],
    without:
      'A core file holds what the process holds: the secret of the engine port, and the environment. So there must be none: outside of the unit, start lockstep with `ulimit -c 0`.',
  },
  {
    id: 'T17',
    threat: 'A clock that was moved',
    mitigation:
      'A refused token is told apart from a wrong secret by the Date header of the EL, and the error says how far the clocks are apart. No clock is ever taken from a peer; our own waits run on a monotonic one.',
    shown: [
      { file: 'test/util/rpc-body.test.ts', test: 'of a refused token tells how far the clocks are apart' },
      { file: 'test/integration/boot.test.ts', test: 'a clock an hour off: 77' },
      { file: 'test/engine/jwt.test.ts', test: 'makes a new token when the wall clock was set back (H4)' },
      { file: 'test/engine/identify.test.ts', test: 'measures an EL clock that is %d ms off ours' },
    ],
  },
];
