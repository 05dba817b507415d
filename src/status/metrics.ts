import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { BlockRef, Label } from '../chain/block.js';
import type { L1Origin } from '../chain/l1-origin.js';
import type { ClimbCall, ClimbStop, Outcome } from '../follow/action.js';
import type { HeadNews, SeenLabels, Turn } from '../follow/state.js';
import { isReady } from './health.js';
import type { Progress } from './progress.js';
import { createRecoveryMetrics } from './recovery-metrics.js';
import { HOLD_MEANINGS, PHASE_MEANINGS } from './states.js';

const PHASES = Object.keys(PHASE_MEANINGS);
const HOLD_REASONS = Object.keys(HOLD_MEANINGS);

interface ReplayedBlock {
  readonly transactionCount: number;
  readonly l1Origin: L1Origin | null;
}

export interface Metrics {
  readonly registry: Registry;
  turn(turn: Turn): void;
  outcome(outcome: Outcome): void;
  block(block: ReplayedBlock): void;
  labels(seen: SeenLabels): void;
  headNews(news: HeadNews): void;
  progress(progress: Progress): void;
  /** `outcome` is 'ok' or the code of an error. */
  sourceCall(method: string, outcome: string): void;
  /** How long the engine port has answered nothing; 0 while it answers. */
  engineSilence(ms: number): void;
  /** How long the source has shown the same head. */
  sourceAge(ms: number): void;
}

interface MetricsParts {
  readonly version: string;
  readonly node: string;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/** A timer of this period; one of 10 ms takes more CPU than following a chain of one block per second. */
const EVENT_LOOP_PRECISION_MS = 100;

/** Every metric of lockstep, in one registry. Label values are fixed sets: no hash, URL or error text (T11). */
export function createMetrics({ now, ...info }: MetricsParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });
  const gauges = createGauges(registry);
  const counters = createCounters(registry);
  const recovery = createRecoveryMetrics(registry, now);
  gauges.info.set({ version: info.version, node: info.node }, 1);
  gauges.up.set(1);
  return {
    registry,
    turn: (turn) => {
      const { state } = turn;
      recovery.turn(turn);
      for (const kind of PHASES) gauges.state.set({ state: kind }, state.phase.kind === kind ? 1 : 0);
      const held = state.phase.kind === 'holding' ? state.phase.reason.kind : null;
      for (const reason of HOLD_REASONS) gauges.holding.set({ reason }, reason === held ? 1 : 0);
      gauges.ready.set(isReady(state.phase) ? 1 : 0);
      gauges.session.set(state.session.id);
    },
    outcome: (outcome) => countOutcome(counters, outcome),
    block: ({ transactionCount, l1Origin }) => {
      counters.blocks.inc();
      counters.transactions.inc(transactionCount);
      if (l1Origin !== null) showOrigin(gauges, l1Origin);
    },
    labels: (seen) => gauges.labelsUsed.set(seen.kind === 'seen' ? 1 : 0),
    headNews: (news) => countHeadNews(gauges, counters, news),
    progress: (progress) => showProgress(gauges, progress),
    sourceCall: (method, outcome) => counters.sourceCalls.inc({ method, outcome }),
    engineSilence: (ms) => gauges.hang.set(ms / 1_000),
    sourceAge: (ms) => gauges.sourceAge.set(ms / 1_000),
  };
}

type Gauges = ReturnType<typeof createGauges>;
type Counters = ReturnType<typeof createCounters>;

function createGauges(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `lockstep_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  return {
    info: gauge('info', 'Version of lockstep and of Node.js; always 1', ['version', 'node']),
    up: gauge('up', '1 while the process runs'),
    ready: gauge('ready', '1 while lockstep is following, as /readyz says'),
    state: gauge('state', '1 for the state lockstep is in', ['state']),
    holding: gauge('holding', '1 for the reason for which lockstep holds', ['reason']),
    session: gauge('el_session', 'Number of the current EL session; it grows when the EL restarts'),
    sourceAge: gauge('source_head_age_seconds', 'How long the source has shown the same head'),
    subscribed: gauge(
      'source_newheads_subscribed',
      '1 while the source pushes its heads to us (eth_subscribe newHeads)',
    ),
    hang: gauge('el_hang_seconds', 'How long the engine port has taken calls and answered none; 0 while it answers'),
    headNumber: gauge('head_number', 'Block number of a label on one side', ['side', 'label']),
    headTime: gauge('head_time', 'Timestamp in seconds of a label on one side', ['side', 'label']),
    originNumber: gauge('l1_origin_number', 'L1 block number of the origin of the block replayed last', ORIGIN_OF),
    originTime: gauge('l1_origin_time', 'Timestamp in seconds of that L1 block', ORIGIN_OF),
    originSequence: gauge('l1_origin_seqnr', 'Sequence number of the block replayed last in its epoch', ORIGIN_OF),
    currentL1: gauge('source_current_l1_number', 'L1 block up to which the consensus client of the source has derived'),
    labelsUsed: gauge('source_labels_used', '1 while safe and finalized of the last read could be used'),
    lag: gauge('lag_blocks', 'Blocks between source and EL for a label', ['label']),
    elSyncAt: gauge('el_sync_at_number', 'Block that an EL sync has got to; 0 while none runs'),
    elSyncTarget: gauge('el_sync_target_number', 'Block that the EL was pointed at for an EL sync; 0 while none runs'),
    rate: gauge('catchup_blocks_per_second', 'Blocks replayed per second over the last 15 s'),
    eta: gauge('catchup_eta_seconds', 'Seconds until the gap is closed at this speed; 0 when there is no gap'),
  };
}

/** A gauge with a label shows nothing until it is set, which it never is on a chain that is not of the OP Stack. */
const ORIGIN_OF = ['label'] as const;

function showOrigin(gauges: Gauges, { number, timestamp, sequenceNumber }: L1Origin): void {
  gauges.originNumber.set({ label: 'unsafe' }, number);
  gauges.originTime.set({ label: 'unsafe' }, timestamp);
  gauges.originSequence.set({ label: 'unsafe' }, sequenceNumber);
}

function createCounters(registry: Registry) {
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name: `lockstep_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  return {
    blocks: counter('blocks_inserted_total', 'Blocks the EL called VALID'),
    transactions: counter('transactions_inserted_total', 'Transactions in the blocks the EL called VALID'),
    sourceCalls: counter('source_calls_total', 'JSON-RPC calls sent to the source: ok, or the code of the error', [
      'method',
      'outcome',
    ]),
    sourceHeads: counter('source_heads_total', 'New heads of the source, by how they were met: newheads, or probe', [
      'by',
    ]),
    subscriptionsLost: counter('source_newheads_lost_total', 'Subscriptions to the heads of the source that ended', [
      'code',
    ]),
    rejected: counter('payload_rejected_total', 'Blocks of the source that failed verification', ['code']),
    answers: counter('engine_not_valid_total', 'Answers other than VALID to state-changing calls', [
      'method',
      'status',
    ]),
    notApplied: counter('fcu_not_applied_total', 'VALID forkchoices that the EL did not show afterwards', ['effect']),
    unknown: counter('el_unknown_outcome_total', 'State-changing calls whose outcome was unknown'),
  };
}

