import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Action } from '../../src/follow/action.js';
import type { Recovery, HoldReason, Phase, State, Turn } from '../../src/follow/state.js';
import type { Plan } from '../../src/recovery/plan.js';
import type { Metrics } from '../../src/status/metrics.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, engineView, observation, SETTLED, sourceView } from '../follow/examples.js';
import { metricsOf } from './metrics-of.js';
import { WrittenReport } from './written-report.js';

const DIVERGENCE = { source: at(A, 5), engine: at(B, 5) };
const PLAN: Plan = { id: 1, ancestor: at(A, 3), blocks: A.slice(4, 10), engineHead: at(B, 7), replaced: at(B, 4) };
const RECOVERING: Phase = { kind: 'recovering', divergence: DIVERGENCE };
const FOLLOWING: Phase = { kind: 'following' };

const CLIMBING: Recovery = { stage: 'climbing', plan: PLAN, rungs: ['sibling'], tried: [], unknowns: 0, advice: null };
const REPLAYING: Recovery = { stage: 'replaying', plan: PLAN };
const FAILED: HoldReason = { kind: 'recovery-failed', plan: PLAN, tried: [], advice: 'do this' };
const stoppedFor = (reason: HoldReason, retryAt = 1): Recovery => ({ stage: 'stopped', reason, retryAt });
const holding = (reason: HoldReason): Phase => ({ kind: 'holding', reason });
const PLANNING: Action = {
  ...{ do: 'plan', id: 1, divergence: DIVERGENCE, engineHead: at(B, 7), target: at(A, 9) },
  ...{ floor: null, fence: null, maxDepth: 100, maySync: false, pausedUntil: null },
};

let report: WrittenReport;
let metrics: Metrics;
let nowMs: number;
let state: State;

beforeEach(() => {
  report = new WrittenReport();
  nowMs = 0;
  metrics = metricsOf({ now: () => nowMs });
  state = SETTLED;
  turn({ phase: FOLLOWING });
  report.taken();
});

/** One turn of the loop, one second after the last. */
function turn(change: Partial<State>, action: Action = { do: 'wait', ms: 1 }): void {
  const before = state;
  nowMs += 1_000;
  state = { ...state, ...change };
  const one: Turn = { before, state, action, observation: observation(engineView(B, 7), sourceView(A, 9)) };
  metrics.turn(one);
  report.hooks.onTurn(one);
}

const recovered = (): Partial<State> => ({
  recovery: null,
  phase: FOLLOWING,
  standing: at(A, 9),
});

