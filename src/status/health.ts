import type { FollowHooks, Phase, Turn } from '../follow/state.js';
import { CRITERION_MEANINGS, type Criterion, type CriterionName, type ReadyLimits } from './criteria.js';
import { HOLD_MEANINGS, PHASE_MEANINGS } from './states.js';

/** The answer to one probe. Fixed words and numbers only: no hash, URL or error text (T11). */
export interface HealthAnswer {
  readonly ok: boolean;
  readonly body: Readonly<Record<string, string | number | boolean | readonly Criterion[]>>;
}

export interface Health {
  /** The same hooks; every turn, outcome and block on the way is a sign of life. */
  watch(hooks: FollowHooks): FollowHooks;
  /** False when the loop has not moved for longer than any of its calls may take: a restart is due. */
  live(): HealthAnswer;
  /** True while the EL keeps up with the source, by these limits where they are given. */
  ready(limits?: Partial<ReadyLimits>): HealthAnswer;
  /** What readiness is made of. */
  criteria(limits?: Partial<ReadyLimits>): readonly Criterion[];
}

/** Between two signs of life the loop waits for a few calls at most: a forkchoice, its read-back, a repetition. */
const CALLS_PER_STEP = 4;
const MIN_SILENCE_LIMIT_MS = 60_000;

/** Turns follow each other by the second, so a side that was not read for so long does not answer. */
const READ_LIMIT_MS = 30_000;

/** The EL did not move for so long although the source is ahead: it is not in step, whatever the state says (lesson A6). */
const STANDSTILL_LIMIT_MS = 15_000;

const DEFAULT_LIMITS: ReadyLimits = { maxLagBlocks: 15, maxAgeSeconds: null };

/**
 * @param now milliseconds of a monotonic clock
 * @param callTimeoutMs the longest that one call to source or EL may take. Before the first turn there is no limit:
 * --boot-timeout ends a start that comes to nothing.
 * @param wallNow milliseconds of the wall clock, to tell the age of a block
 */
export function createHealth(now: () => number, callTimeoutMs: number, wallNow: () => number = Date.now): Health {
  return new LoopHealth(now, Math.max(MIN_SILENCE_LIMIT_MS, CALLS_PER_STEP * callTimeoutMs), wallNow);
}

class LoopHealth implements Health {
  readonly #now: () => number;
  readonly #silenceLimitMs: number;
  readonly #wallNow: () => number;
  #phase: Phase = { kind: 'starting' };
  #movedAt: number | null = null;
  /** When each side was read last. */
  readonly #readAt: { source: number | null; engine: number | null } = { source: null, engine: null };
  #heads: { readonly source: number | null; readonly engine: number | null; readonly time: number | null } = NO_HEADS;
  /** Since when the EL has stood where it stands with the source ahead of it; null while it is not. */
  #behindSince: number | null = null;

  constructor(now: () => number, silenceLimitMs: number, wallNow: () => number) {
    this.#now = now;
    this.#silenceLimitMs = silenceLimitMs;
    this.#wallNow = wallNow;
  }

