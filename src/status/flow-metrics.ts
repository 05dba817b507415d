import type { Registry } from 'prom-client';
import type { Phase } from '../follow/state.js';
import type { CallReport } from '../util/call-report.js';
import { Series } from './series.js';

/** What is told of a block that the EL called VALID. */
interface InsertedBlock {
  readonly ref: { readonly timestamp: number };
  readonly transactionCount: number;
  readonly preparedMs?: number;
}

export interface FlowMetrics {
  /** A block came from the source in `ms`; so many are fetched or under way ahead of their use. */
  fetched(ms: number, ahead: number): void;
  inserted(block: InsertedBlock): void;
  engineCall(call: CallReport): void;
  phase(phase: Phase): void;
}

const INSERT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30];
const END_TO_END_BUCKETS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 30, 60];

/** How blocks pass through, and what each step takes. `wallNow`: milliseconds of the wall clock. */
export function createFlowMetrics(registry: Registry, wallNow: () => number): FlowMetrics {
  const series = new Series(registry);
  const blocks = series.counter('blocks_inserted_total', 'Blocks the EL called VALID');
  const transactions = series.counter('transactions_inserted_total', 'Transactions in the blocks the EL called VALID');
  const seconds = series.histogram(
    'insert_seconds',
    'What each step of a block took: fetch, verify (with building the payload), new_payload, fcu',
    INSERT_BUCKETS,
    ['phase'],
  );
  const endToEnd = series.histogram(
    'end_to_end_seconds',
    'From the timestamp of a block to its VALID, while following',
    END_TO_END_BUCKETS,
  );
  const queue = series.gauge('prefetch_queue', 'Blocks that are fetched or under way ahead of their use');
  let following = false;
  return {
    phase: ({ kind }) => {
      following = kind === 'following';
      if (following) queue.set(0);
    },
    fetched: (ms, ahead) => {
      seconds.observe({ phase: 'fetch' }, ms / 1_000);
      queue.set(ahead);
    },
    inserted: ({ ref, transactionCount, preparedMs }) => {
      blocks.inc();
      transactions.inc(transactionCount);
      if (preparedMs !== undefined) seconds.observe({ phase: 'verify' }, preparedMs / 1_000);
      // The age of a block that is caught up with says nothing of us.
      if (following) endToEnd.observe(Math.max(0, wallNow() / 1_000 - ref.timestamp));
    },
    engineCall: ({ method, ms }) => {
      const phase = phaseOf(method);
      if (phase !== null) seconds.observe({ phase }, ms / 1_000);
    },
  };
}

const PHASES = { newPayload: 'new_payload', forkchoiceUpdated: 'fcu' } as const;

function phaseOf(method: string): (typeof PHASES)[keyof typeof PHASES] | null {
  const name = /^engine_(\w+)V\d$/.exec(method)?.[1] ?? '';
  return Object.hasOwn(PHASES, name) ? PHASES[name as keyof typeof PHASES] : null;
}
