import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { HoldReason, Phase, Turn } from '../follow/state.js';
import { depthOf } from '../recovery/plan.js';
import { recoveryEdges, type RecoveryEdge } from './recovery-edge.js';

export interface RecoveryMetrics {
  turn(turn: Turn): void;
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
  const { divergence, finalized, tooDeep, recoveries, depth, seconds, foreign } = createSeries(registry);
  let startedAt: number | null = null;
  return {
    turn: (turn) => {
      const { phase } = turn.state;
      divergence.set(isDiverged(phase) ? 1 : 0);
      finalized.set(isFinalizedDivergence(phase) ? 1 : 0);
      tooDeep.set(isHeldFor(phase, 'recovery-too-deep') || isHeldFor(phase, 'recovery-failed') ? 1 : 0);
      if (turn.state.foreign.lastAt !== turn.before.foreign.lastAt) foreign.inc();
      if (turn.action.do === 'plan') startedAt ??= now();
      for (const edge of recoveryEdges(turn)) {
        if (edge.kind === 'arrived') continue;
        recoveries.inc({ result: resultOf(edge) });
        if (edge.kind !== 'recovered') continue;
        depth.observe(depthOf(edge.plan));
        if (startedAt !== null) seconds.observe((now() - startedAt) / 1_000);
      }
      // A plan that was dropped and made again is one recovery, also with a hold in between.
      if (phase.kind === 'following' || phase.kind === 'syncing') startedAt = null;
    },
  };
}

const RESULTS = ['recovered', 'dropped', 'stopped'] as const;

function createSeries(registry: Registry) {
  const registers = [registry];
  const gauge = (name: string, help: string): Gauge => new Gauge({ name: `lockstep_${name}`, help, registers });
  const histogram = (name: string, help: string, buckets: number[]): Histogram =>
    new Histogram({ name: `lockstep_${name}`, help, buckets, registers });
  const recoveries = new Counter({
    name: 'lockstep_recoveries_total',
    help: 'Recoveries by how they ended: recovered, dropped (the EL or the source moved on), stopped (no way may be taken)',
    labelNames: ['result'],
    registers,
  });
  // A series that is there before its first event is one that an alert can compare with.
  for (const result of RESULTS) recoveries.inc({ result }, 0);
  return {
    recoveries,
    divergence: gauge('divergence_active', '1 while the EL is known to be on another branch than the source'),
    finalized: gauge('finalized_divergence', '1 while the source contradicts a block that is final in the EL'),
    tooDeep: gauge(
      'reorg_too_deep',
      '1 while no way leads the EL back to the source: too deep, or every way was tried',
    ),
    depth: histogram('recovery_depth', 'Blocks of the EL that a recovery gave up', DEPTH_BUCKETS),
    seconds: histogram('recovery_seconds', 'From the confirmed divergence to the end of the plan', SECONDS_BUCKETS),
    foreign: new Counter({
      name: 'lockstep_foreign_forkchoices_total',
      help: "Moves of the EL's head that lockstep did not ask for",
      registers,
    }),
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

function isFinalizedDivergence(phase: Phase): boolean {
  if (phase.kind === 'halted') return phase.error.code === 'FINALIZED_DIVERGENCE';
  return isHeldFor(phase, 'finalized-divergence');
}
