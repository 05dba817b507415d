import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EngineAnswer, StateChangeMethod } from '../../src/engine/engine.js';
import type { Outcome } from '../../src/follow/action.js';
import type { Phase, State, Turn } from '../../src/follow/state.js';
import type { Metrics } from '../../src/status/metrics.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, engineView, labels, observation, SETTLED, sourceView } from '../follow/examples.js';
import { linesOf, metricsOf } from './metrics-of.js';

let metrics: Metrics;
let nowMs: number;
let wallMs: number;

beforeEach(() => {
  [nowMs, wallMs] = [0, 1_700_000_100_000];
  metrics = metricsOf({ now: () => nowMs, wallNow: () => wallMs });
});

const lines = (): Promise<readonly string[]> => linesOf(metrics);

/** The counters that have counted something, but for what every turn counts. */
async function counted(): Promise<readonly string[]> {
  const everyTurn = /^(el_sessions|label_decisions)_total/;
  return (await lines()).filter((line) => /^\w+_total.* [1-9]/.test(line) && !everyTurn.test(line));
}

function turn(phase: Phase, more: Partial<State> = {}): Turn {
  const state = { ...SETTLED, ...more, phase };
  const view = observation(engineView(A, 5), sourceView(A, 9, labels(A, 4, 2)));
  return { before: SETTLED, state, observation: view, action: { do: 'wait', ms: 1 } };
}

const ERROR = new LockstepError('SOURCE_TIMEOUT');
const DIVERGENCE = { source: at(A, 5), engine: at(B, 5) };

describe('the state in the metrics', () => {
  it.each<[Phase, number]>([
    [{ kind: 'starting' }, 0],
    [{ kind: 'syncing' }, 0],
    [{ kind: 'following' }, 0],
    [{ kind: 'recovering', divergence: DIVERGENCE }, 5],
    [{ kind: 'holding', reason: { kind: 'source-unavailable', error: ERROR } }, 0],
    [{ kind: 'holding', reason: { kind: 'recovery-off', divergence: DIVERGENCE, plan: null } }, 5],
    [{ kind: 'halted', error: ERROR }, 0],
  ])('%j is the only one, with the block at which both sides differ', async (phase, differ) => {
    metrics.turn(turn({ kind: 'following' }));
    metrics.turn(turn(phase));
    const shown = await lines();
    expect(shown.filter((line) => /^state\{.*\} 1$/.test(line))).toEqual([`state{state="${phase.kind}"} 1`]);
    expect(shown).toContain(`divergence_active ${differ === 0 ? 0 : 1}`);
    expect(shown).toContain(`divergence_first_block ${differ}`);
    expect(shown).toContain(`reorgs_total ${differ === 0 ? 0 : 1}`);
  });

  it('names the reason of a hold, and none when it is over', async () => {
    const held = async (): Promise<readonly string[]> =>
      (await lines()).filter((line) => /^holding\{.*\} 1$/.test(line));
    metrics.turn(turn({ kind: 'holding', reason: { kind: 'source-unavailable', error: ERROR } }));
    expect(await held()).toEqual(['holding{reason="source-unavailable"} 1']);
    metrics.turn(turn({ kind: 'following' }));
    expect(await held()).toEqual([]);
  });

  it('counts the sessions of the EL, and the blocks that it came back without', async () => {
    metrics.turn({ ...turn({ kind: 'following' }), before: { ...SETTLED, standing: at(A, 5) } });
    const session = { ...SETTLED.session, id: SETTLED.session.id + 1 };
    metrics.turn({ ...turn({ kind: 'following' }, { session }), before: { ...SETTLED, standing: at(A, 8) } });
    expect(await lines()).toEqual(expect.arrayContaining(['el_sessions_total 2', 'el_rewound_blocks_total 3']));
  });

  it('counts the same trouble met again as a repetition', async () => {
    const reason = { kind: 'source-unavailable', error: ERROR } as const;
    const trouble = (count: number) => ({ key: 'k', count, retryAt: 0, named: false, reason });
    const met = turn({ kind: 'following' }, { trouble: trouble(1) });
    metrics.turn(met);
    metrics.turn({ ...turn({ kind: 'following' }, { trouble: trouble(2) }), before: met.state });
    expect(await counted()).toContain('retries_total{target="source",reason="source-unavailable"} 1');
  });

  it('counts the jumps of the wall clock, and no pause of both clocks', async () => {
    for (const [passedMs, jumpedMs] of [
      ...[
        [0, 0],
        [5_000, 5_000],
        [1_000, 3_601_000],
        [1_000, 1_400],
      ],
    ] as const) {
      [nowMs, wallMs] = [nowMs + passedMs, wallMs + jumpedMs];
      metrics.turn(turn({ kind: 'following' }));
    }
    expect(await lines()).toContain('clock_jump_total 1');
  });
});

