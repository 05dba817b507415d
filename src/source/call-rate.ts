const SECOND_MS = 1_000;

/** A source that says it limits our rate is asked so often at least: fewer calls are not why it says so. */
const LEAST_PER_SECOND = 4;

/** So many calls a second are no limit any more. */
const NO_LIMIT_PER_SECOND = 10_000;

/** What a second without a limit of the source gives back of the rate. */
const REGAINED = 0.1;

/** Calls before this many are forgotten are kept in place: moving them costs more than their memory. */
const FORGOTTEN_KEPT = 1_024;

/**
 * When calls may be sent: in no second more than allowed, and none while the source asks for a pause. Where the source
 * limits our rate, half of what was sent in the last second is allowed, and then a tenth more with each second. Pure:
 * time is an argument.
 */
export class CallRate {
  readonly #allowed: number;
  #learned = Infinity;
  #learnedAtMs = -Infinity;
  #halvedAtMs = -Infinity;
  #pausedUntilMs = -Infinity;
  /** When each call of the last second was sent, from `#first` on. What a batch has above a second's worth counts later. */
  #sentAtMs: number[] = [];
  #first = 0;

  /** `perSecond`: null for as many as the source bears. */
  constructor(perSecond: number | null) {
    this.#allowed = perSecond ?? Infinity;
  }

  /** How many calls a batch may have, so that it fits into a second. */
  callsPerBatch(nowMs: number): number {
    return this.#perSecond(nowMs);
  }

  /** How long the source asked to be left alone, from now on. */
  pauseMs(nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs);
  }

  /** How long to wait before so many calls may be sent in one request; 0: now. */
  waitMs(calls: number, nowMs: number): number {
    this.#forget(nowMs);
    const perSecond = this.#perSecond(nowMs);
    const tooMany = this.#sentAtMs.length - this.#first + Math.min(calls, perSecond) - perSecond;
    const inTheWayMs = tooMany > 0 ? this.#sentAtMs[this.#first + tooMany - 1] : undefined;
    const waitMs = inTheWayMs === undefined ? 0 : inTheWayMs + SECOND_MS - nowMs;
    return Math.max(waitMs, this.pauseMs(nowMs));
  }

  sent(calls: number, nowMs: number): void {
    this.#forget(nowMs);
    const perSecond = this.#perSecond(nowMs);
    for (let call = 0; call < calls; call += 1) {
      this.#sentAtMs.push(perSecond === Infinity ? nowMs : nowMs + Math.floor(call / perSecond) * SECOND_MS);
    }
  }

  /** The source limits our rate. `pauseMs`: how long it asks to be left alone. */
  refused(pauseMs: number, nowMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs);
    // What was sent before the last halving says nothing about the rate after it.
    if (nowMs - this.#halvedAtMs < SECOND_MS) return;
    this.#forget(nowMs);
    const last = Math.min(this.#perSecond(nowMs), this.#sentAtMs.length - this.#first);
    this.#learned = Math.max(LEAST_PER_SECOND, Math.floor(last / 2));
    this.#learnedAtMs = nowMs;
    this.#halvedAtMs = nowMs;
  }

  #perSecond(nowMs: number): number {
    while (this.#learned < Infinity && nowMs - this.#learnedAtMs >= SECOND_MS) {
      this.#learned += Math.max(1, Math.floor(this.#learned * REGAINED));
      this.#learnedAtMs += SECOND_MS;
      if (this.#learned >= NO_LIMIT_PER_SECOND) this.#learned = Infinity;
    }
    return Math.min(this.#allowed, this.#learned);
  }

  #forget(nowMs: number): void {
    const sent = this.#sentAtMs;
    while (this.#first < sent.length && (sent[this.#first] ?? 0) <= nowMs - SECOND_MS) this.#first += 1;
    if (this.#first < FORGOTTEN_KEPT && this.#first < sent.length) return;
    this.#sentAtMs = sent.slice(this.#first);
    this.#first = 0;
  }
}
