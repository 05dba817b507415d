import { LockstepError } from '../util/errors.js';
import { CallRate } from './call-rate.js';

export interface BudgetLimits {
  /** Requests under way at once. */
  readonly maxConcurrency: number;
  /** Calls in any second, each of a batch counted; null: as many as the source bears. */
  readonly callsPerSecond?: number | null;
}

interface Waiting {
  readonly calls: number;
  readonly patienceMs: number;
  readonly enter: () => void;
  readonly refuse: (error: LockstepError) => void;
}

/** What one source is asked at a time and in a second, whatever for. Requests go out in the order in which they came. */
export class SourceBudget {
  readonly #maxConcurrency: number;
  readonly #rate: CallRate;
  readonly #now: () => number;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `now`: milliseconds of a monotonic clock. */
  constructor({ maxConcurrency, callsPerSecond }: BudgetLimits, now = (): number => performance.now()) {
    this.#maxConcurrency = maxConcurrency;
    this.#now = now;
    this.#rate = new CallRate(callsPerSecond ?? null);
  }

  /** How many calls a batch may have. */
  get callsPerBatch(): number {
    return this.#rate.perSecond;
  }

  /**
   * Resolves when a request of so many calls may be sent; `leave` has to follow when it is over.
   * @throws LockstepError SOURCE_THROTTLED where the source asks for a pause longer than `patienceMs`, ABORTED
   */
  enter(calls: number, patienceMs: number, signal: AbortSignal): Promise<void> {
    if (this.#waiting.length === 0 && !signal.aborted && this.#admits(calls)) {
      this.#admit(calls);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new LockstepError('ABORTED'));
        this.#advance();
      };
      const ended = (): void => signal.removeEventListener('abort', onAbort);
      const waiting: Waiting = {
        calls,
        patienceMs,
        enter: () => (ended(), resolve()),
        refuse: (error) => (ended(), reject(error)),
      };
      this.#waiting.push(waiting);
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#advance();
    });
  }

  /** A request is over; `answered`: so many of its calls were answered. */
  leave(answered: number): void {
    this.#underWay -= 1;
    this.#rate.answered(answered, this.#now());
    this.#advance();
  }

  /** The source limits our rate. `pauseMs`: how long it asks to be left alone. */
  refused(pauseMs: number): void {
    this.#rate.refused(pauseMs, this.#now());
    this.#advance();
  }

  #admits(calls: number): boolean {
    return this.#underWay < this.#maxConcurrency && this.#rate.waitMs(calls, this.#now()) === 0;
  }

  #admit(calls: number): void {
    this.#underWay += 1;
    this.#rate.sent(calls, this.#now());
  }

  #advance(): void {
    clearTimeout(this.#timer);
    this.#refuseImpatient();
    for (let next = this.#waiting[0]; next !== undefined && this.#admits(next.calls); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#admit(next.calls);
      next.enter();
    }
    const [next] = this.#waiting;
    if (next === undefined || this.#underWay >= this.#maxConcurrency) return;
    this.#timer = setTimeout(() => this.#advance(), Math.ceil(this.#rate.waitMs(next.calls, this.#now())));
  }

  /** Who would have to wait for longer than a call may take is better told for how long. */
  #refuseImpatient(): void {
    const pauseMs = this.#rate.pauseMs(this.#now());
    if (pauseMs === 0) return;
    for (const waiting of this.#waiting.filter(({ patienceMs }) => patienceMs < pauseMs)) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      const detail = `it asked to be left alone for another ${Math.ceil(pauseMs)} ms`;
      waiting.refuse(new LockstepError('SOURCE_THROTTLED', { detail, data: { retryAfterMs: Math.ceil(pauseMs) } }));
    }
  }
}
