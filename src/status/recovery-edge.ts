import type { HoldReason, Turn } from '../follow/state.js';
import { targetOf, type Plan } from '../recovery/plan.js';

/** What a turn brought for a recovery. */
export type RecoveryEdge =
  /** The EL is on the plan; the blocks of the source that follow are replayed. */
  | { readonly kind: 'arrived'; readonly plan: Plan }
  /** The EL is at the end of the plan. */
  | { readonly kind: 'recovered'; readonly plan: Plan }
  /** The EL or the source moved on, so that the plan leads nowhere: both sides are compared anew. */
  | { readonly kind: 'dropped'; readonly plan: Plan }
  /** There is no way back that may be taken. */
  | { readonly kind: 'stopped'; readonly reason: HoldReason['kind'] };

export function recoveryEdges({ before, state }: Turn): readonly RecoveryEdge[] {
  const [was, is] = [before.recovery, state.recovery];
  if (is?.stage === 'stopped') {
    const isNew = was?.stage !== 'stopped' || was.retryAt !== is.retryAt;
    return isNew && is.reason.kind !== 'recovery-pausing' ? [{ kind: 'stopped', reason: is.reason.kind }] : [];
  }
  if (was === null || was.stage === 'stopped') return [];
  const { plan } = was;
  const done = state.standing?.hash === targetOf(plan).hash;
  // The last rung leaves the EL to its peers, which has a report of its own.
  if (state.elSync?.stage === 'running') return [];
  if (is === null && !done) return [{ kind: 'dropped', plan }];
  const arrived = was.stage === 'climbing' && is?.stage !== 'climbing';
  return [
    ...(arrived ? [{ kind: 'arrived', plan } as const] : []),
    ...(is === null ? [{ kind: 'recovered', plan } as const] : []),
  ];
}
