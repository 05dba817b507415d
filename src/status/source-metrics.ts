import type { Counter, Registry } from 'prom-client';
import type { BlockRef, Labels } from '../chain/block.js';
import type { Outcome } from '../follow/action.js';
import type { HeadNews, SeenLabels, Turn } from '../follow/state.js';
import type { CallReport } from '../util/call-report.js';
import type { ErrorCode } from '../util/error-codes.js';
import { Series } from './series.js';

/** Which of the two RPCs of the source: its EL is 0, as more of them may come; its consensus client is cl. */
export type SourceIndex = '0' | 'cl';

export interface SourceMetrics {
  call(source: SourceIndex, call: CallReport): void;
  labels(seen: SeenLabels): void;
  headNews(news: HeadNews): void;
  turn(turn: Turn): void;
  outcome(outcome: Outcome): void;
  /** How long it has shown the same head. */
  age(ms: number): void;
}

const REASONS = [
  ...(['timeout', 'transport', 'throttled', 'rpc', 'schema', 'auth'] as const),
  ...(['invalid_hash', 'wrong_chain', 'missing_tag', 'incoherent', 'behind'] as const),
];
type Reason = (typeof REASONS)[number];

/** What a failed call counts as, beside its reason: the series of the fault matrix (reliability 5). */
const FAULTS = {
  SOURCE_TIMEOUT: { reason: 'timeout', series: 'src_timeout_total', help: 'Calls not answered in time (S7)' },
  SOURCE_UNREACHABLE: { reason: 'transport', series: 'src_reset_total', help: 'Connections that were cut (S8)' },
  SOURCE_BAD_BODY: { reason: 'transport', series: 'src_bad_body_total', help: 'Answers that are no JSON (S4, S5)' },
  SOURCE_OVERSIZE: { reason: 'transport', series: 'src_oversize_total', help: 'Answers over the cap (S9)' },
  SOURCE_REDIRECT: { reason: 'transport', series: 'src_redirect_total', help: 'Redirects, none followed (S10)' },
  SOURCE_THROTTLED: { reason: 'throttled', series: 'src_throttled_total', help: 'Refusals for our rate (S3)' },
  SOURCE_SCHEMA: { reason: 'schema', series: 'src_schema_total', help: 'Answers that break the schema (S6, N3, A4)' },
} as const satisfies Partial<Record<ErrorCode, { reason: Reason; series: string; help: string }>>;

const REASON_OF: Partial<Record<ErrorCode, Reason>> = { SOURCE_RPC_ERROR: 'rpc', SOURCE_AUTH: 'auth' };

/** What the source answered, and what was wrong with it. */
export function createSourceMetrics(registry: Registry): SourceMetrics {
  const series = createSeries(new Series(registry));
  const faults = createFaults(new Series(registry));
  const errors = (source: SourceIndex, reason: Reason): void => series.errors.inc({ source, reason });
  for (const reason of REASONS) series.errors.inc({ source: '0', reason }, 0);
  const regress = watchRegress((label) => series.regress.inc({ label }));
  let highest = 0;
  let wasBehind = false;
  return {
    call: (source, { method, error }) => {
      if (error?.code === 'ABORTED') return;
      series.requests.inc({ method, outcome: error?.code ?? 'ok' });
      if (error === null) return;
      const code: ErrorCode = error.code;
      if (isFault(code)) {
        errors(source, FAULTS[code].reason);
        if (code !== 'SOURCE_UNREACHABLE' || error.data['phase'] === 'exchange') faults[code].inc();
      } else errors(source, REASON_OF[code] ?? 'rpc');
    },
    labels: (seen) => {
      series.labelsUsed.set(seen.kind === 'seen' ? 1 : 0);
      if (seen.kind === 'failed' && seen.error.code === 'SOURCE_SCHEMA') {
        series.inconsistent.inc();
        errors('0', 'incoherent');
      }
      if (seen.kind !== 'seen') return;
      for (const label of ['safe', 'finalized'] as const) {
        const missing = seen.value[label] === null;
        series.labelMissing.set({ label }, missing ? 1 : 0);
        if (missing) errors('0', 'missing_tag');
      }
      regress(seen.value);
    },
    turn: ({ observation: { source, engine } }) => {
      if (source.kind !== 'seen') return;
      const { head } = source.value;
      regress({ unsafe: head });
      highest = Math.max(highest, head.number);
      series.behind.set(highest - head.number);
      if (engine.kind !== 'seen') return;
      const ahead = Math.max(0, engine.value.heads.unsafe.number - head.number);
      series.localAhead.set(ahead);
      if (ahead > 0 && !wasBehind) errors('0', 'behind');
      wasBehind = ahead > 0;
    },
    outcome: (outcome) => {
      if (outcome.of === 'identify' && outcome.result === 'different') errors('0', 'wrong_chain');
      const stop = stopOf(outcome);
      if (stop?.why === 'absent') series.gap.inc();
      if (stop?.why !== 'block-rejected') return;
      series.rejected.inc({ code: stop.error.code });
      errors('0', 'invalid_hash');
    },
    headNews: (news) => {
      if (news.kind === 'head') series.heads.inc({ by: news.by });
      if (news.kind === 'open') series.subscribed.set(1);
      if (news.kind !== 'lost') return;
      series.subscribed.set(0);
      series.subscriptionsLost.inc({ code: news.error.code });
    },
    age: (ms) => series.age.set(ms / 1_000),
  };
}

