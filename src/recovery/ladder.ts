import { depthOf, targetOf, type Plan } from './plan.js';

/**
 * One way to bring an EL from its own branch to the plan (engines-measured 1.2). sibling: insert the source's block above the
 * ancestor and make it the head. forkchoice: name the ancestor as the head. copied-sibling: insert the ancestor with one bit
 * changed, make it the head, then name the ancestor. set-head: debug_setHead. el-sync: point it at the end of the plan, and
 * leave it to its peers.
 */
export type Rung = 'sibling' | 'forkchoice' | 'copied-sibling' | 'set-head' | 'el-sync';

/** What a kind of EL does with each rung: see its profile. */
export interface Footing {
  /** How far one forkchoice moves the head back; 0: not at all. */
  readonly maxResetDepth: number;
  /** How far below the highest block that it ever executed a sibling is still executed. */
  readonly maxSiblingDepth: number;
  /** debug_setHead is within reach and does what it says. */
  readonly canSetHead: boolean;
  /** It has peers, and did not let a sync with them down in this session. */
  readonly canSync: boolean;
}

/** What the operator allows besides inserting the source's own blocks. */
export interface RungPolicy {
  readonly reset: 'auto' | 'forkchoice' | 'sethead' | 'none';
  readonly synthetic: boolean;
}

/** The rungs worth trying, best first. Every one is read back, so a profile that is wrong costs time and nothing else. */
export function ladder(plan: Plan, floor: number, footing: Footing, policy: RungPolicy): readonly Rung[] {
  const depth = depthOf(plan);
  const { number } = plan.ancestor;
  const hasNext = plan.blocks.length > 0;
  const shallow = depth <= footing.maxSiblingDepth;
  const mayReset = (policy.reset === 'auto' || policy.reset === 'forkchoice') && footing.maxResetDepth > 0;
  const maySetHead = (policy.reset === 'auto' || policy.reset === 'sethead') && footing.canSetHead;
  // The copy replaces the ancestor for a moment, which must not be a block that is final.
  const mayCopy = policy.synthetic && number > 0 && number > floor;
  // That it has arrived is told by its height.
  const maySync = footing.canSync && targetOf(plan).number > plan.engineHead.number;
  const all: readonly [Rung, boolean][] = [
    ['sibling', hasNext && shallow],
    ['forkchoice', mayReset],
    // Before the copy: an op-geth that holds a block and its copy reads the states above them wrongly until it restarts.
    ['set-head', maySetHead],
    ['copied-sibling', mayCopy && shallow],
    // Beyond the window of its profile an EL answers ACCEPTED, which costs one call.
    ['sibling', hasNext && !shallow],
    ['copied-sibling', mayCopy && !shallow],
    ['el-sync', maySync],
  ];
  return all.filter(([, allowed]) => allowed).map(([rung]) => rung);
}
