import { describe, expect, it } from '@jest/globals';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B } from '../follow/examples.js';
import { linesOf, metricsOf } from './metrics-of.js';

const ERROR = new LockstepError('SOURCE_TIMEOUT');

describe('the names of op-node', () => {
  const l1 = { head: null, safe: null, finalized: null };
  const status = { unsafe: at(A, 9), safe: null, finalized: null, localSafe: at(A, 6), currentL1: at(B, 7), l1 };
  const progress = {
    engine: { unsafe: at(A, 5), safe: at(A, 3), finalized: at(A, 2) },
    source: null,
    status,
    lagBlocks: null,
    l1Origin: { number: 40, hash: at(B, 4).hash, timestamp: 1, sequenceNumber: 3 },
    blocksPerSecond: 0,
    etaSeconds: null,
    elSync: null,
  };

  it('show what they show there', async () => {
    let wallMs = 1_700_000_100_000;
    const metrics = metricsOf({ wallNow: () => wallMs });
    metrics.progress(progress);
    wallMs += 50_000;
    metrics.progress(progress);
    const call = { method: 'eth_chainId', ms: 20 };
    const errors = [
      null,
      new LockstepError('SOURCE_RPC_ERROR', { data: { rpcCode: -32000 } }),
      new LockstepError('SOURCE_RPC_ERROR', { data: { rpcCode: 123_456 } }),
      new LockstepError('SOURCE_BAD_BODY', { data: { status: 503 } }),
      ERROR,
    ];
    for (const error of errors) metrics.sourceCall('0', { ...call, error });
    metrics.labels({ kind: 'failed', error: ERROR });
    const responses = ['<nil>', 'rpc_-32000', 'rpc_other', 'http_503', '<unknown>'];
    expect(await linesOf(metrics, 'op_node_default_')).toEqual(
      expect.arrayContaining([
        ...['info{version="1"} 1', 'up 1'],
        ...['refs_number{layer="l2",type="l2_unsafe"} 5', 'refs_number{layer="l2",type="l2_safe"} 3'],
        `refs_time{layer="l2",type="l2_finalized"} ${at(A, 2).timestamp}`,
        'refs_hash{layer="l2",type="l2_unsafe"} 160',
        // At the first sight of the block.
        'refs_latency{layer="l2",type="l2_unsafe"} 90',
        ...['refs_number{layer="l1",type="l1_derived"} 7', 'refs_number{layer="l1_origin",type="l2_unsafe"} 40'],
        'refs_seqnr{type="l2_unsafe"} 3',
        'rpc_client_requests_total{method="eth_chainId"} 5',
        'rpc_client_request_duration_seconds_count{method="eth_chainId"} 5',
        ...responses.map((error) => `rpc_client_responses_total{method="eth_chainId",error="${error}"} 1`),
        ...['follow_source_errors_total{reason="fetch_status"} 1', 'follow_source_errors_total{reason="l1_lookup"} 0'],
      ]),
    );
  });

  it('can be left out', async () => {
    const metrics = metricsOf({ opNodeCompat: false });
    metrics.progress(progress);
    expect(await linesOf(metrics, 'op_node_')).toEqual([]);
  });
});
