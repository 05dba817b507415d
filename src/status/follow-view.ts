import type { BlockRef, Heads, Labels } from '../chain/block.js';
import type { FollowHooks, Phase } from '../follow/state.js';
import { errorFields } from './hold-report.js';
import type { Health } from './health.js';
import type { Progress, ProgressTracker } from './progress.js';
import type { Wish } from './shadow-report.js';
import { HOLD_MEANINGS, PHASE_MEANINGS } from './states.js';

/** One state of lockstep, as JSON: both sides as of the last turn of the loop. */
export interface FollowStatus {
  readonly version: string;
  readonly state: Phase['kind'];
  readonly ready: boolean;
  /** Why it holds, or the code of the error that halted it. */
  readonly reason: string | null;
  readonly meaning: string;
  /** What ends a hold. */
  readonly ends: string | null;
  readonly error: Readonly<Record<string, string | number>> | null;
  /** Seconds in this state and for this reason. */
  readonly stateSeconds: number;
  readonly elSession: number;
  readonly source: SideView | null;
  readonly local: SideView | null;
  readonly lagBlocks: number | null;
  readonly blocksPerSecond: number;
  readonly etaSeconds: number | null;
  readonly elSync: Progress['elSync'];
  readonly l1Origin: Progress['l1Origin'];
  /** L1 block up to which the consensus client of the source has derived; null without one. */
  readonly sourceCurrentL1: BlockRef | null;
  readonly lastEvent: number;
  readonly dryRun: boolean;
  /** With --dry-run: what it would do, as it was told last; else null. */
  readonly would: Wish | null;
}

type SideView = Readonly<Record<keyof Heads, BlockRef | null>>;

interface ViewParts {
  readonly version: string;
  readonly progress: ProgressTracker;
  readonly health: Pick<Health, 'ready'>;
  /** Null where lockstep drives the EL. */
  readonly shadow: { readonly wish: Wish | null } | null;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly lastEvent: () => number;
}

/** Watches the loop and tells its state to whoever asks. Never decides anything. */
export class FollowView {
  readonly #parts: ViewParts;
  #phase: Phase = { kind: 'starting' };
  #session = 0;
  #since: number;

  constructor(parts: ViewParts) {
    this.#parts = parts;
    this.#since = parts.now();
  }

  /** The same hooks; what they tell is kept. */
  watch(hooks: FollowHooks): FollowHooks {
    return {
      ...hooks,
      onTurn: (turn) => {
        const { phase, session } = turn.state;
        if (phase.kind !== this.#phase.kind || reasonOf(phase) !== reasonOf(this.#phase))
          this.#since = this.#parts.now();
        this.#phase = phase;
        this.#session = session.id;
        hooks.onTurn(turn);
      },
    };
  }

  get status(): FollowStatus {
    const phase = this.#phase;
    const { engine, source, status, lagBlocks, blocksPerSecond, etaSeconds, elSync, l1Origin } =
      this.#parts.progress.snapshot;
    return {
      version: this.#parts.version,
      state: phase.kind,
      ready: this.#parts.health.ready().ok,
      reason: reasonOf(phase),
      ...meaningOf(phase),
      error: errorOf(phase),
      stateSeconds: Math.round((this.#parts.now() - this.#since) / 1_000),
      elSession: this.#session,
      source: source === null ? null : sideOf(source.head, source.labels),
      local: engine === null ? null : sideOf(engine.unsafe, engine),
      ...{ lagBlocks, blocksPerSecond, etaSeconds, elSync, l1Origin },
      sourceCurrentL1: status?.currentL1 ?? null,
      lastEvent: this.#parts.lastEvent(),
      dryRun: this.#parts.shadow !== null,
      would: this.#parts.shadow?.wish ?? null,
    };
  }
}

function sideOf(unsafe: BlockRef, labels: Labels | null): SideView {
  return { unsafe, safe: labels?.safe ?? null, finalized: labels?.finalized ?? null };
}

function reasonOf(phase: Phase): string | null {
  if (phase.kind === 'holding') return phase.reason.kind;
  return phase.kind === 'halted' ? phase.error.code : null;
}

function meaningOf(phase: Phase): Pick<FollowStatus, 'meaning' | 'ends'> {
  return phase.kind === 'holding'
    ? HOLD_MEANINGS[phase.reason.kind]
    : { meaning: PHASE_MEANINGS[phase.kind], ends: null };
}

function errorOf(phase: Phase): FollowStatus['error'] {
  if (phase.kind === 'halted') return errorFields(phase.error);
  if (phase.kind !== 'holding' || !('error' in phase.reason) || phase.reason.error === null) return null;
  return errorFields(phase.reason.error);
}