/** The lockstep series of these names, without the prefix. */
async function series(...names: readonly string[]): Promise<readonly string[]> {
  const text = await metrics.registry.metrics();
  const lines = text.split('\n').map((line) => line.replace(/^lockstep_/, ''));
  return lines.filter((line) => names.includes(line.split(/[ {]/)[0] ?? ''));
}

const messages = (): readonly unknown[] => report.taken().map(({ lvl, msg }) => `${String(lvl)}: ${String(msg)}`);

describe('a recovery', () => {
  it('is told at its start, when the EL is on the way back, and at its end', () => {
    turn({ phase: RECOVERING }, PLANNING);
    turn({ recovery: CLIMBING });
    turn({ recovery: REPLAYING });
    turn(recovered());
    expect(messages()).toEqual([
      'warn: The EL is on another branch than the source',
      'info: Recovery: the EL is on the chain of the source again, its blocks are replayed',
      'info: Following: the EL keeps up with the source',
      'info: Recovered: the EL was brought back to the chain of the source',
    ]);
  });

  it('is counted with its depth and the time from the confirmed divergence, over a hold in between', async () => {
    turn({ phase: RECOVERING }, PLANNING);
    turn({ recovery: CLIMBING });
    turn({ phase: holding({ kind: 'engine-unsettled', error: new LockstepError('ENGINE_TIMEOUT') }) });
    turn({ phase: RECOVERING, recovery: REPLAYING });
    turn(recovered());
    expect(
      await series('recoveries_total', 'recovery_depth_sum', 'recovery_seconds_sum', 'recovery_depth_count'),
    ).toEqual([
      'recoveries_total{result="recovered"} 1',
      'recoveries_total{result="dropped"} 0',
      'recoveries_total{result="stopped"} 0',
      'recovery_depth_sum 4',
      'recovery_depth_count 1',
      'recovery_seconds_sum 4',
    ]);
  });

  it('that reaches its end with the ancestor arrives and ends in one turn', () => {
    turn({ phase: RECOVERING, recovery: CLIMBING });
    report.taken();
    turn({ ...recovered(), phase: RECOVERING });
    expect(messages()).toEqual([
      'info: Recovery: the EL is on the chain of the source again, its blocks are replayed',
      'info: Recovered: the EL was brought back to the chain of the source',
    ]);
  });

  it.each([
    ['climbing', CLIMBING],
    ['replaying', REPLAYING],
  ])('whose plan is void while %s is told as dropped and not as done', async (_stage, recovery) => {
    turn({ phase: RECOVERING, recovery });
    report.taken();
    turn({ recovery: null });
    expect(messages()).toEqual(['warn: Recovery: the plan is dropped, since the EL or the source moved on']);
    expect(await series('recoveries_total')).toContain('recoveries_total{result="dropped"} 1');
    expect(await series('recovery_depth_count')).toEqual(['recovery_depth_count 0']);
  });

  it('that is left to the peers of the EL is not told as dropped', () => {
    turn({ phase: RECOVERING, recovery: CLIMBING });
    const policy = { gapBlocks: 64, startMs: 1, stallMs: 1 };
    const run = {
      ancestor: null,
      started: false,
      at: 3,
      by: 'latest',
      work: { head: 3, sync: 0 },
      movedAt: 0,
      peers: null,
    } as const;
    report.taken();
    turn({ recovery: null, elSync: { policy, stage: 'running', target: at(A, 9), aimedAt: 0, ...run } });
    expect(messages()).toEqual(['info: EL sync: the EL is pointed at the head of the source']);
  });

  it('without a way is counted each time it was looked for, and shows until it is over', async () => {
    turn({ phase: RECOVERING, recovery: CLIMBING });
    for (const retryAt of [1, 1, 2]) turn({ phase: holding(FAILED), recovery: stoppedFor(FAILED, retryAt) });
    expect(await series('recoveries_total', 'reorg_too_deep')).toEqual(
      expect.arrayContaining(['recoveries_total{result="stopped"} 2', 'reorg_too_deep 1']),
    );
    turn({ phase: FOLLOWING, recovery: null });
    expect(await series('reorg_too_deep')).toEqual(['reorg_too_deep 0']);
  });
});

const FINAL: HoldReason = { kind: 'finalized-divergence', divergence: DIVERGENCE, finalized: at(B, 6) };

describe('a hold that only a person ends', () => {
  it.each<[HoldReason, string]>([
    [FINAL, 'crit'],
    [FAILED, 'error'],
    [{ kind: 'recovery-too-deep', divergence: DIVERGENCE, maxDepth: 2 }, 'error'],
    [{ kind: 'foreign-writer', moves: 3 }, 'error'],
    [{ kind: 'recovery-pausing', divergence: DIVERGENCE, until: 5 }, 'warn'],
    [{ kind: 'recovery-off', divergence: DIVERGENCE, plan: PLAN }, 'warn'],
  ])('is told once, as loud as it is serious: $kind', (reason, level) => {
    turn({ phase: holding(reason) });
    turn({ phase: holding(reason) });
    expect(report.taken()).toMatchObject([{ lvl: level, reason: reason.kind }]);
  });

  it('shows a contradicted finality, also when the process ends for it', async () => {
    const shown = () => series('finalized_divergence', 'divergence_active');
    expect(await shown()).toEqual(['divergence_active 0', 'finalized_divergence 0']);
    turn({ phase: holding(FINAL) });
    expect(await shown()).toEqual(['divergence_active 1', 'finalized_divergence 1']);
    turn({ phase: { kind: 'halted', error: new LockstepError('FINALIZED_DIVERGENCE') } });
    expect(await shown()).toEqual(['divergence_active 0', 'finalized_divergence 1']);
  });
});

describe('the metrics of a recovery', () => {
  it('do not hide the moves of somebody else', async () => {
    turn({ foreign: { count: 1, lastAt: 5 } });
    turn({});
    turn({ foreign: { count: 2, lastAt: 9 } });
    expect(await series('foreign_fcu_total')).toEqual(['foreign_fcu_total 2']);
  });

  it('show how long the engine port has been silent', async () => {
    metrics.engineSilence(2_500);
    expect(await series('el_hang_seconds')).toEqual(['el_hang_seconds 2.5']);
  });
});
