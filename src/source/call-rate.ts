const SECOND_MS = 1_000;

/** A source that says it limits our rate is asked so often at least: fewer calls are hardly why it says so. */
const LEAST_PER_SECOND = 10;

/** So many calls a second are no limit any more. */
const NO_LIMIT_PER_SECOND = 10_000;

/** What is allowed at least of the calls that a source answered in the second before it limited our rate. */
const KEPT = 0.9;

/** What each second after that adds. */
const REGAINED = 0.25;

/**
 * When calls may be sent: in no second more than the operator allows, and none while the source asks for a pause. Where
 * the source limits our rate, half of what was sent in the last second is allowed, or most of what it answered where that
 * is more, evenly spaced, and then a quarter more with each second. Pure: time is an argument.
 */
export class CallRate {
  /** Infinity: as many as the source bears. */
  readonly perSecond: number;
  readonly #sent = new LastSecond();
  readonly #answered = new LastSecond();
  #learned = Infinity;
  #learnedAtMs = -Infinity;
  #spacedUntilMs = -Infinity;
  #refusedAtMs = -Infinity;
  #pausedUntilMs = -Infinity;

  /** `perSecond`: what the operator allows, null for any number. */
  constructor(perSecond: number | null) {
    this.perSecond = perSecond ?? Infinity;
  }

  /** For how much longer the source asked to be left alone. */
  pauseMs(nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs);
  }

  /** How long to wait before so many calls may be sent in one request; 0: now. */
  waitMs(calls: number, nowMs: number): number {
    const tooMany = this.#sent.count(nowMs) + Math.min(calls, this.perSecond) - this.perSecond;
    const waitMs = tooMany > 0 ? this.#sent.atMs(tooMany - 1) + SECOND_MS - nowMs : 0;
    return Math.max(waitMs, this.#spacedUntilMs - nowMs, this.pauseMs(nowMs));
  }

  /** What a batch has above the calls of a second counts in the seconds after it. */
  sent(calls: number, nowMs: number): void {
    for (let call = 0; call < calls; call += 1) {
      const isAbove = call >= this.perSecond;
      this.#sent.add(isAbove ? nowMs + Math.floor(call / this.perSecond) * SECOND_MS : nowMs);
    }
    const learned = this.#bearable(nowMs);
    if (learned < Infinity) this.#spacedUntilMs = nowMs + (calls * SECOND_MS) / learned;
  }

  answered(calls: number, nowMs: number): void {
    for (let call = 0; call < calls; call += 1) this.#answered.add(nowMs);
  }

  /** The source limits our rate. `pauseMs`: how long it asks to be left alone. */
  refused(pauseMs: number, nowMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs);
    // What was sent before the last refusal says nothing about the rate after it.
    if (nowMs - this.#refusedAtMs < SECOND_MS) return;
    const half = this.#sent.count(nowMs) / 2;
    const borne = KEPT * this.#answered.count(nowMs);
    this.#learned = Math.max(LEAST_PER_SECOND, Math.floor(Math.max(half, borne)));
    this.#learnedAtMs = nowMs;
    this.#refusedAtMs = nowMs;
    this.#spacedUntilMs = nowMs + SECOND_MS / this.#learned;
  }

  /** What the source bears in a second, as far as it told. */
  #bearable(nowMs: number): number {
    while (this.#learned < Infinity && nowMs - this.#learnedAtMs >= SECOND_MS) {
      this.#learned *= 1 + REGAINED;
      this.#learnedAtMs += SECOND_MS;
      if (this.#learned >= NO_LIMIT_PER_SECOND) this.#learned = Infinity;
    }
    return this.#learned;
  }
}

/** So many forgotten events are kept in place: moving the others costs more than their memory. */
const FORGOTTEN_KEPT = 1_024;

/** When each event of the last second was. */
class LastSecond {
  #atMs: number[] = [];
  #first = 0;

  add(atMs: number): void {
    this.#atMs.push(atMs);
    if (this.#atMs.length > 2 * FORGOTTEN_KEPT) this.count(atMs);
  }

  count(nowMs: number): number {
    while (this.atMs(0) <= nowMs - SECOND_MS) this.#first += 1;
    if (this.#first >= FORGOTTEN_KEPT || this.#first === this.#atMs.length) {
      this.#atMs = this.#atMs.slice(this.#first);
      this.#first = 0;
    }
    return this.#atMs.length - this.#first;
  }

  /** Of the event with this index, from the oldest on, after the last {@link count}. */
  atMs(index: number): number {
    return this.#atMs[this.#first + index] ?? Infinity;
  }
}
