import type { BlockRef } from '../chain/block.js';
import { forkchoice, type Forkchoice } from '../chain/forkchoice.js';
import type { AppliedForkchoice, Engine, EngineAnswer } from '../engine/engine.js';
import type { Source } from '../source/source.js';
import { asLockstepError } from '../util/errors.js';
import { prepareFar } from './prepare.js';
import type { Action, ExtendStop, Outcome } from './action.js';

interface AimDeps {
  readonly source: Source;
  readonly engine: Engine;
  /** Sends a forkchoice and reads it back. */
  readonly apply: (fc: Forkchoice) => Promise<AppliedForkchoice>;
}

/**
 * Points the EL at a far block of the source: a verified payload, and a forkchoice that names it. SYNCING is what an EL
 * answers that has to fetch what lies between. The forkchoice carries no labels: of the source's the EL may know none
 * yet (-38002), and its own are where they are.
 */
export async function aim(
  { from, target }: Extract<Action, { do: 'el-sync' }>,
  deps: AimDeps,
  stop: AbortSignal,
): Promise<Outcome> {
  const failed = await aimAt(from, target, deps, stop);
  if (failed !== null) return { of: 'el-sync', from, target, stop: failed };
  return { of: 'el-sync', from, target, stop: { why: 'aimed', peers: await deps.engine.peerCount(stop) } };
}

async function aimAt(from: BlockRef, target: BlockRef, deps: AimDeps, stop: AbortSignal): Promise<ExtendStop | null> {
  const prepared = await prepareFar(target, deps.source, stop);
  if (prepared.kind === 'stop') return prepared.stop;
  const aside = await asideOf([from, target], deps.source, stop);
  if (aside !== null) return aside;
  if (stop.aborted) return { why: 'aborted' };
  const answer = await deps.engine.newPayload(prepared.payload, stop);
  if (!isTaken(answer)) return { why: 'payload-answer', block: target, answer };
  const applied = await deps.apply(forkchoice(target, { safe: null, finalized: null }));
  if (isTaken(applied.answer)) return null;
  const effect = applied.effect === 'moved' ? 'head-only' : applied.effect;
  return { why: 'forkchoice-answer', block: target, answer: applied.answer, effect };
}

/** VALID is for an EL that has the block already. */
function isTaken({ status }: EngineAnswer): boolean {
  return status === 'VALID' || status === 'SYNCING' || status === 'ACCEPTED';
}

/**
 * Null when the source shows these very blocks at their heights, in one answer. An EL follows a forkchoice to any branch, also
 * to one that leaves its own below its finalized block: so both ends of the gap have to be on one chain of the source.
 */
async function asideOf(refs: readonly BlockRef[], source: Source, signal: AbortSignal): Promise<ExtendStop | null> {
  try {
    const heights = refs.map(({ number }) => number);
    const found = await source.refsAt(heights, signal);
    for (const [index, { number, hash }] of refs.entries()) {
      const there = found[index];
      if (there?.kind !== 'found') return { why: 'absent', number, pruned: there?.kind === 'pruned' };
      if (there.value.hash !== hash) return { why: 'unlinked', number };
    }
    return null;
  } catch (thrown) {
    const error = asLockstepError(thrown);
    if (error.code === 'ABORTED') return { why: 'aborted' };
    if (error.code.startsWith('SOURCE_')) return { why: 'source-failed', error };
    throw error;
  }
}
