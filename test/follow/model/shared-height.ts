import type { BlockRef } from '../../../src/chain/block.js';
import type { Action } from '../../../src/follow/action.js';

/** Up to this height the chain that the forkchoice names is the one that the EL showed. */
export function sharedHeight(action: Action, head: BlockRef): number {
  if (action.do === 'unmap') return action.from.number;
  if (action.do !== 'climb') return Infinity;
  const { number, hash } = action.plan.ancestor;
  // A copied block stands beside the ancestor.
  return head.number > number || head.hash === hash ? number : head.number - 1;
}
