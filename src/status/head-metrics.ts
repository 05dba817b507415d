import type { Registry } from 'prom-client';
import type { BlockRef, Label } from '../chain/block.js';
import type { L1Origin } from '../chain/l1-origin.js';
import type { Progress } from './progress.js';
import { hashAsNumber, Series } from './series.js';

export interface HeadMetrics {
  progress(progress: Progress): void;
  /** Of the block replayed last; null on a chain that is not of the OP Stack. */
  origin(origin: L1Origin | null): void;
}

type Side = 'source' | 'local';
type Shown = Label | 'local_safe';

const LABELS = ['unsafe', 'safe', 'finalized'] as const;

/** Where both sides stand, and how old that is. `wallNow`: milliseconds of the wall clock. */
export function createHeadMetrics(registry: Registry, wallNow: () => number): HeadMetrics {
  const series = createSeries(new Series(registry));
  const shown = new Map<string, { readonly side: Side; readonly label: Shown; readonly ref: BlockRef }>();
  const show = (side: Side, label: Shown, ref: BlockRef | null): void => {
    const key = `${side} ${label}`;
    if (ref === null || shown.get(key)?.ref.hash === ref.hash) return;
    shown.set(key, { side, label, ref });
    series.number.set({ side, label }, ref.number);
    series.time.set({ side, label }, ref.timestamp);
    series.hash.set({ side, label }, hashAsNumber(ref.hash));
  };
  new Series(registry).collected<'side' | 'label'>(
    'head_age_seconds',
    'Age of the block of a label on one side, by its timestamp',
    (gauge) => {
      for (const { side, label, ref } of shown.values()) gauge.set({ side, label }, wallNow() / 1_000 - ref.timestamp);
    },
    ['side', 'label'],
  );
  const progressed = new Map<Label, number>();
  return {
    origin: (origin) => {
      if (origin === null) return;
      series.originNumber.set({ label: 'unsafe' }, origin.number);
      series.originTime.set({ label: 'unsafe' }, origin.timestamp);
      series.originSequence.set({ label: 'unsafe' }, origin.sequenceNumber);
    },
    progress: (progress) => {
      for (const { label, our, their } of sidesOf(progress)) {
        show('local', label, our);
        show('source', label, their);
        if (our !== null && their !== null) {
          series.lagBlocks.set({ label }, their.number - our.number);
          series.lagSeconds.set({ label }, their.timestamp - our.timestamp);
        }
        if (our === null || our.number <= (progressed.get(label) ?? -1)) continue;
        progressed.set(label, our.number);
        series.progress.set({ label }, wallNow() / 1_000);
      }
      show('source', 'local_safe', progress.status?.localSafe ?? null);
      showPace(series, progress);
    },
  };
}

function sidesOf({ engine, source }: Progress) {
  const theirs = { unsafe: source?.head, safe: source?.labels?.safe, finalized: source?.labels?.finalized };
  return LABELS.map((label) => ({ label, our: engine?.[label] ?? null, their: theirs[label] ?? null }));
}

function showPace(series: ReturnType<typeof createSeries>, { status, elSync, ...pace }: Progress): void {
  const currentL1 = status?.currentL1 ?? null;
  if (currentL1 !== null) series.currentL1.set(currentL1.number);
  series.elSyncAt.set(elSync?.at ?? 0);
  series.elSyncTarget.set(elSync?.of ?? 0);
  series.rate.set(pace.blocksPerSecond);
  series.eta.set(pace.etaSeconds ?? 0);
}

/** A gauge with a label shows nothing until it is set, which an origin never is on a chain that is not of the OP Stack. */
function createSeries(series: Series) {
  const sides = ['side', 'label'] as const;
  return {
    number: series.gauge('head_number', 'Block number of a label on one side', sides),
    time: series.gauge('head_time', 'Timestamp in seconds of a label on one side', sides),
    hash: series.gauge(
      'head_hash',
      'First 8 bytes of the hash of a label on one side as a number, little-endian: two lines that part are a divergence',
      sides,
    ),
    lagBlocks: series.gauge('lag_blocks', 'Blocks between source and EL for a label', ['label']),
    lagSeconds: series.gauge('lag_seconds', 'Seconds between the blocks of a label on both sides', ['label']),
    progress: series.gauge(
      'last_progress_timestamp_seconds',
      'When a label of the EL last went higher than it ever was in this process (Unix time)',
      ['label'],
    ),
    originNumber: series.gauge('l1_origin_number', 'L1 block number of the origin of the block replayed last', [
      'label',
    ]),
    originTime: series.gauge('l1_origin_time', 'Timestamp in seconds of that L1 block', ['label']),
    originSequence: series.gauge('l1_origin_seqnr', 'Sequence number of the block replayed last in its epoch', [
      'label',
    ]),
    currentL1: series.gauge(
      'source_current_l1_number',
      'L1 block up to which the consensus client of the source has derived',
    ),
    elSyncAt: series.gauge('el_sync_at_number', 'Block that an EL sync has got to; 0 while none runs'),
    elSyncTarget: series.gauge(
      'el_sync_target_number',
      'Block that the EL was pointed at for an EL sync; 0 while none runs',
    ),
    rate: series.gauge('catchup_blocks_per_second', 'Blocks replayed per second over the last 15 s'),
    eta: series.gauge(
      'catchup_eta_seconds',
      'Seconds until the gap is closed at this speed; 0 when there is no gap, or it does not close',
    ),
  };
}
