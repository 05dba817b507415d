import type { OnCall } from '../util/call-report.js';
import type { RetryPolicy } from '../util/retry.js';
import type { BudgetLimits, SourceBudget } from './budget.js';

export interface SourceOptions extends BudgetLimits {
  /** http(s) URL of the trusted RPC, with path and user-info. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Deadline of one request, from send to the last byte of the reply. */
  readonly rpcTimeoutMs: number;
  /** Shared with others that ask the same host; absent: one of its own, with the limits given here. */
  readonly budget?: SourceBudget;
  /** Cap on one reply after inflation. */
  readonly maxResponseBytes: number;
  readonly retry?: Partial<RetryPolicy>;
  /** Told of every JSON-RPC call sent. */
  readonly onCall?: OnCall;
}
