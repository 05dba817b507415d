import { collectDefaultMetrics, Registry } from 'prom-client';
import type { L1Origin } from '../chain/l1-origin.js';
import type { EngineAnswer, EngineIdentity, StateChangeMethod } from '../engine/engine.js';
import type { Outcome } from '../follow/action.js';
import type { HeadNews, SeenLabels, Turn } from '../follow/state.js';
import type { CallReport } from '../util/call-report.js';
import { createEngineMetrics } from './engine-metrics.js';
import { createFlowMetrics } from './flow-metrics.js';
import { createHeadMetrics } from './head-metrics.js';
import { createHealthMetrics } from './health-metrics.js';
import type { Health } from './health.js';
import { createLabelMetrics } from './label-metrics.js';
import { createOpNodeMetrics } from './op-node-metrics.js';
import type { Progress } from './progress.js';
import { createRecoveryMetrics } from './recovery-metrics.js';
import { Series } from './series.js';
import type { WouldKind } from './shadow-report.js';
import { createSourceMetrics, type SourceIndex } from './source-metrics.js';
import { createStateMetrics } from './state-metrics.js';

interface ReplayedBlock {
  readonly ref: { readonly timestamp: number };
  readonly transactionCount: number;
  readonly l1Origin: L1Origin | null;
  readonly preparedMs?: number;
}

export interface Metrics {
  readonly registry: Registry;
  turn(turn: Turn): void;
  outcome(outcome: Outcome): void;
  block(block: ReplayedBlock): void;
  /** A block came from the source in `ms`; so many are fetched or under way ahead of their use. */
  fetched(ms: number, ahead: number): void;
  labels(seen: SeenLabels): void;
  headNews(news: HeadNews): void;
  progress(progress: Progress): void;
  sourceCall(source: SourceIndex, call: CallReport): void;
  engineCall(call: CallReport): void;
  engineAnswer(method: StateChangeMethod, answer: EngineAnswer): void;
  engineIdentity(identity: EngineIdentity): void;
  /** How long the engine port has answered nothing; 0 while it answers. */
  engineSilence(ms: number): void;
  /** How long the source has shown the same head. */
  sourceAge(ms: number): void;
  /** The journal cannot be read or written. */
  stateFileError(): void;
  /** A shadow begins to want something that the driver of the EL has not done. */
  would(kind: WouldKind): void;
}

export interface MetricsParts {
  readonly version: string;
  readonly node: string;
  /** execution: head and labels come from the EL of the source; consensus: from its consensus client. */
  readonly sourceKind: 'execution' | 'consensus';
  /** Also the names of op-node (--metrics.op-node-compat). */
  readonly opNodeCompat: boolean;
  readonly health: Pick<Health, 'criteria'>;
  /** Nothing is written to the EL. */
  readonly dryRun: boolean;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Milliseconds of the wall clock. */
  readonly wallNow: () => number;
}

/** A timer of this period; one of 10 ms takes more CPU than following a chain of one block per second. */
const EVENT_LOOP_PRECISION_MS = 100;

/** Every metric of lockstep, in one registry. Label values are fixed sets: no hash, URL or error text (T11). */
export function createMetrics(parts: MetricsParts): Metrics {
  const { version, node, sourceKind, dryRun, now, wallNow } = parts;
  const registry = new Registry();
  const info = createInfo(registry, { version, node, source_kind: sourceKind });
  const state = createStateMetrics(registry, { dryRun, now, wallNow });
  createHealthMetrics(registry, parts.health);
  const heads = createHeadMetrics(registry, wallNow);
  const flow = createFlowMetrics(registry, wallNow);
  const source = createSourceMetrics(registry);
  const engine = createEngineMetrics(registry);
  const labels = createLabelMetrics(registry);
  const recovery = createRecoveryMetrics(registry, now);
  const resets = new Series(registry).counterOf(
    'resets_total',
    'Connections that were cut while a call was under way (N2)',
    ...(['target', ['source', 'engine']] as const),
  );
  const opNode = parts.opNodeCompat ? createOpNodeMetrics(registry, version, wallNow) : null;
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });
  return {
    registry,
    turn: (turn) => {
      for (const part of [state, source, engine, recovery]) part.turn(turn);
      labels(turn);
      flow.phase(turn.state.phase);
    },
    outcome: (outcome) => {
      for (const part of [source, engine, recovery]) part.outcome(outcome);
    },
    block: (block) => {
      flow.inserted(block);
      heads.origin(block.l1Origin);
    },
    fetched: (ms, ahead) => flow.fetched(ms, ahead),
    labels: (seen) => {
      source.labels(seen);
      if (seen.kind === 'failed')
        opNode?.followError(seen.error.code === 'SOURCE_SCHEMA' ? 'invalid_state' : 'fetch_status');
    },
    headNews: (news) => source.headNews(news),
    progress: (progress) => {
      heads.progress(progress);
      opNode?.progress(progress);
    },
    sourceCall: (index, call) => {
      if (isReset(call)) resets.inc({ target: 'source' });
      source.call(index, call);
      opNode?.call(call);
    },
    engineCall: (call) => {
      if (isReset(call)) resets.inc({ target: 'engine' });
      flow.engineCall(call);
      engine.call(call);
      opNode?.call(call);
    },
    engineAnswer: (method, answer) => engine.answer(method, answer),
    engineIdentity: (identity) => {
      engine.identity(identity);
      info(String(identity.chainId));
    },
    engineSilence: (ms) => engine.silence(ms),
    sourceAge: (ms) => source.age(ms),
    stateFileError: () => state.stateFileError(),
    would: (kind) => state.would(kind),
  };
}

/** What runs, with the chain as soon as the EL has told it. */
function createInfo(registry: Registry, of: Readonly<Record<'version' | 'node' | 'source_kind', string>>) {
  const gauge = new Series(registry).gauge('info', 'What runs; always 1', [
    ...(['version', 'node', 'source_kind', 'chain_id'] as const),
  ]);
  const show = (chainId: string): void => {
    gauge.reset();
    gauge.set({ ...of, chain_id: chainId }, 1);
  };
  show('unknown');
  return show;
}

function isReset({ error }: CallReport): boolean {
  return error?.data['phase'] === 'exchange' && error.code.endsWith('_UNREACHABLE');
}
