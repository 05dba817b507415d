import type { LockstepError } from '../util/errors.js';
import type { ElSyncPolicy } from './el-sync-state.js';
import type { HoldReason } from './state.js';

/** How long the loop sleeps when nothing calls for an action; news from a poller wakes it earlier. */
export const IDLE_MS = 1_000;

/** While following, labels and eth_syncing of the EL are this old at most. */
export const WHOLE_LOOK_EVERY_MS = 4_500;

/** Right behind a block a look delays nothing, so the EL is looked at as a whole there rather than before the next block. */
export const WHOLE_LOOK_BEHIND_BLOCK_MS = 3_500;

/**
 * So long an EL is taken to stand where it was led, and is sent the next block without a look. One that left meanwhile
 * answers that block with something else than VALID, or shows it in the forkchoice. Longer than the 2 s from block to
 * block of most L2s.
 */
export const LED_HEAD_STANDS_MS = 2_500;

/** ELs complain after 70 to 120 s without a consensus client (operators: market facts), so the triple is repeated. */
export const KEEP_ALIVE_MS = 55_000;

/** A gap of more blocks than this is called syncing. */
export const SYNCING_GAP_BLOCKS = 8;

/**
 * From this gap on an EL sync is worth it. reth fetches up to 32 blocks one by one and starts its pipeline above that
 * (engines 14), and geth makes no difference; this is twice as far, so that a moving head does not matter.
 */
const EL_SYNC_GAP_BLOCKS = 64;

/** An EL that has peers showed its sync within 0.1 s (geth 1.17.7, reth 2.5.1); one that looks for peers needs longer. */
const EL_SYNC_START_MS = 30_000;

/** `timeoutMs` is the operator's limit for a sync that shows no progress; one that does not begin has no longer. */
export function elSyncPolicy(timeoutMs: number): ElSyncPolicy {
  return { gapBlocks: EL_SYNC_GAP_BLOCKS, startMs: Math.min(EL_SYNC_START_MS, timeoutMs), stallMs: timeoutMs };
}

/** For an EL sync as the last way of a recovery: it is never due because of a gap. */
export const LAST_WAY: ElSyncPolicy = { gapBlocks: Infinity, startMs: EL_SYNC_START_MS, stallMs: 10 * 60_000 };

/** The pause before an EL that shows nothing of a sync is pointed at the target again. */
export const EL_SYNC_NUDGE_MS = 10_000;

/** How often an EL that syncs is pointed at the newer head of the source. */
export const EL_SYNC_REAIM_MS = 60_000;

/** Two coherent reads with different hashes make a divergence (design rule 2). */
export const CONFIRM_DIVERGENCE_READS = 2;

/** The pause between the reads that confirm a divergence: a lagging replica gets the chance to catch up. */
export const CONFIRM_DELAY_MS = 500;

/** The pause before a way back that was not found, or not taken, is looked for again. */
export const RECOVERY_RETRY_MS = 60_000;

/** Recoveries that follow each other closely are this far apart at most (reliability L5). */
export const MAX_COOLDOWN_MS = 30 * 60_000;

/** So often a rung is tried whose outcome is unknown. */
export const UNKNOWNS_PER_RUNG = 3;

/** The EL's head moves without us this often, each within the window of the last: somebody else drives it (reliability E18). */
export const FOREIGN_MOVES_TO_HOLD = 3;
export const FOREIGN_WINDOW_MS = 10 * 60_000;

/** The hold for a foreign writer ends when it has been quiet for so long. */
export const FOREIGN_QUIET_MS = 60_000;

/** How long a payload that the EL refused is not sent again within one session (reliability E6). */
export const REFUSED_TTL_MS = 10 * 60_000;

/** After a timed-out write the EL is only watched, for this long, doubling up to the cap (reliability E13). */
export const UNSETTLED_TIMEOUT_MS = 8_000;
export const UNSETTLED_MAX_MS = 10 * 60_000;

/** After a connection that broke during a write; the EL answers reads again, so its queue is short. */
export const UNSETTLED_RESET_MS = 500;

/** A consensus client that stands behind what it had derived is taken at its word after this long (reliability S16). */
export const REPLAY_GUARD_MAX_MS = 10 * 60_000;

/** A failure of the same kind at the same place is named in a hold from this count on; before that it is a hiccup. */
export const HOLD_AFTER: Readonly<Record<HoldReason['kind'], number>> = {
  'engine-unavailable': 1,
  'engine-syncing': 1,
  'engine-unsettled': 1,
  'engine-stuck': 5,
  'engine-snap-sync': 5,
  'engine-unfit': 1,
  'payload-refused': 1,
  'source-unavailable': 1,
  'source-gap': 5,
  'block-rejected': 3,
  'finalized-divergence': 1,
  'recovery-off': 1,
  'recovery-pausing': 1,
  'recovery-too-deep': 1,
  'recovery-failed': 1,
  'foreign-writer': 1,
  paused: 1,
};

/** Two calls per this many blocks are a quarter of a call per block: labels move with the L1 (performance 7.3). */
const SAFETY_EVERY_BLOCKS = 8;
const SAFETY_MIN_MS = 4_000;
const SAFETY_MAX_MS = 30_000;

/** The pause until the next look at safe and finalized: the one that is set, or one that follows the blocks. */
export function safetyMs(set: number | 'auto', blockTimeMs: number | null): number {
  if (set !== 'auto') return set;
  return Math.min(SAFETY_MAX_MS, Math.max(SAFETY_MIN_MS, SAFETY_EVERY_BLOCKS * (blockTimeMs ?? 0)));
}

const CONSENSUS_POLL_UNKNOWN_MS = 500;
const CONSENSUS_POLL_MIN_MS = 200;
const CONSENSUS_POLL_MAX_MS = 6_000;

/** The pause until the next look at a consensus client: the one that is set, or half of the block time. */
export function consensusPollMs(set: number | 'auto', blockTimeMs: number | null): number {
  if (set !== 'auto') return set;
  if (blockTimeMs === null) return CONSENSUS_POLL_UNKNOWN_MS;
  return Math.min(CONSENSUS_POLL_MAX_MS, Math.max(CONSENSUS_POLL_MIN_MS, blockTimeMs / 2));
}

interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Retry pace towards the EL and towards the source (reliability 5: policies Re and Rs). */
export const ENGINE_BACKOFF: Backoff = { minMs: 100, maxMs: 5_000 };
export const SOURCE_BACKOFF: Backoff = { minMs: 250, maxMs: 15_000 };

/** A subscription that is refused costs nothing but itself, since the head is looked for meanwhile. */
export const HEAD_FEED_BACKOFF: Backoff = { minMs: 500, maxMs: 60_000 };

/**
 * The pause after failure number `count` (from 1) in a row: exponential, with the upper half jittered so that a fleet
 * does not retry in step, and never under 50 ms. A longer one that the peer asked for (Retry-After) is granted.
 */
export function backoffMs(backoff: Backoff, count: number, random: number, error: LockstepError | null): number {
  const ceilingMs = Math.min(backoff.maxMs, backoff.minMs * 2 ** Math.min(count - 1, 20));
  const askedMs = error?.data['retryAfterMs'];
  return Math.max(50, Math.round(ceilingMs * (0.5 + random / 2)), typeof askedMs === 'number' ? askedMs : 0);
}
