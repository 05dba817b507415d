import type { BlockRef } from '../chain/block.js';
import type { FollowHooks, Phase } from '../follow/state.js';
import { shortHash } from '../util/hex.js';
import { holdFields } from './hold-report.js';
import { recoveryEdges } from './recovery-edge.js';
import { planFields } from './recovery-report.js';

type Facts = Readonly<Record<string, string | number>>;

/** Something that happened, for people and programs: the same words as the log lines, without their repeats. */
export interface FollowEvent {
  /** Grows by one with each event of this process, from 1. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly event: EventKind;
  readonly facts: Facts;
}

export type EventKind = 'state' | 'el-session' | 'recovery' | 'reorg' | 'not-applied';

export const EVENT_MEANINGS: Readonly<Record<EventKind, string>> = {
  state: 'lockstep is in another state, or holds for another reason',
  'el-session': 'the EL went away or came back lower: it is identified and compared anew',
  recovery: 'a recovery is planned, arrived (the EL is on the chain of the source), recovered, dropped or stopped',
  reorg: 'the head of the EL was taken back, or replaced at its height',
  'not-applied': 'the EL answered a forkchoice and did not do it in full',
};

/** The newest events of this process, a fixed number of them. */
export class EventLog {
  readonly #kept: FollowEvent[] = [];
  readonly #max: number;
  readonly #wallClock: () => number;
  #seq = 0;

  /** @param wallClock milliseconds since 1970 */
  constructor(max: number, wallClock: () => number) {
    this.#max = max;
    this.#wallClock = wallClock;
  }

  /** Events after `seq`, oldest first, `limit` at most. `missed`: so many of them are no longer kept. */
  after(seq: number, limit: number): { readonly events: readonly FollowEvent[]; readonly missed: number } {
    const oldest = this.#kept[0]?.seq ?? this.#seq + 1;
    const events = this.#kept.filter((event) => event.seq > seq).slice(0, limit);
    return { events, missed: Math.max(0, oldest - 1 - seq) };
  }

  get lastSeq(): number {
    return this.#seq;
  }

  /** The same hooks; what they tell is kept. */
  watch(hooks: FollowHooks): FollowHooks {
    return {
      ...hooks,
      onTurn: (turn) => {
        const { before, state, observation } = turn;
        if (nameOf(before.phase) !== nameOf(state.phase)) this.#add('state', phaseFacts(before.phase, state.phase));
        if (before.session.id !== state.session.id) this.#add('el-session', { session: state.session.id });
        for (const edge of recoveryEdges(turn)) {
          const { kind } = edge;
          this.#add(
            'recovery',
            kind === 'stopped' ? { kind, reason: edge.reason } : { kind, ...planFields(edge.plan) },
          );
        }
        this.#noteHead(
          before.standing,
          observation.engine.kind === 'seen' ? observation.engine.value.heads.unsafe : null,
        );
        hooks.onTurn(turn);
      },
      onOutcome: (outcome) => {
        if (outcome.of === 'plan' && outcome.result.kind === 'planned') {
          this.#add('recovery', { kind: 'planned', ...planFields(outcome.result.plan) });
        } else if (outcome.of === 'forkchoice' && outcome.effect !== 'moved') {
          this.#add('not-applied', { answer: outcome.answer.status, effect: outcome.effect });
        }
        hooks.onOutcome(outcome);
      },
    };
  }

  #noteHead(was: BlockRef | null, is: BlockRef | null): void {
    if (was === null || is === null || is.number > was.number || is.hash === was.hash) return;
    this.#add('reorg', { from: was.number, was: shortHash(was.hash), to: is.number, hash: shortHash(is.hash) });
  }

  #add(event: EventKind, facts: Facts): void {
    this.#seq += 1;
    this.#kept.push({ seq: this.#seq, timeMs: this.#wallClock(), event, facts });
    if (this.#kept.length > this.#max) this.#kept.shift();
  }
}

function nameOf(phase: Phase): string {
  return phase.kind === 'holding' ? `holding:${phase.reason.kind}` : phase.kind;
}

function phaseFacts(from: Phase, to: Phase): Facts {
  const facts = { from: from.kind, to: to.kind };
  if (to.kind === 'holding') return { ...facts, ...holdFields(to.reason) };
  if (to.kind === 'halted') return { ...facts, code: to.error.code, err: to.error.message };
  return facts;
}
