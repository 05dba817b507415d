import type { Registry } from 'prom-client';
import type { Outcome } from '../follow/action.js';
import type { HoldReason, Phase, Turn } from '../follow/state.js';
import { depthOf, type Divergence } from '../recovery/plan.js';
import { recoveryEdges, type RecoveryEdge } from './recovery-edge.js';
import { Series } from './series.js';
import { stopOf } from './source-metrics.js';

export interface RecoveryMetrics {
  turn(turn: Turn): void;
  outcome(outcome: Outcome): void;
}

const DEPTH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 512, 2_048, 8_192, 50_000];
const SECONDS_BUCKETS = [0.5, 1, 2, 4, 8, 16, 32, 64, 256, 1_024];

const DIVERGED: ReadonlySet<HoldReason['kind']> = new Set([
  'finalized-divergence',
  'recovery-off',
  'recovery-pausing',
  'recovery-too-deep',
  'recovery-failed',
]);

/** The metrics of divergences and of what was done about them. `now`: milliseconds of a monotonic clock. */
export function createRecoveryMetrics(registry: Registry, now: () => number): RecoveryMetrics {
  const { divergence, firstBlock, reorgs, aborted, finalized, tooDeep, recoveries, depth, seconds, foreign } =
    createSeries(registry);
  let startedAt: number | null = null;
  return {
    turn: (turn) => {
      const { phase } = turn.state;
      divergence.set(isDiverged(phase) ? 1 : 0);
      firstBlock.set(divergenceOf(phase)?.source.number ?? 0);
      if (isDiverged(phase) && !isDiverged(turn.before.phase)) reorgs.inc();
      finalized.set(isFinalizedDivergence(phase) ? 1 : 0);
      tooDeep.set(isHeldFor(phase, 'recovery-too-deep') || isHeldFor(phase, 'recovery-failed') ? 1 : 0);
      if (turn.state.foreign.lastAt !== turn.before.foreign.lastAt) foreign.inc();
      if (turn.action.do === 'plan') startedAt ??= now();
      for (const edge of recoveryEdges(turn)) {
        if (edge.kind === 'arrived') continue;
        recoveries.inc({ result: resultOf(edge) });
        if (edge.kind === 'dropped') aborted.inc();
        if (edge.kind !== 'recovered') continue;
        depth.observe(depthOf(edge.plan));
        if (startedAt !== null) seconds.observe((now() - startedAt) / 1_000);
      }
      // A plan that was dropped and made again is one recovery, also with a hold in between.
      if (phase.kind === 'following' || phase.kind === 'syncing') startedAt = null;
    },
    outcome: (outcome) => {
      if (stopOf(outcome)?.why === 'unlinked') aborted.inc();
    },
  };
}

const RESULTS = ['recovered', 'dropped', 'stopped'] as const;

function createSeries(registry: Registry) {
  const series = new Series(registry);
  return {
    recoveries: series.counterOf(
      'recoveries_total',
      'Recoveries by how they ended: recovered, dropped (the EL or the source moved on), stopped (no way may be taken)',
      'result',
      RESULTS,
    ),
    divergence: series.gauge('divergence_active', '1 while the EL is known to be on another branch than the source'),
    firstBlock: series.gauge(
      'divergence_first_block',
      'Height at which both sides were seen to differ; 0 while they do not',
    ),
    reorgs: series.counter('reorgs_total', 'Divergences that were confirmed, recovered from or not'),
    aborted: series.counter(
      'plan_aborted_total',
      'Plans that were dropped since the EL or the source moved on, and blocks that do not link (S20)',
    ),
    finalized: series.gauge(
      'finalized_divergence',
      '1 while the source contradicts a block that is final in the EL (S15)',
    ),
    tooDeep: series.gauge(
      'reorg_too_deep',
      '1 while no way leads the EL back to the source: too deep, or every way was tried (E12)',
    ),
    depth: series.histogram('recovery_depth', 'Blocks of the EL that a recovery gave up (S13)', DEPTH_BUCKETS),
    seconds: series.histogram(
      'recovery_seconds',
      'From the confirmed divergence to the end of the plan',
      SECONDS_BUCKETS,
    ),
    foreign: series.counter(
      'foreign_fcu_total',
      "Moves of the EL's head that lockstep did not ask for: another consensus client (E18)",
    ),
  };
}

function resultOf({ kind }: Exclude<RecoveryEdge, { kind: 'arrived' }>): (typeof RESULTS)[number] {
  return kind;
}

function isHeldFor(phase: Phase, reason: HoldReason['kind']): boolean {
  return phase.kind === 'holding' && phase.reason.kind === reason;
}

function isDiverged(phase: Phase): boolean {
  return phase.kind === 'recovering' || (phase.kind === 'holding' && DIVERGED.has(phase.reason.kind));
}

function divergenceOf(phase: Phase): Divergence | null {
  if (phase.kind === 'recovering') return phase.divergence;
  return phase.kind === 'holding' && 'divergence' in phase.reason ? phase.reason.divergence : null;
}

function isFinalizedDivergence(phase: Phase): boolean {
  if (phase.kind === 'halted') return phase.error.code === 'FINALIZED_DIVERGENCE';
  return isHeldFor(phase, 'finalized-divergence');
}
