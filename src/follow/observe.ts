import type { Engine } from '../engine/engine.js';
import type { BlockRef } from '../chain/block.js';
import { asLockstepError } from '../util/errors.js';
import { heightsOfInterest } from './labels.js';
import type { EngineView, Observation, Outcome, Seen, SourceView } from './state.js';

/** Looks at both sides once. The EL is read now; the source's part is the newest that its pollers brought. */
export async function observe(
  engine: Engine,
  source: Seen<SourceView>,
  outcome: Outcome | null,
  signal: AbortSignal,
): Promise<Observation> {
  return { engine: await observeEngine(engine, source.kind === 'seen' ? source.value : null, signal), source, outcome };
}

async function observeEngine(
  engine: Engine,
  source: SourceView | null,
  signal: AbortSignal,
): Promise<Seen<EngineView>> {
  try {
    const [heads, syncing] = await Promise.all([engine.heads(signal), engine.syncing(signal)]);
    const at = new Map<number, BlockRef | null>();
    for (const height of heightsOfInterest(heads, source)) {
      at.set(height, height === heads.unsafe.number ? heads.unsafe : await engine.refAt(height, signal));
    }
    return { kind: 'seen', value: { heads, syncing, at } };
  } catch (thrown) {
    const error = asLockstepError(thrown);
    if (error.code === 'INTERNAL' || error.code === 'ABORTED') throw error;
    return { kind: 'failed', error };
  }
}
