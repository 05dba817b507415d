import type { FollowHooks, Phase } from '../follow/state.js';
import { HOLD_MEANINGS, PHASE_MEANINGS } from './states.js';

/** The answer to one probe. Fixed words only: no hash, URL or error text (T11). */
export interface HealthAnswer {
  readonly ok: boolean;
  readonly body: Readonly<Record<string, string | number | boolean>>;
}

export interface Health {
  /** The same hooks; every turn, outcome and block on the way is a sign of life. */
  watch(hooks: FollowHooks): FollowHooks;
  /** False when the loop has not moved for longer than any of its calls may take: a restart is due. */
  live(): HealthAnswer;
  /** True while the EL keeps up with the source. */
  ready(): HealthAnswer;
}

/** Between two signs of life the loop waits for a few calls at most: a forkchoice, its read-back, a repetition. */
const CALLS_PER_STEP = 4;
const MIN_SILENCE_LIMIT_MS = 60_000;

/**
 * @param callTimeoutMs the longest that one call to source or EL may take. Before the first turn there is no limit:
 * --boot-timeout ends a start that comes to nothing.
 */
export function createHealth(now: () => number, callTimeoutMs: number): Health {
  const silenceLimitMs = Math.max(MIN_SILENCE_LIMIT_MS, CALLS_PER_STEP * callTimeoutMs);
  let phase: Phase = { kind: 'starting' };
  let movedAt: number | null = null;
  const silentMs = (): number => (movedAt === null ? 0 : now() - movedAt);
  const stalled = (): boolean => silentMs() > silenceLimitMs;
  const stallFields = () => ({
    reason: 'loop-stalled',
    meaning: 'the loop neither turned nor finished anything for longer than its calls may take',
    silentSeconds: Math.round(silentMs() / 1_000),
    limitSeconds: Math.round(silenceLimitMs / 1_000),
  });
  return {
    watch: (hooks) => ({
      ...hooks,
      onTurn: (turn) => {
        phase = turn.state.phase;
        movedAt = now();
        hooks.onTurn(turn);
      },
      onOutcome: (outcome) => {
        movedAt = now();
        hooks.onOutcome(outcome);
      },
      onPlanning: (what, number) => {
        movedAt = now();
        hooks.onPlanning(what, number);
      },
      onBlock: (payload) => {
        movedAt = now();
        hooks.onBlock(payload);
      },
    }),
    live: () => {
      if (stalled()) return { ok: false, body: { live: false, state: phase.kind, ...stallFields() } };
      return { ok: true, body: { live: true, state: phase.kind } };
    },
    ready: () => {
      if (stalled()) return { ok: false, body: { ready: false, state: phase.kind, ...stallFields() } };
      const ready = isReady(phase);
      return { ok: ready, body: { ready, state: phase.kind, ...(ready ? {} : reasonFields(phase)) } };
    },
  };
}

/** In step with the source. Also what the metric lockstep_ready shows. */
export function isReady(phase: Phase): boolean {
  return phase.kind === 'following';
}

function reasonFields(phase: Phase): Record<string, string> {
  if (phase.kind === 'holding') {
    const { meaning, ends } = HOLD_MEANINGS[phase.reason.kind];
    return { reason: phase.reason.kind, meaning, ends };
  }
  if (phase.kind === 'halted') return { reason: phase.error.code, meaning: PHASE_MEANINGS.halted };
  return { reason: phase.kind, meaning: PHASE_MEANINGS[phase.kind] };
}
