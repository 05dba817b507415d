import type { BlockRef } from '../chain/block.js';
import { EL_SYNC_NUDGE_MS, EL_SYNC_REAIM_MS } from './limits.js';
import type { ElSync, ElSyncEnd, ElSyncRun } from './el-sync-state.js';
import type { EngineView, State } from './state.js';

/** The EL took the target: from now on it is left alone. */
export function pointed(
  state: State,
  { from, target, ancestor }: { readonly from: BlockRef; readonly target: BlockRef; readonly ancestor: number | null },
  peers: number | null,
  now: number,
): State {
  const { elSync } = state;
  if (elSync === null) return state;
  if (elSync.stage === 'running') return { ...state, elSync: { ...elSync, target, aimedAt: now, peers } };
  const begun = {
    ancestor,
    started: false,
    at: from.number,
    by: 'latest',
    work: { head: from.number, sync: 0 },
  } as const;
  const { policy } = elSync;
  return { ...state, elSync: { policy, stage: 'running', target, peers, aimedAt: now, movedAt: now, ...begun } };
}

/** The EL does not want to sync: what it answered is the reason. */
export function refusedToSync(state: State, target: BlockRef, answer: string): State {
  return giveUp(state, { why: 'refused', target, at: state.standing?.number ?? 0, peers: null, answer });
}

/** What the EL shows of the sync that it was left to: an end, progress, or nothing for too long. */
export function watched(state: State, engine: EngineView, now: number): State {
  const { elSync } = state;
  if (elSync?.stage !== 'running') return state;
  const { policy, target, peers } = elSync;
  const head = engine.heads.unsafe.number;
  // What eth_syncing still says is about the past (reth): the next forkchoice shows whether the EL is ready.
  if (head >= target.number) return replaying({ ...state, elSync: { policy, stage: 'idle' } });
  const run = progressed(elSync, engine, now);
  const { at, started } = run;
  const idleMs = now - run.movedAt;
  if (idleMs < (started ? policy.stallMs : policy.startMs)) return { ...state, elSync: { policy, ...run } };
  return giveUp(state, { why: started ? 'stalled' : 'not-started', target, at, peers, answer: null });
}

/**
 * An EL that came down, perhaps by the sync and perhaps by a restart: what it shows next tells, so it has to begin once more.
 * Any other one may try again in its new lifetime.
 */
export function cameDown(elSync: ElSync | null, { heads: { unsafe } }: EngineView, now: number): ElSync | null {
  const isBelow = elSync?.stage !== 'running' || elSync.ancestor === null || unsafe.number < elSync.ancestor;
  if (isBelow) return renewed(elSync);
  return { ...elSync, started: false, work: { head: unsafe.number, sync: 0 }, movedAt: now };
}

/** While the EL cannot be read nobody knows whether it gets on, so that time does not count. */
export function unwatched(elSync: ElSync | null, now: number): ElSync | null {
  return elSync?.stage === 'running' ? { ...elSync, movedAt: now } : elSync;
}

function progressed(run: ElSyncRun, { heads, syncing }: EngineView, now: number): ElSyncRun {
  const head = heads.unsafe.number;
  const moved = head > run.work.head || syncing.work > run.work.sync;
  const work = { head: Math.max(head, run.work.head), sync: Math.max(syncing.work, run.work.sync) };
  const begins = !run.started && (moved || syncing.underway);
  const shown = syncing.underway && syncing.at > head ? syncing.at : head;
  return {
    ...run,
    started: run.started || begins,
    at: shown,
    by: shown > head ? 'eth_syncing' : 'latest',
    work,
    movedAt: moved || begins ? now : run.movedAt,
  };
}

function giveUp(state: State, end: Omit<ElSyncEnd, 'stage'>): State {
  if (state.elSync === null) return state;
  return replaying({ ...state, elSync: { policy: state.elSync.policy, stage: 'given-up', ...end } });
}

/** A sync that is over or goes nowhere does not keep blocks from the EL, whatever eth_syncing shows of it. */
function replaying(state: State): State {
  return { ...state, session: { ...state.session, ignoreSyncing: true } };
}

/** A new lifetime of the EL may try once more. */
export function renewed(elSync: ElSync | null): ElSync | null {
  return elSync === null ? null : { policy: elSync.policy, stage: 'idle' };
}

/** The gap is one for an EL sync, and this session has not given it up. */
export function isElSyncDue({ elSync }: State, head: BlockRef, goal: BlockRef): boolean {
  if (elSync === null || elSync.stage === 'given-up') return false;
  return goal.number - head.number >= elSync.policy.gapBlocks;
}

/** A sync that has not begun is asked for again soon; one that goes on is pointed at the newer head now and then. */
export function isAimOld({ target, aimedAt, started }: ElSyncRun, goal: BlockRef, now: number): boolean {
  if (!started) return now - aimedAt >= EL_SYNC_NUDGE_MS && goal.number >= target.number;
  return now - aimedAt >= EL_SYNC_REAIM_MS && goal.number >= target.number && goal.hash !== target.hash;
}
