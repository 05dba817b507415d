import type { Action, Outcome } from '../../../src/follow/action.js';
import type { HoldReason, State } from '../../../src/follow/state.js';
import type { Divergence, Plan } from '../../../src/recovery/plan.js';
import type { Decision } from './turn.js';
import type { World } from './world.js';

/** Those that tell of a divergence or of a plan, and the one for moves that nobody asked for. */
export type RecoveryHold =
  | Extract<HoldReason, { readonly divergence: Divergence } | { readonly plan: Plan }>['kind']
  | 'foreign-writer';

/** The holds that a recovery can come to. One that is added does not compile before it stands here. */
export const RECOVERY_HOLDS: Readonly<Record<RecoveryHold, true>> = {
  'foreign-writer': true,
  'finalized-divergence': true,
  'recovery-off': true,
  'recovery-pausing': true,
  'recovery-too-deep': true,
  'recovery-failed': true,
};

/** The steps of recoveries that were seen to follow each other, within one session of the EL and while both sides answer. */
export class Transitions {
  readonly #seen = new Map<string, Set<string>>();

  /** One turn: what was done in the last one, and is done now. */
  see({ state, outcome }: Pick<World, 'state' | 'outcome'>, { state: next, action }: Decision): void {
    if (state.session.id !== next.session.id) return;
    const from = outcome === null ? null : stepOf(state, outcome.of, outcome);
    this.add(from, stepOf(next, action.do, action));
  }

  /** Null: a step that has nothing to do with recoveries. */
  add(from: string | null, to: string | null): void {
    if (from === null || to === null || from === to) return;
    const targets = this.#seen.get(from) ?? new Set();
    this.#seen.set(from, targets.add(to));
  }

  /** In alphabetical order. */
  get all(): readonly (readonly [from: string, to: string])[] {
    const pairs = [...this.#seen].flatMap(([from, targets]) => [...targets].map((to) => [from, to] as const));
    return pairs.sort(([a, b], [c, d]) => a.localeCompare(c) || b.localeCompare(d));
  }
}

/** Null for what has nothing to do with recoveries. */
export function stepOf(
  { phase, suspicion, elSync }: State,
  doing: Action['do'] | Outcome['of'],
  what: Action | Outcome,
): string | null {
  if (phase.kind === 'holding') return phase.reason.kind in RECOVERY_HOLDS ? phase.reason.kind : null;
  switch (doing) {
    case 'plan':
      return 'planning';
    case 'climb':
      return 'rung' in what ? what.rung : null;
    case 'unmap':
      return 'unmapping';
    case 'compare':
      return 'comparing';
    case 'el-sync':
      return phase.kind === 'recovering' ? 'el-sync' : null;
    case 'extend':
      return phase.kind === 'recovering' ? 'replaying' : 'following';
    case 'forkchoice':
      return 'following';
    case 'wait':
      if (elSync?.stage === 'running') return 'el-sync';
      return phase.kind === 'following' ? 'following' : null;
    case 'identify':
      return suspicion === null ? null : 'identifying';
    case 'halt':
      return null;
  }
}
