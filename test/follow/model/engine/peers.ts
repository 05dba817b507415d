import type { Tree } from '../tree.js';
import type { EngineModel } from './state.js';

/** Its peers still give it blocks. */
export function isFetching({ wanted, peerBlocks }: EngineModel): boolean {
  return wanted !== null && peerBlocks !== null && peerBlocks > 0;
}

/** It executes one more block of its peers; one of another branch is taken whole. */
export function fetched(tree: Tree, engine: EngineModel): EngineModel {
  const { wanted, peerBlocks, head, known, states } = engine;
  if (wanted === null || peerBlocks === null || peerBlocks === 0) return engine;
  const next = tree.isOnLine(head, wanted) ? tree.atHeight(wanted, tree.height(head) + 1) : wanted;
  if (next === null) return engine;
  const line = tree.line(next);
  return arrived(tree, {
    ...engine,
    head: next,
    known: known | line,
    states: states | line,
    peerBlocks: peerBlocks - 1,
  });
}

/** It stands where it was pointed to, or above. */
export function arrived(tree: Tree, engine: EngineModel): EngineModel {
  const { wanted, head } = engine;
  return wanted !== null && tree.height(head) >= tree.height(wanted) ? { ...engine, wanted: null } : engine;
}
