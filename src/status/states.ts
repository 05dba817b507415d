import type { HoldReason, PhaseKind } from '../follow/state.js';

/** The states, as logs, metrics and docs/states.md name them. */
export const PHASE_MEANINGS: Readonly<Record<PhaseKind, string>> = {
  starting: 'both sides are identified and compared; nothing is written yet',
  syncing:
    'the EL is more than a few blocks behind: blocks are fetched ahead and replayed as fast as the EL takes them, ' +
    'or (--l2.sync-mode el-sync) it is left to sync with its own peers',
  following: 'the EL is at the head of the source, or a few blocks from it',
  recovering:
    'the EL is on another branch than the source: the common ancestor is looked for, the EL is brought to it, and the blocks of the source above it are replayed',
  holding: 'nothing changes in the EL, for the reason in the log; lockstep keeps looking and goes on by itself',
  halted: 'a person is needed: the process logs one line at level crit and exits with the code of the error',
};

interface HoldMeaning {
  readonly meaning: string;
  /** What has to happen, and whether somebody has to do it. */
  readonly ends: string;
}

/** Every reason of a hold. The forkchoice that the EL already has is still repeated once a minute where that is safe. */
export const HOLD_MEANINGS: Readonly<Record<HoldReason['kind'], HoldMeaning>> = {
  'engine-unavailable': {
    meaning: 'the EL cannot be reached, or refuses our JWT',
    ends: 'when the EL answers again: it is identified and compared anew before the next write',
  },
  'engine-syncing': {
    meaning: 'the EL says that it is syncing by itself',
    ends: 'when it has finished, or when it takes a forkchoice for its own head all the same',
  },
  'engine-unsettled': {
    meaning: 'a call that changes the EL timed out or was cut, so its outcome is unknown',
    ends: 'when the wait is over (8 s after a timeout, doubling; half a second after a cut connection): then the EL shows what happened',
  },
  'engine-stuck': {
    meaning: 'the EL keeps answering SYNCING, ACCEPTED, an error, or VALID without moving, for the same block',
    ends: 'when it takes the block; look at its log, its disk, and whether its state for the parent block is there; a `sign` in the log line tells what such answers are typical of',
  },
  'engine-snap-sync': {
    meaning:
      'the EL answers SYNCING to the block after its own head although it shows no sync of its own: it is in snap mode, ' +
      'where it takes states from peers and executes nothing',
    ends:
      'when the EL executes blocks: start it with full sync (geth, op-geth: --syncmode full), and on a freshly ' +
      'initialised data directory if it goes on answering SYNCING',
  },
  'engine-unfit': {
    meaning:
      'the EL refused a verified payload without judging its block: it reads another method version or lacks the fork or ' +
      'the OP Stack rules of the chain, or data of its own is missing or misread; neither block nor source is to blame',
    ends:
      'when the EL supports the fork (upgrade it, compare its genesis file; an OP Stack chain needs op-geth or op-reth), or ' +
      'its database is whole again (restart it; if that does not help, initialise it anew); an `advice` in the log line ' +
      'comes first',
  },
  'payload-refused': {
    meaning:
      'the EL judged a verified block INVALID, or found it too large; it is not sent again in this session for 10 minutes',
    ends: 'when the source shows another block at that height, or the EL is upgraded, reconfigured or restarted',
  },
  'source-unavailable': {
    meaning: 'the source cannot be reached, throttles us, or answers nonsense',
    ends: 'when it answers again: chain id and genesis are compared anew before its blocks are used',
  },
  'source-gap': {
    meaning: 'the source lacks a block below its own head, or serves branches that do not connect',
    ends: 'when it serves the block; a pruned one needs another source or a newer data directory for the EL',
  },
  'block-rejected': {
    meaning: 'a block of the source does not recompute to what it claims, or cannot be carried; the EL never saw it',
    ends: 'when the source serves a sound block; the error says what is wrong',
  },
  'finalized-divergence': {
    meaning:
      "the source's chain leaves the EL's at or below a block that is final here: following it would take finality back, " +
      'which the EL would allow and lockstep never does',
    ends:
      'when the source shows the final block again; otherwise a person decides: point lockstep at a source that can be ' +
      'trusted, or initialise the EL anew if it is the one that is wrong',
  },
  'recovery-off': {
    meaning: 'the EL is on another branch than the source, and --recovery.mode or --dry-run forbids to bring it back',
    ends: 'when both agree again at that height, or lockstep is restarted with --recovery.mode auto (and without --dry-run)',
  },
  'recovery-pausing': {
    meaning: 'the EL is on another branch than the source again, soon after a recovery: the source may be flapping',
    ends: 'when --recovery.cooldown is over (it doubles while recoveries follow each other), or both agree again',
  },
  'recovery-too-deep': {
    meaning: 'the EL left the chain of the source deeper than --recovery.max-depth',
    ends: 'when both agree again at that height, or lockstep is restarted with a greater --recovery.max-depth',
  },
  'recovery-failed': {
    meaning: 'the common ancestor is known, and no way that may be taken brings the EL back to it',
    ends: 'when the EL is helped as the `advice` in the log says; the ways are tried again once a minute, and when the source goes on',
  },
  'foreign-writer': {
    meaning: "the EL's head moved three times without lockstep: something else drives the same engine port",
    ends: 'a minute after the last such move; stop the other consensus client (op-node, another lockstep) of this EL',
  },
  paused: {
    meaning: 'an operator paused lockstep (follow_pause): not even a keep-alive is sent',
    ends: 'with follow_resume, or a restart of lockstep',
  },
};

/** What an `engine-stuck` says in the field `sign` when its answers are those of an EL that was killed (engines-measured 1.3). */
export const STALE_MAPPING =
  'the EL still maps old blocks above its head, as after a kill; a restart does not clear them: set its head to where it stands (debug_setHead), or initialise its database anew';
