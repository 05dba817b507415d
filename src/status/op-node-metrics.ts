import type { Registry } from 'prom-client';
import type { BlockRef } from '../chain/block.js';
import type { CallReport } from '../util/call-report.js';
import type { LockstepError } from '../util/errors.js';
import type { Progress } from './progress.js';
import { hashAsNumber, Series } from './series.js';

/** The metrics of op-node that dashboards and alerts name, with the same meaning (operators 3). */
export interface OpNodeMetrics {
  progress(progress: Progress): void;
  call(call: CallReport): void;
  followError(reason: (typeof FOLLOW_ERRORS)[number]): void;
}

const FOLLOW_ERRORS = ['fetch_status', 'invalid_state', 'l1_lookup', 'l1_mismatch'] as const;

/** As there. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Codes of JSON-RPC, of its providers and of the Engine API: a peer may make up any other. */
const RPC_CODES: ReadonlySet<number> = new Set([
  ...[-32700, -32600, -32601, -32602, -32603, -32000, -32001, -32002, -32003, -32004, -32005],
  ...[-38001, -38002, -38003, -38004, -38005, -38006, -39001, 3, 4444],
]);

export function createOpNodeMetrics(registry: Registry, version: string, wallNow: () => number): OpNodeMetrics {
  const series = createSeries(new Series(registry, 'op_node_default_'));
  series.info.set({ version }, 1);
  series.up.set(1);
  for (const reason of FOLLOW_ERRORS) series.followErrors.inc({ reason }, 0);
  const latest = new Map<string, string>();
  const ref = (
    layer: string,
    type: string,
    block: Pick<BlockRef, 'number' | 'hash'> & { timestamp?: number },
  ): void => {
    // The latency is told only at the first sight of a block, as there.
    const key = `${layer} ${type}`;
    if (latest.get(key) === block.hash) return;
    latest.set(key, block.hash);
    series.number.set({ layer, type }, block.number);
    series.hash.set({ layer, type }, hashAsNumber(block.hash));
    if (block.timestamp === undefined) return;
    series.time.set({ layer, type }, block.timestamp);
    series.latency.set({ layer, type }, wallNow() / 1_000 - block.timestamp);
  };
  const level2 = (types: readonly string[], block: BlockRef | null | undefined): void => {
    if (block) for (const type of types) ref('l2', type, block);
  };
  return {
    progress: ({ engine, status, l1Origin }) => {
      level2(['l2_unsafe', 'l2_cross_unsafe'], engine?.unsafe);
      level2(['l2_safe', 'l2_local_safe', 'l2_pending_safe'], engine?.safe);
      level2(['l2_finalized'], engine?.finalized);
      if (status?.currentL1) ref('l1', 'l1_derived', status.currentL1);
      if (l1Origin === null) return;
      // The time of an origin is not told there either.
      ref('l1_origin', 'l2_unsafe', { number: l1Origin.number, hash: l1Origin.hash });
      series.sequence.set({ type: 'l2_unsafe' }, l1Origin.sequenceNumber);
    },
    call: ({ method, ms, error }) => {
      series.requests.inc({ method });
      series.duration.observe({ method }, ms / 1_000);
      series.responses.inc({ method, error: errorName(error) });
    },
    followError: (reason) => series.followErrors.inc({ reason }),
  };
}

function errorName(error: LockstepError | null): string {
  if (error === null) return '<nil>';
  const { rpcCode, status } = error.data;
  if (typeof rpcCode === 'number') return RPC_CODES.has(rpcCode) ? `rpc_${rpcCode}` : 'rpc_other';
  return typeof status === 'number' ? `http_${status}` : '<unknown>';
}

function createSeries(series: Series) {
  const ref = ['layer', 'type'] as const;
  return {
    info: series.gauge('info', 'Pseudo-metric tracking version: the one of lockstep', ['version']),
    up: series.gauge('up', '1 while the process runs'),
    number: series.gauge('refs_number', 'Block number of a label of the EL (L2), of what is derived (L1)', ref),
    time: series.gauge('refs_time', 'Timestamp in seconds of that block', ref),
    hash: series.gauge('refs_hash', 'First 8 bytes of the hash of that block as a number, little-endian', ref),
    latency: series.gauge('refs_latency', 'Age in seconds of that block when it was first seen', ref),
    sequence: series.gauge('refs_seqnr', 'Sequence number of that block in its epoch', ['type']),
    requests: series.counter('rpc_client_requests_total', 'JSON-RPC calls sent to source and EL', ['method']),
    duration: series.histogram(
      'rpc_client_request_duration_seconds',
      'How long calls to source and EL took',
      DURATION_BUCKETS,
      ['method'],
    ),
    responses: series.counter('rpc_client_responses_total', 'What calls to source and EL came to', ['method', 'error']),
    followErrors: series.counter(
      'follow_source_errors_total',
      'Looks at the source that brought nothing (fetch_status), or labels that cannot be of one chain (invalid_state)',
      ['reason'],
    ),
  };
}
