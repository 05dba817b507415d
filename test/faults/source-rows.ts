import type { Evidence, FaultRow } from './row.js';

const WIRE = 'test/integration/source-faults-wire.test.ts';
const BLOCKS = 'test/integration/source-faults-blocks.test.ts';
const JSON_BLOCKS = 'test/integration/source-faults-json-blocks.test.ts';
const CHAIN = 'test/integration/source-faults-chain.test.ts';
const CL = 'test/integration/source-cl-faults.test.ts';
const BOOT = 'test/integration/boot.test.ts';
const POSITIONS = 'test/integration/startup-positions.test.ts';
const HOSTILE = 'test/integration/hostile-conditions.test.ts';
const BUDGET = 'test/source/budget.test.ts';
const FINALITY = 'test/integration/finality.test.ts';

const wire = (of: string): Evidence => ({ file: WIRE, test: '%s', of });

export const SOURCE_ROWS: readonly FaultRow[] = [
  {
    id: 'S1',
    fault: 'refused connection or unknown name while it runs',
    behaviour:
      'holds `source-unavailable`, the EL is left alone; goes on by itself. A hold that lasts five minutes is told at level error',
    shown: [
      { file: WIRE, test: 'refused connections (S1)' },
      {
        file: 'test/util/rpc-connection.test.ts',
        test: 'is certainly before sending when it is refused, unknown by name, or no TLS',
      },
      { file: 'test/status/report.test.ts', test: 'that lasts for five minutes is an error, unless it may last' },
    ],
  },
  {
    id: 'S2',
    fault: 'not there at the start',
    behaviour: 'is waited for up to `--boot-timeout`, then exit 69; nothing is written',
    shown: [{ file: BOOT, test: 'source refuses connections (S2)' }],
  },
  {
    id: 'S3',
    fault: '429 or 503 with Retry-After',
    behaviour:
      'is granted, and nothing else is sent meanwhile; a catch-up goes on where it was, with half as many calls at a time and evenly spaced ones',
    shown: [
      wire('a rate limit (S3)'),
      { file: WIRE, test: 'in the middle of a catch-up does not start the walk again (S3)' },
      { file: WIRE, test: 'to the polls: none asks a second time (S3)' },
      {
        file: BUDGET,
        test: 'gets nothing of any kind meanwhile, and who cannot wait so long is told for how long it is',
      },
    ],
  },
  {
    id: 'S4',
    fault: 'an error page, also with status 200',
    behaviour: 'holds with `SOURCE_BAD_BODY` and 200 escaped characters of the page at most',
    shown: [
      wire('an HTTP error with a page (S4)'),
      wire('a web page with status 200 (S4)'),
      { file: BOOT, test: 'source answers a web page (S4)' },
    ],
  },
  {
    id: 'S5',
    fault: 'a cut body',
    behaviour: 'is no reply; holds with `SOURCE_BAD_BODY`',
    shown: [wire('half of the announced body (S5)'), wire('half of a JSON text (S5)')],
  },
  {
    id: 'S6',
    fault: 'a foreign id, a result and an error, null where a block has to be',
    behaviour: 'is dropped; holds with `SOURCE_SCHEMA`',
    shown: [
      wire('the id of another call (S6, N3)'),
      wire('a result and an error (S6)'),
      wire('null for the head (S6)'),
    ],
  },
  {
    id: 'S7',
    fault: 'headers that do not come, a body in drips',
    behaviour: 'one deadline covers the whole answer; holds with `SOURCE_TIMEOUT`',
    shown: [
      wire('no header ever (S7)'),
      wire('a body in drips (S7)'),
      { file: BOOT, test: 'source never answers (S7)' },
    ],
  },
  {
    id: 'S8',
    fault: 'a kept connection that is reset on reuse',
    behaviour: 'the read is sent once more on a new one, without a hold',
    shown: [{ file: WIRE, test: 'of one reused connection costs one more request and no hold (S8)' }],
  },
  {
    id: 'S9',
    fault: 'a body without end, a gzip bomb',
    behaviour: 'is cut at the cap, after inflation; holds with `SOURCE_OVERSIZE`',
    shown: [wire('a body over the cap (S9)'), wire('a gzip bomb (S9)')],
    changed: {
      planned: 'A hold after three of them',
      why: 'It holds at the first, as for every other answer that cannot be read: without the head of the source there is nothing to do.',
    },
  },
  {
    id: 'S10',
    fault: 'a redirect',
    behaviour: 'is never followed; 78 at the start, a hold later',
    shown: [
      { file: WIRE, test: 'a redirect, which is not followed (S10)' },
      { file: BOOT, test: 'a source that redirects: 78 (S10)' },
    ],
  },
  {
    id: 'S11',
    fault: 'a replica that lags: the head goes back and comes again',
    behaviour:
      'no recovery, no hold, no write: a lower head on the same chain is no divergence; what one node lacks is asked of the next',
    shown: [
      { file: HOSTILE, test: 'causes no recovery, no hold and no write' },
      {
        file: 'test/integration/source-replicas.test.ts',
        test: 'are no reason for a hold: every block and label of the other one is followed',
      },
    ],
  },
  {
    id: 'S12',
    fault: 'replicas on two branches',
    behaviour: 'a divergence counts when it was seen twice; one recovery per `--recovery.cooldown`, which doubles',
    shown: [
      {
        file: POSITIONS,
        test: 'and answers from both in turn moves the EL once in a pause at most, and finality never back (S12)',
      },
      { file: CHAIN, test: 'other blocks than the EL has at their heights' },
      { file: 'test/core/explore.test.ts', test: 'keeps the invariants and comes to its end: $name' },
    ],
  },
  {
    id: 'S13',
    fault: 'a reorg of unsafe blocks',
    behaviour: 'recovers: common ancestor, complete plan, ladder, replay',
    shown: [
      { file: POSITIONS, test: 'is followed there, and back again after the pause between two recoveries (S13)' },
      {
        file: 'test/els/recovery.test.ts',
        test: 'is brought back to the chain of the source: %s',
        on: 'geth, op-geth, reth, op-reth',
      },
    ],
  },
  {
    id: 'S14',
    fault: 'a reorg of safe blocks above finalized',
    behaviour: 'recovers as in S13',
    shown: [{ file: FINALITY, test: 'is followed to its new branch' }],
  },
  {
    id: 'S15',
    fault: 'another finalized block than the EL has',
    behaviour:
      'holds `finalized-divergence`, one line at level crit, `lockstep_finalized_divergence` 1; exit 80 with `--halt-on-finalized-divergence`. The journal stands in for labels that the EL lost',
    shown: [
      {
        file: FINALITY,
        test: 'is not followed: the hold is told once, at level crit, with both hashes and what ends it',
      },
      {
        file: FINALITY,
        test: 'is not followed by the next lockstep either, also where the EL has forgotten what was final',
      },
      { file: FINALITY, test: 'ends lockstep with 80 where that was asked for' },
      {
        file: 'test/status/recovery.test.ts',
        test: 'shows a contradicted finality, also when the process ends for it',
      },
      {
        file: 'test/els/recovery.test.ts',
        test: 'stays there although the source has another branch',
        on: 'geth',
      },
    ],
  },
  {
    id: 'S16',
    fault: 'safe and finalized that go back',
    behaviour:
      'no label moves back; those of a consensus client that derives again are not used for 10 minutes at most',
    shown: [
      { file: POSITIONS, test: 'moves no label back, neither at a running lockstep nor at a new one' },
      { file: CL, test: 'while it derives again what it had derived (S16)' },
    ],
    changed: {
      planned: 'An alert after ten minutes',
      why: 'Labels of the source below those of the EL show as a negative `lockstep_lag_blocks`, which an alert can be made of; geth shows finalized 64 blocks back after a restart (geth#35418), for as long as its consensus client needs.',
    },
  },
  {
    id: 'S17',
    fault: 'no label, or an error or a block of zeros in its place',
    behaviour: 'that label is not set; the head is followed',
    shown: [
      { file: CHAIN, test: '%s', of: '"finalized block not found"' },
      { file: 'test/integration/check.test.ts', test: 'the source shows no safe block (S17)' },
    ],
  },
  {
    id: 'S18',
    fault: 'finalized above safe, safe above the head',
    behaviour: 'both labels are dropped; the head is followed',
    shown: [
      { file: CHAIN, test: 'finalized above safe' },
      { file: CHAIN, test: 'safe and finalized above the head' },
    ],
  },
  {
    id: 'S19',
    fault: 'a block whose hash or roots do not recompute',
    behaviour: 'never reaches the EL; is asked for again, and after three times holds `block-rejected`',
    shown: [
      { file: BLOCKS, test: 'is waited for with the reason named, when it stays so' },
      { file: BLOCKS, test: '%s', of: 'another transactions root' },
      { file: JSON_BLOCKS, test: '%s', of: 'another state root' },
      { file: 'test/payload/mutations.test.ts', test: 'when any bit of its RLP is flipped' },
    ],
  },
  {
    id: 'S20',
    fault: 'another block than the one asked for, or one on another parent',
    behaviour: 'is not taken; both sides are compared anew',
    shown: [
      { file: JSON_BLOCKS, test: 'is an answer that is not taken' },
      { file: BLOCKS, test: 'never reaches the EL when it has another parent' },
    ],
  },
  {
    id: 'S21',
    fault: 'another chain, at the start or later',
    behaviour: '76 before anything is written; later a hold, a second proof, then 76',
    shown: [
      { file: BOOT, test: 'another genesis: 76 (S21, E19)' },
      { file: CHAIN, test: 'that becomes one below our head: ends with 76 and without a write' },
      { file: CHAIN, test: 'that shows it in one answer only: goes on' },
      { file: CL, test: 'ends with 76 and without a write' },
    ],
  },
  {
    id: 'S22',
    fault: 'it goes back to an ancestor of the head of the EL',
    behaviour: 'the EL stays where it is; it is followed on, or recovered, when the source goes on',
    shown: [{ file: POSITIONS, test: 'is left where it stands, by a running lockstep and by a new one: %s' }],
  },
  {
    id: 'S23',
    fault: 'a missing block below its head',
    behaviour: 'holds `source-gap` at the block before it; says when it is pruned',
    shown: [{ file: BLOCKS, test: '%s: waits at the block before it, then goes on', of: 'pruned' }],
  },
  {
    id: 'S24',
    fault: 'it answers and shows no new block',
    behaviour:
      'one warning after a minute, and `lockstep_source_head_age_seconds`; no hold and no change of readiness, since a chain that stands still looks the same',
    shown: [
      { file: HOSTILE, test: 'costs no hold, no recovery and no write, and is followed when it goes on' },
      {
        file: 'test/status/source-age.test.ts',
        test: 'for a minute is one warning, and one line when it shows one again',
      },
    ],
    changed: {
      planned: 'Readiness by the age of the block',
      why: 'A chain whose sequencer pauses looks like a node that stands still, and the EL is in step with either.',
    },
  },
  {
    id: 'S25',
    fault: 'an absurd height or time',
    behaviour: 'is refused, or followed as far as there are blocks',
    shown: [
      wire('a height above every chain (S25)'),
      { file: BLOCKS, test: 'is followed as far as there are blocks' },
      { file: BLOCKS, test: '%s', of: 'a far future (S25)' },
    ],
  },
  {
    id: 'S26',
    fault: 'a block of a fork that is not known',
    behaviour: 'holds by the name of what is unknown; 76 at the start',
    shown: [
      { file: BLOCKS, test: '%s holds by name, at once' },
      {
        file: 'test/els/bad-blocks.test.ts',
        test: 'is followed up to the block before it, and then held; a start there is refused: 76',
        on: 'geth',
      },
    ],
  },
];