describe('progress in the metrics', () => {
  it('shows the labels of both sides, and the gap where both have one', async () => {
    metrics.progress({
      engine: { unsafe: at(A, 5), safe: at(A, 3), finalized: null },
      source: { head: at(A, 9), labels: labels(A, 4, 2) },
      status: null,
      lagBlocks: 4,
      l1Origin: null,
      blocksPerSecond: 2.5,
      etaSeconds: null,
      elSync: { at: 6, of: 8, by: 'eth_syncing' },
    });
    const shown = await lines();
    expect(shown).toEqual(
      expect.arrayContaining([
        'head_number{side="local",label="unsafe"} 5',
        'head_number{side="local",label="safe"} 3',
        'head_number{side="source",label="finalized"} 2',
        `head_time{side="source",label="unsafe"} ${at(A, 9).timestamp}`,
        ...['lag_blocks{label="unsafe"} 4', 'lag_blocks{label="safe"} 1', 'lag_seconds{label="unsafe"} 8'],
        ...['head_age_seconds{side="source",label="unsafe"} 82', 'head_age_seconds{side="local",label="safe"} 94'],
        'last_progress_timestamp_seconds{label="safe"} 1700000100',
        // 0xa000000000000005, whose last bits a double does not hold, read from its first byte on.
        'head_hash{side="local",label="unsafe"} 160',
        ...['catchup_blocks_per_second 2.5', 'catchup_eta_seconds 0'],
        ...['el_sync_at_number 6', 'el_sync_target_number 8'],
      ]),
    );
    expect(shown.join('\n')).not.toMatch(/"local",label="finalized"|lag_blocks\{label="finalized"/);
  });
});

describe('a consensus client of the source in the metrics', () => {
  it('shows its local safe block and how far it has derived', async () => {
    const head = at(A, 9);
    const l1 = { head: null, safe: null, finalized: null };
    const status = { unsafe: head, safe: at(A, 4), finalized: null, localSafe: at(A, 6), currentL1: at(B, 7), l1 };
    const source = { head, labels: null };
    metrics.progress({
      engine: null,
      source,
      status,
      l1Origin: null,
      elSync: null,
      lagBlocks: null,
      blocksPerSecond: 0,
      etaSeconds: null,
    });
    const shown = await lines();
    expect(shown).toContain('head_number{side="source",label="local_safe"} 6');
    expect(shown).toContain('source_current_l1_number 7');
  });
});

describe('labels in the metrics', () => {
  it.each([
    [{ kind: 'seen', value: labels(A, 4, 2) } as const, 1],
    [{ kind: 'unused', why: 'underived' } as const, 0],
    [{ kind: 'failed', error: ERROR } as const, 0],
  ])('are used or not: %j', async (read, used) => {
    metrics.labels(read);
    expect(await lines()).toContain(`source_labels_used ${used}`);
  });
});

describe('counters', () => {
  it('count blocks, their transactions, and calls of the source by how they ended', async () => {
    const ref = { timestamp: 1_700_000_098 };
    metrics.turn(turn({ kind: 'following' }));
    metrics.block({ ref, transactionCount: 3, l1Origin: null, preparedMs: 4 });
    metrics.block({ ref, transactionCount: 0, l1Origin: null });
    metrics.fetched(20, 7);
    const call = { method: 'eth_chainId', ms: 5 };
    metrics.sourceCall('0', { ...call, error: null });
    metrics.sourceCall('0', { ...call, error: ERROR });
    metrics.sourceCall('0', { ...call, error: new LockstepError('ABORTED') });
    expect(await lines()).toEqual(
      expect.arrayContaining([
        ...['blocks_inserted_total 2', 'transactions_inserted_total 3', 'prefetch_queue 7'],
        ...['insert_seconds_sum{phase="verify"} 0.004', 'insert_seconds_sum{phase="fetch"} 0.02'],
        ...['end_to_end_seconds_count 2', 'end_to_end_seconds_sum 4'],
        'src_requests_total{method="eth_chainId",outcome="ok"} 1',
        'src_requests_total{method="eth_chainId",outcome="SOURCE_TIMEOUT"} 1',
        ...['src_timeout_total 1', 'source_errors_total{source="0",reason="timeout"} 1'],
      ]),
    );
  });

  it('tell no delay of blocks that are caught up with', async () => {
    metrics.turn(turn({ kind: 'syncing' }));
    metrics.block({ ref: { timestamp: 1_600_000_000 }, transactionCount: 0, l1Origin: null });
    expect(await lines()).toContain('end_to_end_seconds_count 0');
  });

  const timeout = { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') } as const;
  const invalid = { status: 'INVALID', latestValidHash: null, reason: 'no' } as const;

  it.each<[StateChangeMethod, EngineAnswer, readonly string[]]>([
    ['newPayload', { status: 'VALID' }, []],
    ['newPayload', { ...invalid, verdictOn: 'block' }, ['invalid_payload_total 1']],
    ['newPayload', { ...invalid, verdictOn: 'form' }, ['el_encoding_error_total 1']],
    ['newPayload', { status: 'SYNCING' }, []],
    ['forkchoiceUpdated', timeout, ['fcu_total{reason="keep-alive"} 1', 'el_unknown_outcome_total 1']],
    [
      'forkchoiceUpdated',
      { ...invalid, verdictOn: 'block' },
      ['fcu_total{reason="keep-alive"} 1', 'fcu_invalid_total 1'],
    ],
    [
      'forkchoiceUpdated',
      { status: 'REJECTED', code: -38002, reason: 'no' },
      ['fcu_total{reason="keep-alive"} 1', 'fcu_rejected_total{code="-38002"} 1'],
    ],
    [
      'forkchoiceUpdated',
      { status: 'REJECTED', code: -987_654, reason: 'made up' },
      ['fcu_total{reason="keep-alive"} 1', 'fcu_rejected_total{code="other"} 1'],
    ],
    ['setHead', { status: 'UNSENT', error: new LockstepError('ENGINE_AUTH') }, []],
  ])('count the answer to %s: %j', async (method, answer, expected) => {
    const forkchoice = {} as Extract<Turn['action'], { do: 'forkchoice' }>['forkchoice'];
    metrics.turn({ ...turn({ kind: 'following' }), action: { do: 'forkchoice', forkchoice, why: 'keep-alive' } });
    metrics.engineAnswer(method, answer);
    expect(new Set(await counted())).toEqual(
      new Set([`el_calls_total{method="${method}",status="${answer.status}"} 1`, ...expected]),
    );
  });

  const extended = { of: 'extend', head: at(A, 5), blocks: 1 } as const;

  it.each<[Outcome, readonly string[]]>([
    [{ of: 'forkchoice', effect: 'moved', answer: { status: 'VALID' } }, []],
    [
      { of: 'forkchoice', effect: 'unmoved', answer: { status: 'VALID' } },
      ['fcu_not_applied_total{effect="unmoved"} 1'],
    ],
    [{ of: 'forkchoice', effect: 'unread', answer: timeout }, []],
    [{ ...extended, stop: { why: 'reached' } }, []],
    [
      { ...extended, stop: { why: 'block-rejected', number: 6, error: new LockstepError('BLOCK_HASH_MISMATCH') } },
      [
        'source_errors_total{source="0",reason="invalid_hash"} 1',
        'payload_rejected_total{code="BLOCK_HASH_MISMATCH"} 1',
      ],
    ],
    [{ ...extended, stop: { why: 'absent', number: 6, pruned: false } }, ['src_gap_total 1']],
    [{ ...extended, stop: { why: 'unlinked', number: 6 } }, ['plan_aborted_total 1']],
    [
      {
        ...extended,
        stop: { why: 'forkchoice-answer', block: at(A, 6), answer: { status: 'VALID' }, effect: 'head-only' },
      },
      ['fcu_not_applied_total{effect="head-only"} 1'],
    ],
  ])('count what is not as it should be: %j', async (outcome, expected) => {
    metrics.outcome(outcome);
    expect(await counted()).toEqual(expected);
  });

  it('count what the calls of the engine port show of token, clock and size', async () => {
    const call = { method: 'engine_newPayloadV4', ms: 30 };
    metrics.engineCall({ ...call, error: new LockstepError('ENGINE_AUTH', { data: { clockSkewMs: 61_000 } }) });
    metrics.engineCall({ ...call, error: new LockstepError('ENGINE_OVERSIZE') });
    metrics.engineCall({ ...call, error: new LockstepError('ENGINE_UNREACHABLE', { data: { phase: 'exchange' } }) });
    expect(await lines()).toEqual(
      expect.arrayContaining([
        ...['jwt_rejected_total 1', 'payload_too_large_total 1', 'clock_skew_seconds 61'],
        ...['resets_total{target="engine"} 1', 'insert_seconds_count{phase="new_payload"} 3'],
      ]),
    );
  });
});
