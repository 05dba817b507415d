import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../src/follow/action.js';
import type { Phase, State, Turn } from '../../src/follow/state.js';
import { createMetrics, type Metrics } from '../../src/status/metrics.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, engineView, labels, observation, SETTLED, sourceView } from '../follow/examples.js';

let metrics: Metrics;

beforeEach(() => {
  metrics = createMetrics({ version: '1', node: 'v20', now: () => 0 });
});

/** The lockstep lines of the exposition without their prefix. */
async function lines(): Promise<readonly string[]> {
  const text = await metrics.registry.metrics();
  return text
    .split('\n')
    .filter((line) => line.startsWith('lockstep_'))
    .map((line) => line.slice('lockstep_'.length));
}

function turn(phase: Phase, more: Partial<State> = {}): Turn {
  const state = { ...SETTLED, ...more, phase };
  const view = observation(engineView(A, 5), sourceView(A, 9, labels(A, 4, 2)));
  return { before: SETTLED, state, observation: view, action: { do: 'wait', ms: 1 } };
}

const ERROR = new LockstepError('SOURCE_TIMEOUT');
const DIVERGENCE = { source: at(A, 5), engine: at(B, 5) };

describe('the state in the metrics', () => {
  it.each<[Phase, number, number]>([
    [{ kind: 'starting' }, 0, 0],
    [{ kind: 'syncing' }, 0, 0],
    [{ kind: 'following' }, 1, 0],
    [{ kind: 'recovering', divergence: DIVERGENCE }, 0, 1],
    [{ kind: 'holding', reason: { kind: 'source-unavailable', error: ERROR } }, 0, 0],
    [{ kind: 'holding', reason: { kind: 'recovery-off', divergence: DIVERGENCE, plan: null } }, 0, 1],
    [{ kind: 'halted', error: ERROR }, 0, 0],
  ])('%j is the only one, and ready only in step with the source', async (phase, ready, diverged) => {
    metrics.turn(turn({ kind: 'following' }));
    metrics.turn(turn(phase));
    const shown = await lines();
    expect(shown.filter((line) => /^state\{.*\} 1$/.test(line))).toEqual([`state{state="${phase.kind}"} 1`]);
    expect(shown).toContain(`ready ${ready}`);
    expect(shown).toContain(`divergence_active ${diverged}`);
  });

  it('names the reason of a hold, and none when it is over', async () => {
    const held = async (): Promise<readonly string[]> =>
      (await lines()).filter((line) => /^holding\{.*\} 1$/.test(line));
    metrics.turn(turn({ kind: 'holding', reason: { kind: 'source-unavailable', error: ERROR } }));
    expect(await held()).toEqual(['holding{reason="source-unavailable"} 1']);
    metrics.turn(turn({ kind: 'following' }));
    expect(await held()).toEqual([]);
  });

  it('carries the number of the EL session', async () => {
    metrics.turn(turn({ kind: 'following' }, { session: { ...SETTLED.session, id: 7 } }));
    expect(await lines()).toContain('el_session 7');
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
        ...['lag_blocks{label="unsafe"} 4', 'lag_blocks{label="safe"} 1'],
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
    metrics.block({ transactionCount: 3, l1Origin: null });
    metrics.block({ transactionCount: 0, l1Origin: null });
    metrics.sourceCall('eth_chainId', 'ok');
    metrics.sourceCall('eth_chainId', 'SOURCE_TIMEOUT');
    expect(await lines()).toEqual(
      expect.arrayContaining([
        ...['blocks_inserted_total 2', 'transactions_inserted_total 3'],
        'source_calls_total{method="eth_chainId",outcome="ok"} 1',
        'source_calls_total{method="eth_chainId",outcome="SOURCE_TIMEOUT"} 1',
      ]),
    );
  });

  const timeout = { status: 'UNKNOWN', error: new LockstepError('ENGINE_TIMEOUT') } as const;
  const extended = { of: 'extend', head: at(A, 5), blocks: 1 } as const;

  it.each<[Outcome, readonly string[]]>([
    [{ of: 'forkchoice', effect: 'moved', answer: { status: 'VALID' } }, []],
    [
      { of: 'forkchoice', effect: 'unmoved', answer: { status: 'VALID' } },
      ['fcu_not_applied_total{effect="unmoved"} 1'],
    ],
    [
      { of: 'forkchoice', effect: 'unread', answer: timeout },
      ['engine_not_valid_total{method="forkchoiceUpdated",status="UNKNOWN"} 1', 'el_unknown_outcome_total 1'],
    ],
    [{ ...extended, stop: { why: 'reached' } }, []],
    [
      { ...extended, stop: { why: 'block-rejected', number: 6, error: new LockstepError('BLOCK_HASH_MISMATCH') } },
      ['payload_rejected_total{code="BLOCK_HASH_MISMATCH"} 1'],
    ],
    [
      { ...extended, stop: { why: 'payload-answer', block: at(A, 6), answer: { status: 'SYNCING' } } },
      ['engine_not_valid_total{method="newPayload",status="SYNCING"} 1'],
    ],
    [
      {
        ...extended,
        stop: { why: 'forkchoice-answer', block: at(A, 6), answer: { status: 'VALID' }, effect: 'head-only' },
      },
      ['fcu_not_applied_total{effect="head-only"} 1'],
    ],
  ])('count what is not as it should be: %j', async (outcome, expected) => {
    metrics.outcome(outcome);
    const counted = (await lines()).filter((line) => /_total.* [1-9]/.test(line));
    expect(counted).toEqual(expected);
  });
});