  watch(hooks: FollowHooks): FollowHooks {
    return {
      ...hooks,
      onTurn: (turn) => {
        this.#turned(turn);
        hooks.onTurn(turn);
      },
      onOutcome: (outcome) => {
        this.#movedAt = this.#now();
        hooks.onOutcome(outcome);
      },
      onPlanning: (what, number) => {
        this.#movedAt = this.#now();
        hooks.onPlanning(what, number);
      },
      onBlock: (payload) => {
        // Both sides had to answer for it.
        const at = this.#now();
        [this.#movedAt, this.#readAt.source, this.#readAt.engine] = [at, at, at];
        if (this.#behindSince !== null) this.#behindSince = at;
        hooks.onBlock(payload);
      },
    };
  }

  live(): HealthAnswer {
    const state = this.#phase.kind;
    if (!this.#stalled) return { ok: true, body: { live: true, state } };
    return { ok: false, body: { live: false, state, ...this.#stallFields() } };
  }

  ready(limits: Partial<ReadyLimits> = {}): HealthAnswer {
    const criteria = this.criteria(limits);
    const failed = criteria.find(({ ok }) => !ok);
    const ready = failed === undefined;
    const reason = failed === undefined ? {} : this.#reasonFields(failed.name);
    return { ok: ready, body: { ready, state: this.#phase.kind, ...reason, criteria } };
  }

  criteria(limits: Partial<ReadyLimits> = {}): readonly Criterion[] {
    const { maxLagBlocks, maxAgeSeconds } = { ...DEFAULT_LIMITS, ...limits };
    const { source, engine, time } = this.#heads;
    const state = this.#phase.kind;
    const lag = source === null || engine === null ? null : Math.max(0, source - engine);
    const age = time === null ? null : Math.round(this.#wallNow() / 1_000 - time);
    return [
      { ...atMost('loop', seconds(this.#silentMs), seconds(this.#silenceLimitMs)), ok: !this.#stalled },
      { name: 'state', ok: state === 'following', value: state, limit: 'following' },
      atMost('source', this.#secondsSince(this.#readAt.source), seconds(READ_LIMIT_MS)),
      atMost('engine', this.#secondsSince(this.#readAt.engine), seconds(READ_LIMIT_MS)),
      atMost('lag', lag, maxLagBlocks),
      atMost('progress', this.#secondsSince(this.#behindSince) ?? 0, seconds(STANDSTILL_LIMIT_MS)),
      atMost('age', age, maxAgeSeconds),
    ];
  }

  #turned({ state, observation: { engine, source } }: Turn): void {
    const at = this.#now();
    this.#phase = state.phase;
    this.#movedAt = at;
    if (source.kind === 'seen') this.#readAt.source = at;
    if (engine.kind === 'seen') this.#readAt.engine = at;
    const before = this.#heads;
    const ref = engine.kind === 'seen' ? engine.value.heads.unsafe : null;
    this.#heads = {
      source: source.kind === 'seen' ? source.value.head.number : before.source,
      engine: ref?.number ?? before.engine,
      time: ref?.timestamp ?? before.time,
    };
    const { source: theirs, engine: ours } = this.#heads;
    if (theirs === null || ours === null || theirs <= ours) this.#behindSince = null;
    else if (this.#behindSince === null || ours !== before.engine) this.#behindSince = at;
  }

  get #silentMs(): number {
    return this.#movedAt === null ? 0 : this.#now() - this.#movedAt;
  }

  get #stalled(): boolean {
    return this.#silentMs > this.#silenceLimitMs;
  }

  #secondsSince(at: number | null): number | null {
    return at === null ? null : seconds(this.#now() - at);
  }

  #stallFields(): Record<string, string | number> {
    return {
      reason: 'loop-stalled',
      meaning: CRITERION_MEANINGS.loop,
      silentSeconds: Math.round(this.#silentMs / 1_000),
      limitSeconds: Math.round(this.#silenceLimitMs / 1_000),
    };
  }

  #reasonFields(failed: CriterionName): Record<string, string | number> {
    if (failed === 'loop') return this.#stallFields();
    if (failed !== 'state') return { reason: failed, meaning: CRITERION_MEANINGS[failed] };
    const phase = this.#phase;
    if (phase.kind === 'holding') {
      const { meaning, ends } = HOLD_MEANINGS[phase.reason.kind];
      return { reason: phase.reason.kind, meaning, ends };
    }
    if (phase.kind === 'halted') return { reason: phase.error.code, meaning: PHASE_MEANINGS.halted };
    return { reason: phase.kind, meaning: PHASE_MEANINGS[phase.kind] };
  }
}

const NO_HEADS = { source: null, engine: null, time: null };

/** Without a limit a criterion is shown and not judged; without a value it fails. */
function atMost(name: CriterionName, value: number | null, limit: number | null): Criterion {
  return { name, ok: limit === null || (value !== null && value <= limit), value, limit };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
