import type { Action, Outcome } from '../../../src/follow/action.js';
import type { HoldReason, State } from '../../../src/follow/state.js';
import type { Decision } from './turn.js';
import type { World } from './world.js';

/** The holds that a recovery can come to. */
const HOLDS: readonly HoldReason['kind'][] = [
  'foreign-writer',
  'finalized-divergence',
  'recovery-off',
  'recovery-pausing',
  'recovery-too-deep',
  'recovery-failed',
];

/** The steps of recoveries that were seen to follow each other, within one session of the EL and while both sides answer. */
export class Transitions {
  readonly #seen = new Map<string, Set<string>>();

  /** One turn: what was done in the last one, and is done now. */
  see({ state, outcome }: World, { state: next, action }: Decision): void {
    if (state.session.id !== next.session.id) return;
    const from = outcome === null ? null : stepOf(state, outcome.of, outcome);
    const to = stepOf(next, action.do, action);
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
function stepOf(
  { phase, suspicion }: State,
  doing: Action['do'] | Outcome['of'],
  what: Action | Outcome,
): string | null {
  if (phase.kind === 'holding') return HOLDS.includes(phase.reason.kind) ? phase.reason.kind : null;
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
      return phase.kind === 'following' ? 'following' : null;
    case 'identify':
      return suspicion === null ? null : 'identifying';
    case 'halt':
      return null;
  }
}
