import type { HoldReason } from '../follow/state.js';

export interface HoldGuide {
  /** The fields of its log line beside `reason` and `ends`. */
  readonly fields: readonly string[];
  /** Metrics that tell more than `lockstep_holding`. */
  readonly metrics: readonly string[];
  /** What lockstep does without anybody's help. */
  readonly alone: string;
  /** What the operator does, the likeliest first. */
  readonly todo: readonly string[];
}

const FAILURE = ['code', 'err', 'fix'];
const FORK = ['at', 'source', 'local'];
const PLAN = ['ancestor', 'hash', 'depth', 'target', 'plan'];
const REFUSALS = ['lockstep_el_calls_total'];
const SOURCE_CALLS = ['lockstep_src_requests_total'];
const DIVERGENCE = ['lockstep_divergence_active'];

const ENGINE_HOLDS = {
  'engine-unavailable': {
    fields: FAILURE,
    metrics: ['lockstep_el_sessions_total', 'lockstep_el_hang_seconds'],
    alone:
      'asks again about once a second, for ever. An EL that answers again is identified and compared, gets its labels back with one ' +
      'forkchoice, and the blocks that it misses are replayed. One that takes calls and answers none ends lockstep with 75 after `--engine-watchdog`.',
    todo: [
      '`ENGINE_UNREACHABLE`: start the EL, or read in its log why it ended; its engine port has to be the one of `--l2`.',
      '`ENGINE_TIMEOUT`: look at its processor, disk and log; restart it where it stays silent.',
      '`ENGINE_AUTH`: the same secret file for both, and both clocks within 60 s (NTP).',
      '`ENGINE_FORBIDDEN`: add the host name of `--l2` to its `--authrpc.vhosts`.',
    ],
  },
  'engine-syncing': {
    fields: [],
    metrics: [],
    alone:
      'leaves the EL alone, but for one forkchoice a minute for its own head: one that answers VALID although it shows a sync is followed.',
    todo: [
      'Wait: `eth_syncing` of the EL tells how far it is.',
      'An EL without peers never finishes: give it peers, or restart it with full sync.',
    ],
  },
  'engine-unsettled': {
    fields: FAILURE,
    metrics: ['lockstep_el_unknown_outcome_total'],
    alone:
      'only reads the EL for 8 s after a timeout (twice as long each time, 10 minutes at most) or half a second after a cut ' +
      'connection, and sends the call again where the EL shows that it was not carried out.',
    todo: [
      'Once: nothing.',
      'Again and again: the EL is too slow or its connection bad. Look at its disk and log, or raise `--l2.engine-timeout`.',
    ],
  },
  'engine-stuck': {
    fields: ['at', 'answer', 'sign'],
    metrics: [...REFUSALS, 'lockstep_fcu_not_applied_total'],
    alone:
      'tries the block again at pauses of up to 5 s and goes on when the EL takes it. The stale mappings of a killed EL (`sign`) are cleared with a ' +
      'copied sibling, unless `--recovery.synthetic=false` or `--recovery.mode` forbids it.',
    todo: [
      'An error in `answer`, as of a full disk: do what it says; the log of the EL has more.',
      '`SYNCING` or `ACCEPTED`: the EL lacks the state of the parent block. Restart it; initialise its database anew if that does not help.',
      '`VALID, unmoved` or `-38006` with `sign`: set its head to where it stands (`debug_setHead`), or initialise its database anew; a restart does not help.',
      '`VALID, head-only`: the EL drops labels of a forkchoice for the head that it has; upgrade it.',
    ],
  },
  'engine-snap-sync': {
    fields: ['at'],
    metrics: REFUSALS,
    alone: 'tries the block again at pauses of up to 5 s.',
    todo: [
      'Start the EL with full sync (geth, op-geth: `--syncmode full`).',
      'If it goes on answering SYNCING: initialise its data directory anew, with full sync from the first start on.',
    ],
  },
  'engine-unfit': {
    fields: ['number', 'hash', 'answer', 'advice'],
    metrics: REFUSALS,
    alone:
      'does not send the payload again for 10 minutes in this session of the EL; asks once more after a restart of it. An error for the form of ' +
      'the same payload twice ends lockstep with 76.',
    todo: [
      'With `advice` in the log line: restart the EL. An op-geth that was moved back by a copied block misreads its states above it until then, and calls sound blocks INVALID; to spare it that, list debug in its `--http.api`.',
      '`hash mismatch` and the like in `answer`: upgrade the EL to a version that knows the fork, and compare its genesis file with that of the source.',
      '`missing trie node`, `append operation is out-order` and the like: restart the EL; if that does not help, initialise its database anew.',
      'An OP Stack chain needs op-geth or op-reth.',
    ],
  },
  'payload-refused': {
    fields: ['number', 'hash', 'answer', ...FAILURE],
    metrics: REFUSALS,
    alone:
      'sends neither the payload for 10 minutes in this session of the EL nor any block above it; another block of the source at that height is ' +
      'followed at once, and a restarted EL is asked once more.',
    todo: [
      'Ask a third node for the block at `number`. If its hash is another one, the source is wrong: choose another.',
      'If it is the same, the EL is wrong: upgrade or restart it, and report `answer` to its makers.',
      '`ENGINE_OVERSIZE`: raise the request limit of the EL, or of the proxy before it, above the size in `err`.',
    ],
  },
  'foreign-writer': {
    fields: ['moves'],
    metrics: ['lockstep_foreign_fcu_total'],
    alone: 'writes nothing until the head has not been moved by others for a minute.',
    todo: [
      'Stop the other consensus client of this EL (op-node, another lockstep, also on another machine).',
      'If there is none, give the EL a new JWT secret: somebody has the old one.',
    ],
  },
} as const;