function countHeadNews({ subscribed }: Gauges, { sourceHeads, subscriptionsLost }: Counters, news: HeadNews): void {
  if (news.kind === 'head') sourceHeads.inc({ by: news.by });
  if (news.kind === 'open') subscribed.set(1);
  if (news.kind !== 'lost') return;
  subscribed.set(0);
  subscriptionsLost.inc({ code: news.error.code });
}

function countOutcome(counters: Counters, outcome: Outcome): void {
  if (outcome.of === 'forkchoice') countForkchoice(counters, outcome.answer, outcome.effect);
  if (outcome.of === 'climb' || outcome.of === 'unmap') countClimb(counters, outcome.stop);
  if (outcome.of !== 'extend' && outcome.of !== 'el-sync') return;
  const { stop } = outcome;
  if (stop.why === 'block-rejected') counters.rejected.inc({ code: stop.error.code });
  if (stop.why === 'payload-answer' || stop.why === 'batch-answer') countAnswer(counters, 'newPayload', stop.answer);
  if (stop.why === 'forkchoice-answer') countForkchoice(counters, stop.answer, stop.effect);
}

/** The calls of a rung go by the methods of the Engine API, where they are of it. */
function countClimb(counters: Counters, stop: ClimbStop): void {
  if (stop.why === 'refused' || stop.why === 'copy-refused') countAnswer(counters, 'newPayload', stop.answer);
  if (stop.why === 'answered') countAnswer(counters, METHOD_OF[stop.to], stop.answer);
}

const METHOD_OF: Readonly<Record<ClimbCall, string>> = {
  payload: 'newPayload',
  'copied payload': 'newPayload',
  forkchoice: 'forkchoiceUpdated',
  debug_setHead: 'setHead',
};

type ForkchoiceOutcome = Extract<Outcome, { of: 'forkchoice' }>;
type Answer = ForkchoiceOutcome['answer'];

function countForkchoice(counters: Counters, answer: Answer, effect: ForkchoiceOutcome['effect']): void {
  countAnswer(counters, 'forkchoiceUpdated', answer);
  if (answer.status === 'VALID' && effect !== 'moved') counters.notApplied.inc({ effect });
}

function countAnswer(counters: Counters, method: string, answer: Answer): void {
  if (answer.status === 'VALID') return;
  counters.answers.inc({ method, status: answer.status });
  if (answer.status === 'UNKNOWN') counters.unknown.inc();
}

function showProgress(gauges: Gauges, progress: Progress): void {
  const { status, elSync } = progress;
  showSides(gauges, progress);
  showRef(gauges, 'source', 'local_safe', status?.localSafe ?? null);
  const currentL1 = status?.currentL1 ?? null;
  if (currentL1 !== null) gauges.currentL1.set(currentL1.number);
  gauges.elSyncAt.set(elSync?.at ?? 0);
  gauges.elSyncTarget.set(elSync?.of ?? 0);
  gauges.rate.set(progress.blocksPerSecond);
  gauges.eta.set(progress.etaSeconds ?? 0);
}

function showSides(gauges: Gauges, { engine, source }: Progress): void {
  const sourceRefs = { unsafe: source?.head, safe: source?.labels?.safe, finalized: source?.labels?.finalized };
  for (const label of ['unsafe', 'safe', 'finalized'] as const) {
    const [ours, theirs] = [engine?.[label] ?? null, sourceRefs[label] ?? null];
    showRef(gauges, 'local', label, ours);
    showRef(gauges, 'source', label, theirs);
    if (ours !== null && theirs !== null) gauges.lag.set({ label }, theirs.number - ours.number);
  }
}

function showRef(gauges: Gauges, side: string, label: Label | 'local_safe', ref: BlockRef | null): void {
  if (ref === null) return;
  gauges.headNumber.set({ side, label }, ref.number);
  gauges.headTime.set({ side, label }, ref.timestamp);
}