/** Why blocks of the source did not get further, where an action is about them. */
export function stopOf(outcome: Outcome) {
  if (outcome.of === 'extend' || outcome.of === 'el-sync') return outcome.stop;
  if (outcome.of === 'plan' && outcome.result.kind === 'stopped') return outcome.result.stop;
  const climbed = outcome.of === 'climb' || outcome.of === 'unmap' ? outcome.stop : null;
  return climbed?.why === 'not-sent' ? climbed.stop : null;
}

function isFault(code: ErrorCode): code is keyof typeof FAULTS {
  return Object.hasOwn(FAULTS, code);
}

function createFaults(series: Series): Readonly<Record<keyof typeof FAULTS, Counter>> {
  const made = Object.entries(FAULTS).map(([code, fault]) => [code, series.counter(fault.series, fault.help)]);
  return Object.fromEntries(made) as Record<keyof typeof FAULTS, Counter>;
}

/** Calls back when a label of the source is lower than it was at the look before. */
function watchRegress(onRegress: (label: string) => void): (seen: Partial<Labels & { unsafe: BlockRef }>) => void {
  const last = new Map<string, number>();
  return (seen) => {
    for (const [label, ref] of Object.entries(seen)) {
      if (ref === null) continue;
      if (ref.number < (last.get(label) ?? 0)) onRegress(label);
      last.set(label, ref.number);
    }
  };
}

function createSeries(series: Series) {
  return {
    requests: series.counter(
      'src_requests_total',
      'JSON-RPC calls sent to the source, each of a batch: ok, or the code of the error (S1)',
      ['method', 'outcome'],
    ),
    errors: series.counter(
      'source_errors_total',
      'What was wrong with the source, by reason: failed calls, refused blocks, labels that are missing or incoherent',
      ['source', 'reason'],
    ),
    rejected: series.counter('payload_rejected_total', 'Blocks of the source that failed verification (S19, S25)', [
      'code',
    ]),
    regress: series.counterOf(
      'src_regress_total',
      'Heads and labels of the source that went back (S11, S16)',
      'label',
      [...['unsafe', 'safe', 'finalized']],
    ),
    inconsistent: series.counter('src_inconsistent_total', 'Labels that cannot be of one chain, dropped (S12, S18)'),
    labelMissing: series.gauge('src_label_missing', '1 while the source does not show the label (S17)', ['label']),
    labelsUsed: series.gauge('source_labels_used', '1 while safe and finalized of the last read could be used'),
    gap: series.counter('src_gap_total', 'Blocks that the source lacks below its own head (S23, A3)'),
    behind: series.gauge('source_behind_blocks', 'Blocks by which the source is below the highest it has shown (S22)'),
    localAhead: series.gauge('local_ahead_blocks', 'Blocks by which the EL is ahead of the source (E20)'),
    subscribed: series.gauge(
      'source_newheads_subscribed',
      '1 while the source pushes its heads to us (eth_subscribe newHeads)',
    ),
    heads: series.counterOf(
      'source_heads_total',
      'New heads of the source, by how they were met: newheads, or probe',
      'by',
      [...['newheads', 'probe']],
    ),
    subscriptionsLost: series.counter(
      'source_newheads_lost_total',
      'Subscriptions to the heads of the source that ended, by the code of the error',
      ['code'],
    ),
    age: series.gauge('source_head_age_seconds', 'How long the source has shown the same head (S24)'),
  };
}
