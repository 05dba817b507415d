import type { Registry } from 'prom-client';
import type { HoldReason, Phase, Turn } from '../follow/state.js';
import { Series } from './series.js';
import { WOULD_KINDS, type WouldKind } from './shadow-report.js';
import { HOLD_MEANINGS, PHASE_MEANINGS } from './states.js';

export interface StateMetrics {
  turn(turn: Turn): void;
  /** The journal cannot be read or written. */
  stateFileError(): void;
  /** A shadow begins to want something that the driver of the EL has not done. */
  would(kind: WouldKind): void;
}

const PHASES = Object.keys(PHASE_MEANINGS);
const HOLD_REASONS = Object.keys(HOLD_MEANINGS);

/** Clocks that part by more than this between two turns did not drift: one was set, or the machine slept (H3, H4). */
const CLOCK_JUMP_MS = 1_000;

interface Parts {
  readonly dryRun: boolean;
  readonly now: () => number;
  readonly wallNow: () => number;
}

/** What lockstep is doing, and what happened to the machine that it runs on. */
export function createStateMetrics(registry: Registry, { dryRun, now, wallNow }: Parts): StateMetrics {
  const series = createSeries(new Series(registry));
  series.up.set(1);
  series.dryRun.set(dryRun ? 1 : 0);
  let apart: number | null = null;
  return {
    turn: ({ before, state }) => {
      const { phase } = state;
      for (const kind of PHASES) series.state.set({ state: kind }, phase.kind === kind ? 1 : 0);
      const held = phase.kind === 'holding' ? phase.reason.kind : null;
      for (const reason of HOLD_REASONS) series.holding.set({ reason }, reason === held ? 1 : 0);
      series.identity.set(isIdentityMismatch(phase) ? 1 : 0);
      series.fork.set(isUnsupportedFork(phase) ? 1 : 0);
      const [was, is] = [before.trouble, state.trouble];
      if (is !== null && is.key === was?.key && is.count > was.count) {
        series.retries.inc({ target: targetOf(is.reason), reason: is.reason.kind });
      }
      const isApart = wallNow() - now();
      if (apart !== null && Math.abs(isApart - apart) > CLOCK_JUMP_MS) series.jumps.inc();
      apart = isApart;
    },
    stateFileError: () => series.stateFile.inc(),
    would: (kind) => series.would.inc({ action: kind }),
  };
}

function targetOf({ kind }: HoldReason): 'source' | 'engine' {
  return kind.startsWith('source-') || kind === 'block-rejected' ? 'source' : 'engine';
}

function isIdentityMismatch(phase: Phase): boolean {
  return phase.kind === 'halted' && phase.error.code.startsWith('IDENTITY_');
}

function isUnsupportedFork(phase: Phase): boolean {
  const error = phase.kind === 'holding' && phase.reason.kind === 'block-rejected' ? phase.reason.error : null;
  return error?.code === 'BLOCK_UNSUPPORTED_FORK';
}

function createSeries(series: Series) {
  return {
    up: series.gauge('up', '1 while the process runs'),
    dryRun: series.gauge('dry_run', '1 where nothing is written to the EL (--dry-run)'),
    would: series.counterOf(
      'would_total',
      'With --dry-run: times that lockstep began to want something that the driver of the EL had not done',
      'action',
      WOULD_KINDS,
    ),
    state: series.gauge('state', '1 for the state lockstep is in', ['state']),
    holding: series.gauge('holding', '1 for the reason for which lockstep holds', ['reason']),
    identity: series.gauge(
      'identity_mismatch',
      '1 when source and EL are not the chain that they were at the start (S21, E19); the process ends with 76',
    ),
    fork: series.gauge('unsupported_fork', '1 while a block of the source is of a fork that is not known (S26)'),
    retries: series.counter('retries_total', 'Repetitions of what failed, by the side and the reason of the hold', [
      'target',
      'reason',
    ]),
    jumps: series.counter('clock_jump_total', 'Jumps of the wall clock against the monotonic one (H3, H4)'),
    stateFile: series.counter('state_file_errors_total', 'Times that the journal could not be read or written (H6)'),
  };
}
