import type { Logger } from 'pino';
import type { Heads } from '../chain/block.js';
import type { Outcome } from '../follow/action.js';
import type { FollowHooks, HoldReason, Turn } from '../follow/state.js';
import type { Rung } from '../recovery/ladder.js';
import { depthOf } from '../recovery/plan.js';

/** What lockstep would do to the EL now, were it the one that drives it. */
export type Wish =
  /** The EL shows the head of the source, and its labels. */
  | { readonly kind: 'nothing' }
  /** Replay the blocks from `first` to `last`. */
  | { readonly kind: 'replay'; readonly first: number; readonly last: number }
  | { readonly kind: 'labels'; readonly safe: number; readonly finalized: number }
  /** Leave the EL to sync to this block with its peers. */
  | { readonly kind: 'el-sync'; readonly target: number }
  /** Bring it back to the ancestor, `by` this way first. */
  | { readonly kind: 'reset'; readonly by: Rung; readonly ancestor: number; readonly depth: number }
  | { readonly kind: 'hold'; readonly reason: HoldReason['kind'] };

type WishKind = Wish['kind'];
type Routine = Extract<Wish, { readonly kind: 'replay' | 'labels' }>;

const MESSAGES: Readonly<Record<WishKind, string>> = {
  nothing: 'Shadow: the EL is in step, nothing would be sent',
  replay: 'Shadow: would replay blocks of the source',
  labels: 'Shadow: would move safe and finalized',
  'el-sync': 'Shadow: would leave the EL to sync with its peers',
  reset: 'Shadow: would bring the EL back to the common ancestor',
  hold: 'Shadow: would hold',
};

/** What is counted, since it is something that the driver of the EL has not done. */
export type WouldKind = Exclude<WishKind, 'nothing'>;
export const WOULD_KINDS: readonly WouldKind[] = ['replay', 'labels', 'el-sync', 'reset', 'hold'];

/** At the head the driver does the same by itself a moment later; its look at the labels may come half a minute later. */
const PATIENCE_MS: Readonly<Record<Routine['kind'], number>> = { replay: 10_000, labels: 60_000 };

interface ShadowParts {
  readonly log: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** A divergence would be healed (--recovery.mode auto). */
  readonly heals: boolean;
  /** Told when it begins to want something. */
  readonly onWould: (kind: WouldKind) => void;
}

/** Tells, on the edges, what a shadow would do. Never decides anything. */
export class ShadowReport {
  readonly #parts: ShadowParts;
  /** What the driver of the EL is given time for, since when. */
  readonly #open = new Map<WishKind, { readonly wish: Routine; readonly since: number }>();
  /** Of the last plan, the best first. */
  #ways: readonly Rung[] = [];
  #wish: Wish | null = null;

  constructor(parts: ShadowParts) {
    this.#parts = parts;
  }

  /** As it was told last; null before the first. */
  get wish(): Wish | null {
    return this.#wish;
  }

  /** The same hooks; what they tell is looked through. */
  watch(hooks: FollowHooks): FollowHooks {
    return {
      ...hooks,
      onTurn: (turn) => {
        hooks.onTurn(turn);
        this.#turned(turn);
      },
      onOutcome: (outcome) => {
        this.#ways = waysOf(outcome) ?? this.#ways;
        hooks.onOutcome(outcome);
      },
    };
  }

  #turned(turn: Turn): void {
    const { engine } = turn.observation;
    const agreed = engine.kind === 'seen' && this.#settle(engine.value.heads);
    const isTold = this.#wish !== null && this.#open.has(this.#wish.kind);
    const { phase } = turn.state;
    const wish = phase.kind === 'holding' ? this.#held(phase.reason) : wishOf(turn);
    if (wish === null) return;
    if (phase.kind === 'following' && isRoutine(wish)) {
      if (this.#isOverdue(wish)) this.#tell(wish);
      else if (agreed && !isTold) this.#tell({ kind: 'nothing' });
      return;
    }
    this.#open.clear();
    this.#tell(wish);
  }

  /** Forgets what the driver has done by now. True when that was something. */
  #settle(heads: Heads): boolean {
    const done = [...this.#open.values()].filter(({ wish }) => isDone(wish, heads));
    for (const { wish } of done) this.#open.delete(wish.kind);
    return done.length > 0;
  }

  /** The driver has not done what has been due for so long. */
  #isOverdue(wish: Routine): boolean {
    const now = this.#parts.now();
    const open = this.#open.get(wish.kind);
    if (open === undefined) this.#open.set(wish.kind, { wish, since: now });
    return open !== undefined && now - open.since >= PATIENCE_MS[wish.kind];
  }

  /** A shadow never heals, so where a way back is known it holds, and tells what it would do in the place of that. */
  #held(reason: HoldReason): Wish {
    if (reason.kind !== 'recovery-off' || reason.plan === null || !this.#parts.heals) {
      return { kind: 'hold', reason: reason.kind };
    }
    const [by] = this.#ways;
    if (by === undefined) return { kind: 'hold', reason: 'recovery-failed' };
    return { kind: 'reset', by, ancestor: reason.plan.ancestor.number, depth: depthOf(reason.plan) };
  }

  #tell(wish: Wish): void {
    const isNew = this.#wish === null || keyOf(wish) !== keyOf(this.#wish);
    this.#wish = wish;
    if (!isNew) return;
    const { kind, ...fields } = wish;
    const level = kind === 'reset' || kind === 'hold' ? 'warn' : 'info';
    this.#parts.log[level](fields, MESSAGES[kind]);
    if (kind !== 'nothing') this.#parts.onWould(kind);
  }
}

/** What an action would do to the EL. Null: nothing, and not since there is nothing to do. */
function wishOf({ state: { phase }, action, observation: { engine, source } }: Turn): Wish | null {
  switch (action.do) {
    case 'extend':
      return { kind: 'replay', first: action.from.number + 1, last: action.to.number };
    case 'el-sync':
      return { kind: 'el-sync', target: action.target.number };
    case 'forkchoice': {
      const { labels } = action.forkchoice;
      if (labels === null) return null;
      return { kind: 'labels', safe: labels.safe.number, finalized: labels.finalized.number };
    }
    case 'wait': {
      const seen = phase.kind === 'following' && engine.kind === 'seen' && source.kind === 'seen';
      return seen && engine.value.heads.unsafe.number >= source.value.head.number ? { kind: 'nothing' } : null;
    }
    case 'identify':
    case 'compare':
    case 'plan':
    case 'climb':
    case 'unmap':
    case 'halt':
      return null;
  }
}

function waysOf(outcome: Outcome): readonly Rung[] | null {
  return outcome.of === 'plan' && outcome.result.kind === 'planned' ? outcome.result.rungs : null;
}

function isRoutine(wish: Wish): wish is Routine {
  return wish.kind === 'replay' || wish.kind === 'labels';
}

function isDone(wish: Routine, { unsafe, safe, finalized }: Heads): boolean {
  if (wish.kind === 'replay') return unsafe.number >= wish.last;
  return (safe?.number ?? -1) >= wish.safe && (finalized?.number ?? -1) >= wish.finalized;
}

/** Two wishes with the same key are the same: a gap that grows is no news. */
function keyOf(wish: Wish): string {
  if (wish.kind === 'hold') return `hold ${wish.reason}`;
  return wish.kind === 'reset' ? `reset ${wish.ancestor} ${wish.by}` : wish.kind;
}
