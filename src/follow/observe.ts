import type { Engine } from '../engine/engine.js';
import type { BlockRef, Labels } from '../chain/block.js';
import { asLockstepError } from '../util/errors.js';
import { heightsOfInterest } from './labels.js';
import type { Outcome } from './action.js';
import type { EngineView, Observation, Seen, SourceView } from './state.js';

/** Looks at both sides once. The EL is read now; the source's part is the newest that its pollers brought. */
export async function observe(
  engine: Engine,
  source: Seen<SourceView>,
  outcome: Outcome | null,
  remembered: Labels,
  signal: AbortSignal,
): Promise<Observation> {
  const view = source.kind === 'seen' ? source.value : null;
  return { engine: await observeEngine(engine, view, remembered, signal), source, outcome };
}

async function observeEngine(
  engine: Engine,
  source: SourceView | null,
  remembered: Labels,
  signal: AbortSignal,
): Promise<Seen<EngineView>> {
  try {
    const [heads, syncing] = await Promise.all([engine.heads(signal), engine.syncing(signal)]);
    // At once: a new head of the source waits for these answers.
    const read = async (height: number): Promise<[number, BlockRef | null]> => {
      return [height, height === heads.unsafe.number ? heads.unsafe : await engine.refAt(height, signal)];
    };
    const at = new Map(await Promise.all(heightsOfInterest(heads, source, remembered).map(read)));
    return { kind: 'seen', value: { heads, syncing, at } };
  } catch (thrown) {
    const error = asLockstepError(thrown);
    if (error.code === 'INTERNAL' || error.code === 'ABORTED') throw error;
    return { kind: 'failed', error };
  }
}
