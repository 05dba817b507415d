import type { Outcome } from '../follow/action.js';
import type { FollowHooks, Observation } from '../follow/state.js';
import { LockstepError } from '../util/errors.js';

interface WatchdogParts {
  /** Null: it may hang for ever. */
  readonly limitMs: number | null;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** How long the engine port has answered nothing; 0 once it answers. */
  readonly onSilence: (ms: number) => void;
}

/** After a stop of the whole machine every call that was open times out at once, so a few of them prove nothing. */
const MIN_UNANSWERED = 3;

/**
 * Tells an EL whose engine port hangs (reliability E14) from one that is away: it takes the calls and answers none of
 * them, be it none at all, or none of those that change it while it still answers reads.
 */
export class EngineWatchdog {
  readonly #parts: WatchdogParts;
  readonly #reads = new Silence();
  readonly #writes = new Silence();
  readonly #hung = new AbortController();
  #error: LockstepError | null = null;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
  }

  /** Aborts when the engine port has been silent for the limit. */
  get signal(): AbortSignal {
    return this.#hung.signal;
  }

  /** ENGINE_HUNG, once the signal has aborted. */
  get error(): LockstepError | null {
    return this.#error;
  }

  watch(hooks: FollowHooks): FollowHooks {
    return {
      ...hooks,
      onTurn: (turn) => {
        const { engine } = turn.observation;
        // Another process does not owe the answers of the one before, nor does one that is away.
        const isAnother = turn.state.session.id !== turn.before.session.id;
        const written = isAnother || isAway(engine) ? 'answered' : 'nothing';
        this.#hear(fromObservation(engine), written);
        hooks.onTurn(turn);
      },
      onOutcome: (outcome) => {
        this.#hear('nothing', fromOutcome(outcome));
        hooks.onOutcome(outcome);
      },
      onBlock: (payload) => {
        this.#hear('nothing', 'answered');
        hooks.onBlock(payload);
      },
    };
  }

  #hear(read: Heard, written: Heard): void {
    const { limitMs, now, onSilence } = this.#parts;
    const at = now();
    this.#reads.hear(read, at);
    this.#writes.hear(written, at);
    onSilence(Math.max(this.#reads.since(at), this.#writes.since(at)));
    if (limitMs === null || this.#error !== null) return;
    // A hang often begins with one write, after which the EL is only read: each side is judged by itself.
    if (this.#reads.isHung(at, limitMs)) this.#bite('calls', this.#reads, at);
    else if (this.#writes.isHung(at, limitMs)) this.#bite('calls that change it', this.#writes, at);
  }

  #bite(what: string, side: Silence, now: number): void {
    const detail = `${side.count} ${what} in ${Math.round(side.since(now) / 1_000)} s`;
    this.#error = new LockstepError('ENGINE_HUNG', { detail });
    this.#hung.abort();
  }
}

/** nothing: no call of this side ended. */
type Heard = 'answered' | 'unanswered' | 'nothing';

class Silence {
  #from: number | null = null;
  /** Calls in a row that were not answered. */
  count = 0;

  hear(heard: Heard, now: number): void {
    if (heard === 'nothing') return;
    this.#from = heard === 'answered' ? null : (this.#from ?? now);
    this.count = heard === 'answered' ? 0 : this.count + 1;
  }

  since(now: number): number {
    return this.#from === null ? 0 : now - this.#from;
  }

  isHung(now: number, limitMs: number): boolean {
    return this.count >= MIN_UNANSWERED && this.since(now) >= limitMs;
  }
}

type EngineSeen = Observation['engine'];

function isAway(engine: EngineSeen): boolean {
  return engine.kind === 'failed' && fromError(engine.error) === 'answered';
}

function fromObservation(engine: EngineSeen): Heard {
  if (engine.kind === 'failed') return fromError(engine.error);
  return engine.kind === 'seen' ? 'answered' : 'nothing';
}

/** A refused connection, or one that cannot be made, is an EL that is away. */
function fromError({ code, data }: LockstepError): Heard {
  return code === 'ENGINE_TIMEOUT' && data['phase'] !== 'connect' ? 'unanswered' : 'answered';
}

function fromOutcome(outcome: Outcome): Heard {
  switch (outcome.of) {
    case 'wait':
    case 'identify':
    case 'compare':
    case 'plan':
      return 'nothing';
    case 'forkchoice':
      return fromAnswer(outcome.answer);
    case 'extend':
    case 'el-sync':
      return 'answer' in outcome.stop ? fromAnswer(outcome.stop.answer) : 'nothing';
    case 'climb':
    case 'unmap': {
      const { stop } = outcome;
      if (stop.why === 'climbed') return 'answered';
      if (stop.why === 'unread') return fromError(stop.error);
      return stop.why === 'not-sent' ? 'nothing' : fromAnswer(stop.answer);
    }
  }
}

type Answer = Extract<Outcome, { of: 'forkchoice' }>['answer'];

function fromAnswer(answer: Answer): Heard {
  return answer.status === 'UNKNOWN' ? fromError(answer.error) : 'answered';
}