const SOURCE_HOLDS = {
  'source-unavailable': {
    fields: FAILURE,
    metrics: SOURCE_CALLS,
    alone:
      'asks again after 0.25 to 15 s, or when `Retry-After` is over, for ever. A source that comes back proves chain id and genesis first; another ' +
      'chain ends lockstep with 76.',
    todo: [
      '`SOURCE_UNREACHABLE`, `SOURCE_TIMEOUT`: is the node up, and reachable from here? `err` names the URL.',
      '`SOURCE_THROTTLED`: set `--l2.follow.source.rpc-rate-limit` to what the provider allows, or ask for a higher limit.',
      '`SOURCE_AUTH`, `SOURCE_REDIRECT`: correct the URL, its key or `--l2.follow.source.header`.',
      'Anything else: the provider answers nonsense; point `--l2.follow.source` at another node if it lasts.',
    ],
  },
  'source-gap': {
    fields: ['at', 'pruned'],
    metrics: SOURCE_CALLS,
    alone: 'asks for the block again at pauses of up to 15 s, and has the source prove its chain again.',
    todo: [
      '`pruned=true`: the source does not keep the block. Use an archive node, or a newer data directory for the EL.',
      'Behind a load balancer: its nodes are on different branches or far apart; pin lockstep to one of them.',
      'With `--l2.follow.source.cl`: consensus client and EL of the source have to be of one node.',
    ],
  },
  'block-rejected': {
    fields: ['at', ...FAILURE],
    metrics: ['lockstep_payload_rejected_total'],
    alone: 'keeps the block from the EL and asks for it again at pauses of up to 15 s.',
    todo: [
      '`BLOCK_UNSUPPORTED_FORK`: upgrade lockstep.',
      '`BLOCK_UNKNOWN_TRANSACTION`: use a source with `debug_getRawBlock`.',
      '`BLOCK_REQUESTS_UNKNOWN`: use a source with `eth_getBlockReceipts` and the state of that block (an archive node).',
      '`BLOCK_NOT_REPLAYABLE`: start from a data directory that already holds these blocks.',
      'Any other code: the source serves a broken or forged block; use another one and report it to the provider.',
    ],
  },
} as const;

const RECOVERY_HOLDS = {
  'finalized-divergence': {
    fields: [...FORK, 'finalized'],
    metrics: ['lockstep_finalized_divergence', ...DIVERGENCE],
    alone:
      'sends nothing but the forkchoice that the EL has, tells it once at level crit, and compares on; it goes on by itself when the source shows the final ' +
      'block again. `--halt-on-finalized-divergence` exits with 80 instead.',
    todo: [
      'Ask a third node for the block at `finalized`.',
      'If it has the block of the EL (`local`), the source is wrong: set `--l2.follow.source` to a node that can be trusted.',
      'If it has that of the source, the EL is wrong: stop lockstep, initialise the EL anew, delete the journal (`--journal`), start both.',
      'Never set the head of the EL back by hand to make the message go away.',
    ],
  },
  'recovery-off': {
    fields: [...FORK, ...PLAN],
    metrics: DIVERGENCE,
    alone:
      'compares on, and does nothing because of `--recovery.mode` or `--dry-run`. With `alert` the line tells the way that `auto` would take.',
    todo: [
      'Find out which branch is right.',
      'Restart lockstep with `--recovery.mode auto`, and without `--dry-run`, to have the EL brought back.',
    ],
  },
  'recovery-pausing': {
    fields: FORK,
    metrics: [...DIVERGENCE, 'lockstep_recoveries_total'],
    alone:
      'waits for `--recovery.cooldown` (twice as long each time recoveries follow each other closely, 30 minutes at most), then recovers if both still differ.',
    todo: [
      'Once, after a reorg of the source: nothing.',
      'Again and again: the source flaps between two branches. Behind a load balancer pin lockstep to one node; else ask its operator.',
    ],
  },
  'recovery-too-deep': {
    fields: [...FORK, 'max_depth'],
    metrics: ['lockstep_reorg_too_deep', ...DIVERGENCE],
    alone: 'looks again once a minute, and goes on when both agree.',
    todo: [
      'Make sure that source and EL are of the same network: a fork that deep is rarely a reorg.',
      'Restart lockstep with a greater `--recovery.max-depth`, or initialise the EL anew if it is the one that is wrong.',
    ],
  },
  'recovery-failed': {
    fields: [...PLAN, 'tried', 'advice'],
    metrics: ['lockstep_reorg_too_deep', 'lockstep_recoveries_total', ...DIVERGENCE],
    alone:
      'tries every way again once a minute, at once when the source goes on from the ancestor, and after a restart of the EL. ' +
      '`--halt-on-unrecoverable` exits with 81 instead.',
    todo: [
      'Do what `advice` says: op-geth wants `debug` in `--http.api`, geth `--engine.maxreorgdepth 0`; `--recovery.admin-rpc` names another port with `debug_setHead`.',
      'Or give the EL peers that are on the chain of the source.',
      'Or initialise the EL anew; lockstep replays it from any state.',
    ],
  },
} as const;

const PAUSED = {
  paused: {
    fields: [],
    metrics: [],
    alone:
      'keeps looking at both sides and writes nothing, also no keep-alive, of whose absence most ELs complain after two minutes.',
    todo: ['Resume it when the work on the EL is done: `follow_resume`, or a restart.'],
  },
} as const;

/** What to do about every hold; docs/runbook.md is made of it. */
export const HOLD_GUIDES: Readonly<Record<HoldReason['kind'], HoldGuide>> = {
  ...ENGINE_HOLDS,
  ...SOURCE_HOLDS,
  ...RECOVERY_HOLDS,
  ...PAUSED,
};
