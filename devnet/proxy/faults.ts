import type { JsonValue } from '../../src/util/json.js';

/** One JSON-RPC request as it was on the wire; a batch has several. */
export interface WireRequest {
  readonly id: JsonValue;
  readonly method: string;
  readonly params: readonly JsonValue[];
}

/** What happens to a whole HTTP exchange. A batch is one exchange. */
export type ExchangeFault =
  /** Waits before the request is forwarded, or after it was applied and before it is answered. */
  | { readonly kind: 'delay'; readonly ms: number; readonly when: 'before' | 'after' }
  /** Resets the connection; the upstream never sees the request. */
  | { readonly kind: 'drop-before' }
  /** Forwards, waits for the upstream to finish, then resets without an answer. */
  | { readonly kind: 'drop-after-apply' }
  /** Resets a request that is not the first one of its connection, unforwarded: a stale keep-alive connection. */
  | { readonly kind: 'reset-on-reuse' }
  /** Forwards, then closes our direction without an answer and goes on reading. */
  | { readonly kind: 'half-close' }
  /** Never answers; the upstream sees the request or does not. */
  | { readonly kind: 'hang'; readonly applied: boolean }
  /** Ends the body half way: short of its content-length, or without one so that only the JSON tells. */
  | { readonly kind: 'truncate'; readonly contentLength: boolean }
  | { readonly kind: 'drip'; readonly chunkBytes: number; readonly everyMs: number }
  /** Answers in the place of the upstream. */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Answers 200 with this text, which can name the id that was asked under. */
  | { readonly kind: 'text'; readonly text: (request: WireRequest) => string }
  | { readonly kind: 'html' }
  | { readonly kind: 'redirect'; readonly location: string }
  /** A small gzip body that inflates to `inflatedBytes`. */
  | { readonly kind: 'gzip-bomb'; readonly inflatedBytes: number }
  | { readonly kind: 'oversize'; readonly bytes: number }
  /** Replaces headers of the real answer, such as Date. */
  | { readonly kind: 'headers'; readonly set: Readonly<Record<string, string>> }
  /** Forwards without the Authorization header. */
  | { readonly kind: 'strip-auth' };

/** What happens to one JSON-RPC answer, alone or inside a batch. */
export type AnswerFault =
  /** Sets the value at a dotted path of the result (`transactions.0.hash`; the empty path is the result itself). */
  | {
      readonly kind: 'mutate';
      readonly path: string;
      readonly value: JsonValue | ((old: JsonValue) => JsonValue);
    }
  | { readonly kind: 'null-result' }
  | { readonly kind: 'rpc-error'; readonly code: number; readonly message: string }
  /** Result and error in one answer. */
  | { readonly kind: 'both' }
  /** Answers under the id of the next element of the batch, or under a foreign id. */
  | { readonly kind: 'id-swap' };

export type Fault = ExchangeFault | AnswerFault;

export interface Match {
  readonly method?: string | RegExp;
  /** The first parameter: `latest`, `safe`, `finalized` or a number in hex. */
  readonly tag?: string;
  readonly where?: (request: WireRequest) => boolean;
  /** Starts with the nth match (from 1). Alone it means that one match only. */
  readonly nth?: number;
  /** For so many matches. Without `nth` and `times` the fault applies to every match. */
  readonly times?: number;
}

export interface Rule {
  readonly match: Match;
  readonly fault: Fault;
}

/** A rule in force. */
export interface Injection {
  /** How often the fault was applied so far. */
  readonly applied: number;
  remove(): void;
}

const ANSWER_FAULTS: ReadonlySet<Fault['kind']> = new Set(['mutate', 'null-result', 'rpc-error', 'both', 'id-swap']);

export function isAnswerFault(fault: Fault): fault is AnswerFault {
  return ANSWER_FAULTS.has(fault.kind);
}

/** The rules in force, in the order of injection. */
export class RuleBook {
  readonly #active = new Set<ActiveRule>();

  inject(rule: Rule): Injection {
    const active = new ActiveRule(rule);
    this.#active.add(active);
    return {
      get applied() {
        return active.applied;
      },
      remove: () => void this.#active.delete(active),
    };
  }

  clear(): void {
    this.#active.clear();
  }

  /** The faults of one exchange: each rule counts the exchange once, whatever the size of the batch. */
  exchangeFaults(requests: readonly WireRequest[], reusedConnection: boolean): ExchangeFault[] {
    const faults: ExchangeFault[] = [];
    for (const active of [...this.#active]) {
      const { fault, match } = active.rule;
      if (isAnswerFault(fault)) continue;
      if (fault.kind === 'reset-on-reuse' && !reusedConnection) continue;
      const concerned = matchesAnything(match) || requests.some((request) => matches(match, request));
      if (concerned && active.take()) faults.push(fault);
    }
    return faults;
  }

  answerFaults(request: WireRequest): AnswerFault[] {
    const faults: AnswerFault[] = [];
    for (const active of [...this.#active]) {
      const { fault, match } = active.rule;
      if (isAnswerFault(fault) && matches(match, request) && active.take()) faults.push(fault);
    }
    return faults;
  }
}

class ActiveRule {
  readonly rule: Rule;
  applied = 0;
  #matched = 0;

  constructor(rule: Rule) {
    this.rule = rule;
  }

  /** Counts a match; true when the rule applies to it. */
  take(): boolean {
    const { nth, times } = this.rule.match;
    this.#matched += 1;
    const first = nth ?? 1;
    const count = times ?? (nth === undefined ? Infinity : 1);
    const applies = this.#matched >= first && this.#matched < first + count;
    if (applies) this.applied += 1;
    return applies;
  }
}

function matchesAnything(match: Match): boolean {
  return match.method === undefined && match.tag === undefined && match.where === undefined;
}

function matches({ method, tag, where }: Match, request: WireRequest): boolean {
  if (typeof method === 'string' && method !== request.method) return false;
  if (method instanceof RegExp && !method.test(request.method)) return false;
  if (tag !== undefined && request.params[0] !== tag) return false;
  return where === undefined || where(request);
}
