/** Above what rate and latency call for, so that a source that can do more shows it (performance 6.2). */
const GAIN = 1.25;

/** What a round leaves of the best rate before it: a source, or an EL, that became slower is believed in the end. */
const RATE_KEPT = 0.9;

/** In the start each answer makes room for so many more requests: three times as many with each round. */
const START_GROWTH = 2;

/** A round is one latency of the source, and no shorter than this: on a near source a rate over less is chance. */
const MIN_ROUND_MS = 20;

/** Over so many rounds the latency is averaged before its least is taken: single answers differ. */
const ROUNDS_AVERAGED = 4;

/** A near source reads the next request while the answer before it is on its way. */
const MIN_REQUESTS = 2;

/** Of so many answers the longest one shows how much they differ. */
const ANSWERS_TOLD = 3;

/** A least latency that was not met again for so long may be that of another route: it is measured anew. */
const LATENCY_KEPT_MS = 10_000;
const SAME_LATENCY = 1.05;

/** What a smaller block takes off the expected size; a larger one is expected at once, so that a cap on memory holds. */
const SIZES_AVERAGED = 8;

/** So many blocks may be ahead of their use however small the window: a pause of a near source is bridged. */
const MIN_BLOCKS_AHEAD = 32;

/** A request that was sent, and how many had been answered by then. */
export interface Sent {
  readonly atMs: number;
  readonly answered: number;
}

/**
 * The start looks for the rate by growing; from then on the window is what is measured. To measure the latency anew, half
 * of the window drains what our own requests wait for each other, and then shows it.
 */
type Phase = 'start' | 'steady' | 'drain' | 'probe';

/**
 * How many requests for blocks are under way at a time: by the best rate and the least latency that are measured, what
 * the source has on its way within one latency, and a few more (performance 6.2). Where the EL is the slower side, the
 * rate is the EL's. A setback halves the window, each round after it gives one request back. Pure: time is an argument.
 */
export class FetchWindow {
  readonly #max: number;
  #phase: Phase = 'start';
  #size = 1;
  /** What setbacks leave of the maximum. */
  #ceiling: number;
  #setbackAtMs = -Infinity;
  #answered = 0;
  #blockBytes = 0;
  #bestPerMs = 0;
  #meanMs: number | null = null;
  #leastMs = Infinity;
  #leastAtMs = 0;
  /** How many answers it is of. */
  #leastOf = 0;
  #round: Round = { fromMs: -Infinity, answered: 0, sumMs: 0, longestMs: 0, wasFull: false };

  /** `max`: more are never under way. */
  constructor(max: number) {
    this.#max = max;
    this.#ceiling = max;
  }

  /** How many requests may be under way. */
  get requests(): number {
    const isHalf = this.#phase === 'drain' || this.#phase === 'probe';
    const size = isHalf ? Math.ceil(this.#size / 2) : this.#size;
    return Math.max(1, Math.min(size, this.#ceiling));
  }

  /** How many blocks may be asked for ahead of their use. */
  get blocks(): number {
    return Math.max(MIN_BLOCKS_AHEAD, 2 * this.requests);
  }

  /** What a block under way may come to; 0 before the first one. */
  get blockBytes(): number {
    return this.#blockBytes;
  }

  sent(nowMs: number): Sent {
    if (this.#round.fromMs === -Infinity) this.#beginRound(nowMs);
    return { atMs: nowMs, answered: this.#answered };
  }

  /** `underWay`: how many requests were, the answered one included. `bytes`: of the block, null where there is none. */
  answered(sent: Sent, nowMs: number, underWay: number, bytes: number | null): void {
    if (bytes !== null) this.#learnSize(bytes);
    this.#answered += 1;
    const round = this.#round;
    const isFull = underWay >= this.requests;
    round.wasFull ||= isFull;
    round.sumMs += nowMs - sent.atMs;
    round.longestMs = Math.max(round.longestMs, nowMs - sent.atMs);
    if (this.#phase === 'start' && isFull) this.#size = Math.min(this.#max, this.#size + START_GROWTH);
    // Answers that come in one go are of one round.
    if (sent.answered > round.answered && nowMs - round.fromMs >= MIN_ROUND_MS) this.#endRound(nowMs);
  }

  /** The source limits our rate, or a request timed out. Of those sent at the same time only the first one counts. */
  setback({ atMs }: Sent, nowMs: number): void {
    if (atMs < this.#setbackAtMs) return;
    this.#ceiling = Math.max(1, Math.floor(this.requests / 2));
    this.#setbackAtMs = nowMs;
    this.#phase = 'steady';
  }

  #beginRound(nowMs: number): void {
    this.#round = { fromMs: nowMs, answered: this.#answered, sumMs: 0, longestMs: 0, wasFull: false };
  }

  #endRound(nowMs: number): void {
    const { fromMs, answered, sumMs, longestMs, wasFull } = this.#round;
    const answers = this.#answered - answered;
    const perMs = answers / (nowMs - fromMs);
    const isFound = !wasFull || perMs < GAIN * this.#bestPerMs;
    this.#bestPerMs = Math.max(RATE_KEPT * this.#bestPerMs, perMs);
    // Blocks are used in order, so what differs between answers has to be bridged as well.
    this.#learnLatency((sumMs / answers + longestMs) / 2, answers, nowMs);
    if (this.#setbackAtMs < fromMs) this.#ceiling = Math.min(this.#max, this.#ceiling + 1);
    this.#phase = this.#next(isFound, nowMs);
    if (this.#phase !== 'start') {
      this.#size = Math.min(this.#max, Math.max(MIN_REQUESTS, Math.ceil(GAIN * this.#bestPerMs * this.#leastMs)));
    }
    this.#beginRound(nowMs);
  }

  #next(isFound: boolean, nowMs: number): Phase {
    switch (this.#phase) {
      case 'start':
        return isFound ? 'steady' : 'start';
      case 'drain':
        return 'probe';
      case 'steady':
      case 'probe':
        return nowMs - this.#leastAtMs > LATENCY_KEPT_MS ? 'drain' : 'steady';
    }
  }

  #learnSize(bytes: number): void {
    this.#blockBytes = Math.max(bytes, this.#blockBytes + (bytes - this.#blockBytes) / SIZES_AVERAGED);
  }

  /** A round of more answers tells it better than one of hardly any. */
  #learnLatency(roundMs: number, answers: number, nowMs: number): void {
    if (this.#phase === 'drain') return;
    const isFuller = this.#leastOf < ANSWERS_TOLD && answers > this.#leastOf;
    const isAnew = this.#phase === 'probe' || isFuller;
    const before = isAnew ? roundMs : (this.#meanMs ?? roundMs);
    this.#meanMs = before + (roundMs - before) / ROUNDS_AVERAGED;
    if (!isAnew && this.#meanMs > SAME_LATENCY * this.#leastMs) return;
    this.#leastMs = isAnew ? roundMs : Math.min(this.#leastMs, this.#meanMs);
    this.#leastAtMs = nowMs;
    this.#leastOf = Math.max(this.#leastOf, answers);
  }
}

interface Round {
  readonly fromMs: number;
  /** How many requests had been answered when it began. */
  readonly answered: number;
  sumMs: number;
  longestMs: number;
  wasFull: boolean;
}
