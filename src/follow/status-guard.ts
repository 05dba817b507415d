import type { BlockRef } from '../chain/block.js';
import type { SyncStatus } from '../chain/sync-status.js';
import { LockstepError } from '../util/errors.js';
import { shortHash } from '../util/hex.js';
import { REPLAY_GUARD_MAX_MS } from './limits.js';
import type { UnusedLabels } from './state.js';

/** How far the client had derived when its labels were last used, and since when (ms) it stands behind that. */
export interface Derived {
  readonly l1: number;
  readonly localSafe: number;
  readonly behindSince: number | null;
}

interface Judgement {
  readonly derived: Derived | null;
  readonly unused: UnusedLabels | null;
}

/**
 * Whether the labels of a sync status may be used. A client that restarted goes back in safe and climbs again (opstack
 * 7): as long as it is at or behind the L1 block that it had reached, and behind in what it derived from L1, it is
 * replaying. Without an L1 of our own a real L1 reorg looks the same, so the guard has an end: a newer L1 block, the
 * same derived block, or REPLAY_GUARD_MAX_MS.
 */
export function judgeLabels(before: Derived | null, status: SyncStatus, now: number): Judgement {
  if (status.currentL1 === null) return { derived: before, unused: 'underived' };
  const localSafe = (status.localSafe ?? status.safe)?.number ?? -1;
  const shown: Derived = { l1: status.currentL1.number, localSafe, behindSince: null };
  const behind = before !== null && shown.l1 <= before.l1 && shown.localSafe < before.localSafe;
  if (!behind) return { derived: shown, unused: null };
  const behindSince = before.behindSince ?? now;
  if (now - behindSince >= REPLAY_GUARD_MAX_MS) return { derived: shown, unused: null };
  return { derived: { ...before, behindSince }, unused: 'replaying' };
}

/**
 * Gives back a status whose blocks can be of one chain: finalized <= safe <= local safe, and none of the first two above
 * unsafe. Blocks of one height must be one block. What is not set says nothing, and never counts as block 0 (op #20295).
 * @throws LockstepError SOURCE_SCHEMA
 */
export function requireOrdered(status: SyncStatus): SyncStatus {
  const { unsafe, safe, finalized, localSafe } = status;
  const ordered = notAbove(finalized, safe) && notAbove(safe, unsafe) && notAbove(finalized, unsafe);
  const derived = [finalized, safe].every(
    (ref) => ref === null || localSafe === null || ref.number <= localSafe.number,
  );
  if (ordered && derived) return status;
  const shown = Object.entries({ finalized, safe, local_safe: localSafe, unsafe });
  const detail = `optimism_syncStatus is out of order: ${shown.map(([name, ref]) => `${name} ${nameOf(ref)}`).join(', ')}`;
  throw new LockstepError('SOURCE_SCHEMA', { detail });
}

function notAbove(low: BlockRef | null, high: BlockRef | null): boolean {
  if (low === null || high === null) return true;
  return low.number === high.number ? low.hash === high.hash : low.number < high.number;
}

function nameOf(ref: BlockRef | null): string {
  return ref === null ? 'not set' : `${ref.number} ${shortHash(ref.hash)}`;
}
