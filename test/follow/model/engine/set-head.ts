import type { Index, Tree } from '../tree.js';
import type { EngineProfile } from './profile.js';
import { has, rejected, type Answered, type EngineModel } from './state.js';

const MISSING_METHOD = -32601;
const SERVER_ERROR = -32000;

/** debug_setHead (engines-measured 2.B). */
export function setHead(tree: Tree, profile: EngineProfile, engine: EngineModel, block: Index): Answered {
  const { setHead: does } = profile;
  if (does === 'missing') return rejected(engine, MISSING_METHOD, 'the method does not exist');
  if (does === 'lies') return { engine, answer: { status: 'VALID' } };
  if (tree.height(block) >= highest(tree, engine)) {
    return rejected(engine, SERVER_ERROR, 'not allowed to rewind to a future block');
  }
  // It names a number: the EL takes the block of its own chain.
  const target = tree.atHeight(engine.head, tree.height(block)) ?? engine.head;
  const lost = profile.deepSetHead === 'genesis' && !has(tree, engine.states, target);
  return { engine: rewound(tree, engine, lost ? 0 : target), answer: { status: 'VALID' } };
}

/** The header of a stale mapping's tip counts as the current one (core/blockchain.go of 1.17.7, loadLastState). */
function highest(tree: Tree, { head, mapped }: EngineModel): number {
  return tree.height(mapped ?? head);
}

function rewound(tree: Tree, engine: EngineModel, head: Index): EngineModel {
  const gone = tree.above(tree.height(head));
  const states = engine.states & ~gone;
  const keepsFinalized = engine.finalized !== null && tree.height(engine.finalized) <= tree.height(head);
  const label = keepsFinalized ? engine.finalized : null;
  return {
    ...engine,
    head,
    safe: label,
    finalized: label,
    known: engine.known & ~gone,
    states: has(tree, states, head) ? states : tree.bit(head),
    mapped: null,
  };
}
