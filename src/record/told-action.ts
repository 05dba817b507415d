import { targetOf, type Plan } from '../recovery/plan.js';
import type { Action } from '../follow/action.js';

/**
 * An action as it is recorded and compared. Of a plan its ends and its length are told: the blocks between are linked by
 * their hashes, and stand in the outcome that brought the plan.
 */
export function toldAction(action: Action): unknown {
  return 'plan' in action && action.plan !== null ? { ...action, plan: toldPlan(action.plan) } : action;
}

function toldPlan(plan: Plan): unknown {
  const { id, ancestor, blocks, engineHead, replaced } = plan;
  return { id, ancestor, length: blocks.length, target: targetOf(plan), engineHead, replaced };
}
