import type { Action, ClimbAction, Outcome } from '../../../src/follow/action.js';
import { isRefusal, isUnread } from './attempts.js';
import type { EngineModel } from './engine/state.js';
import type { History, RecoveryHistory } from './history.js';
import type { Tree } from './tree.js';
import { Violation } from './violation.js';

/** A recovery begins: I9. */
export function requireConfirmed({ differing }: History, height: number): void {
  if (differing?.height !== height || differing.seen < 2) {
    throw new Violation('I9', `a recovery at ${height} without two differing reads in a row`);
  }
}

/** A rung is about to be tried: I7, I16, L5. */
export function requireClimbable(
  { recovery }: History,
  { plan, rung }: ClimbAction,
  cooldownMs: number,
  now: number,
): void {
  if (plan !== recovery.plan) throw new Violation('I7', 'a climb without a complete plan');
  if (recovery.refusedRungs.includes(rung)) throw new Violation('I16', `the rung ${rung} is tried again`);
  const pausedMs = recovery.recoveredAt === null ? Infinity : now - recovery.recoveredAt;
  if (pausedMs < cooldownMs) throw new Violation('L5', `a recovery ${pausedMs} ms after the last one`);
}

/** What the EL may show as its head after a rung or a cure, at the lowest; what is below that is another lifetime of it. */
export function lowestAfter(
  { shownHead, watchUntil }: History,
  action: Action,
  outcome: Extract<Outcome, { of: 'climb' | 'unmap' }>,
): number | null {
  if (action.do !== 'climb' || outcome.of !== 'climb') return shownHead;
  // After a lost answer in this session a rung before may have been carried out late, and what was refused may have moved
  // the head all the same (engines-measured 1.5).
  const isRefused = isRefusal(outcome) && !isUnread(outcome);
  const isTold = watchUntil === 0 && (isRefused || outcome.stop.why === 'not-sent');
  const stays = isTold && !outcome.moved;
  return stays ? shownHead : action.plan.ancestor.number;
}

/** What a rung, or a cure, came to: I10. */
export function afterClimb(
  tree: Tree,
  { refusedRungs, climbedAt }: RecoveryHistory,
  action: Action,
  outcome: Extract<Outcome, { of: 'climb' | 'unmap' }>,
  engine: EngineModel,
  at: number,
): Partial<RecoveryHistory> {
  if (outcome.stop.why === 'climbed' && tree.isCopy(engine.head)) {
    throw new Violation('I10', 'a copied block is left as the head');
  }
  if (action.do !== 'climb' || outcome.of !== 'climb') return {};
  // An EL that stays where it was may get onto the plan by itself later, which is no recovery.
  const stays = engine.head === tree.indexOf(action.plan.engineHead) && engine.late === null;
  return {
    refusedRungs: isRefusal(outcome) ? [...refusedRungs, outcome.rung] : refusedRungs,
    climbedAt: stays ? climbedAt : at,
  };
}
