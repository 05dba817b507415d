import { NOT_SYNCING, type EngineSyncing } from '../../../../src/engine/engine.js';
import type { EngineView } from '../../../../src/follow/state.js';
import type { Index, Tree } from '../tree.js';
import type { EngineModel } from './state.js';

/** What the EL shows of itself, with its canonical blocks at the heights asked for. */
export function viewOf(tree: Tree, engine: EngineModel, heights: readonly number[]): EngineView {
  const pick = (index: Index | null) => (index === null ? null : tree.ref(index));
  const heads = { unsafe: tree.ref(engine.head), safe: pick(engine.safe), finalized: pick(engine.finalized) };
  return {
    heads,
    syncing: syncingOf(tree, engine),
    at: new Map(heights.map((height) => [height, pick(tree.atHeight(engine.head, height))])),
    hungUp: false,
    foreignMove: false,
  };
}

/** A geth whose peers have gone goes on to show what it wanted (measured with 1.17.7). */
function syncingOf(tree: Tree, { syncing, wanted, peerBlocks, head }: EngineModel): EngineSyncing {
  if (!syncing && (wanted === null || peerBlocks === null)) return NOT_SYNCING;
  return { busy: true, underway: true, at: tree.height(head), work: tree.height(head) };
}
