import type { Tick, Whole } from '../../page/wire.js';
import type { FollowHooks } from '../../follow/state.js';
import { CRITERION_MEANINGS } from '../criteria.js';
import type { EventLog } from '../event-log.js';
import type { FollowView } from '../follow-view.js';
import type { Health } from '../health.js';
import { rungsOf } from '../rungs.js';
import { sentenceOf } from '../sentence.js';
import type { Calls } from './calls.js';
import { ChainStrip } from './chain-strip.js';
import { type Cursor, History, RESOLUTIONS } from './history.js';

/** More are asked for with follow_events. */
const MAX_EVENTS = 100;
const SAMPLE_EVERY_MS = 1_000;

interface LiveParts {
  readonly follow: Pick<FollowView, 'status'>;
  readonly events: EventLog;
  readonly health: Pick<Health, 'criteria'>;
  readonly calls: Calls;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

/** Everything that the page shows. Watches the loop, and never decides anything. */
export class LiveView {
  readonly #parts: LiveParts;
  readonly #strip = new ChainStrip();
  readonly #history = new History();
  readonly #startedAt: number;
  #sampleAt: number;
  /** The greatest age of a block at its VALID since the last sample, in ms. */
  #endToEndMs = NaN;
  #isFollowing = false;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    this.#startedAt = parts.now();
    this.#sampleAt = parts.now();
  }

  /** The same hooks; what they tell is kept. */
  watch(hooks: FollowHooks): FollowHooks {
    return this.#strip.watch({
      ...hooks,
      onTurn: (turn) => {
        this.#isFollowing = turn.state.phase.kind === 'following';
        hooks.onTurn(turn);
        this.#sample();
      },
      onBlock: (payload) => {
        // The age of a block that is caught up with says nothing of us.
        if (this.#isFollowing) {
          const ageMs = this.#parts.wallNow() - 1_000 * payload.ref.timestamp;
          this.#endToEndMs = Math.max(0, ageMs, this.#endToEndMs || 0);
        }
        hooks.onBlock(payload);
        this.#sample();
      },
    });
  }

  whole(): Whole {
    const after = Math.max(0, this.#parts.events.lastSeq - MAX_EVENTS);
    return { ...this.#told(after, null), resolutions: RESOLUTIONS };
  }

  /** Gives, at each call, what is new since the one before; the first time since now. */
  ticker(): () => Tick {
    let [seq, cursor] = [this.#parts.events.lastSeq, this.#history.cursor];
    return () => {
      const tick = this.#told(seq, cursor);
      [seq, cursor] = [tick.events.at(-1)?.seq ?? seq, this.#history.cursor];
      return tick;
    };
  }

  #told(afterSeq: number, cursor: Cursor | null): Tick {
    const { follow, events, health, calls, now, wallNow } = this.#parts;
    const { status } = follow;
    return {
      timeMs: wallNow(),
      uptimeSeconds: Math.round((now() - this.#startedAt) / 1_000),
      sentence: sentenceOf(status),
      status,
      rungs: rungsOf(status),
      strip: this.#strip.view,
      checks: health.criteria().map((criterion) => ({ ...criterion, meaning: CRITERION_MEANINGS[criterion.name] })),
      connections: calls.view,
      events: events.after(afterSeq, MAX_EVENTS).events,
      points: this.#history.after(cursor),
    };
  }

  #sample(): void {
    const { now, wallNow, follow, calls } = this.#parts;
    if (now() < this.#sampleAt) return;
    this.#sampleAt = now() + SAMPLE_EVERY_MS;
    const { status } = follow;
    const lags = rungsOf(status).map(({ source, local }) => {
      return source === null || local === null ? NaN : Math.max(0, source.number - local.number);
    });
    const { newPayload, forkchoice } = calls.takeSlowest();
    const endToEndMs = this.#endToEndMs;
    this.#endToEndMs = NaN;
    this.#history.add([wallNow() / 1_000, ...lags, endToEndMs, newPayload, forkchoice, status.blocksPerSecond]);
  }
}
