import type { Connection } from '../../page/wire.js';
import type { CallReport, OnCall } from '../../util/call-report.js';
import type { LockstepError } from '../../util/errors.js';
import { displayUrl } from '../../util/redact.js';

/** The RPCs that lockstep calls, by the part of the configuration that names them. */
const NAMES = {
  source: 'source',
  consensus: 'consensus client of the source',
  headFeed: 'pushed heads of the source',
  engine: 'EL',
} as const;

type Target = keyof typeof NAMES;

/** Null where there is no such RPC. */
type Urls = { readonly [Key in Target]: { readonly url: string } | null };

/** The longest calls since they were last asked for, in ms; NaN: there was none. */
export interface Slowest {
  readonly newPayload: number;
  readonly forkchoice: number;
}

const NO_CALLS: Slowest = { newPayload: NaN, forkchoice: NaN };

/** How the newest calls to each RPC went. */
export class Calls {
  readonly #stats: ReadonlyMap<Target, CallStats>;
  #slowest = NO_CALLS;

  /** @param wallNow milliseconds since 1970 */
  constructor(urls: Urls, wallNow: () => number) {
    const targets = Object.keys(NAMES) as Target[];
    this.#stats = new Map(
      targets.flatMap((target) => {
        const url = urls[target]?.url;
        return url === undefined ? [] : [[target, new CallStats(NAMES[target], displayUrl(url), wallNow)] as const];
      }),
    );
  }

  /** The same, and the call is counted. */
  counted(target: Target, onCall: OnCall): OnCall {
    const stats = this.#stats.get(target);
    return (call) => {
      stats?.note(call);
      if (target === 'engine') this.#time(call);
      onCall(call);
    };
  }

  get view(): readonly Connection[] {
    return [...this.#stats.values()].map(({ view }) => view);
  }

  takeSlowest(): Slowest {
    const slowest = this.#slowest;
    this.#slowest = NO_CALLS;
    return slowest;
  }

  #time({ method, ms, error }: CallReport): void {
    if (error !== null) return;
    const { newPayload, forkchoice } = this.#slowest;
    if (method.startsWith('engine_newPayload')) this.#slowest = { newPayload: greater(newPayload, ms), forkchoice };
    else if (method.startsWith('engine_forkchoice'))
      this.#slowest = { newPayload, forkchoice: greater(forkchoice, ms) };
  }
}

function greater(was: number, is: number): number {
  return Number.isNaN(was) ? is : Math.max(was, is);
}

/** The newest calls that are judged. */
const KEPT = 256;
const MAX_ERROR_CHARS = 240;

class CallStats {
  /** In ms; negative for a call that failed. */
  readonly #kept = new Float64Array(KEPT);
  #count = 0;
  #last: { readonly timeMs: number; readonly error: LockstepError } | null = null;

  constructor(
    readonly name: string,
    /** As it may be shown. */
    readonly url: string,
    private readonly wallNow: () => number,
  ) {}

  note({ ms, error }: CallReport): void {
    // What we gave up ourselves says nothing of the other side.
    if (error?.code === 'ABORTED') return;
    this.#kept[this.#count % KEPT] = error === null ? ms : -1 - ms;
    this.#count += 1;
    if (error !== null) this.#last = { timeMs: this.wallNow(), error };
  }

  get view(): Connection {
    const kept = this.#kept.subarray(0, Math.min(this.#count, KEPT));
    const answered = kept.filter((ms) => ms >= 0).sort();
    return {
      ...{ name: this.name, url: this.url },
      calls: kept.length,
      failed: kept.length - answered.length,
      p50Ms: quantile(answered, 0.5),
      p99Ms: quantile(answered, 0.99),
      lastError: this.#lastError,
    };
  }

  get #lastError(): Connection['lastError'] {
    if (this.#last === null) return null;
    const { timeMs, error } = this.#last;
    return { timeMs, code: error.code, message: error.message.slice(0, MAX_ERROR_CHARS) };
  }
}

function quantile(sorted: Float64Array, part: number): number | null {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return value === undefined ? null : Math.round(value * 10) / 10;
}
