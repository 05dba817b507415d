import type { Labels } from '../chain/block.js';
import type { SyncStatus } from '../chain/sync-status.js';
import type { ConsensusClient } from '../source/source.js';
import { BlockTime } from './block-time.js';
import { safetyMs } from './limits.js';
import { Poller } from './poller.js';
import { Demand, type SourceWatch, type SourceWatchOptions } from './source-watch.js';
import { type Derived, judgeLabels, requireOrdered } from './status-guard.js';
import type { Seen, SeenLabels, SourceView } from './state.js';

/**
 * Watches a consensus client: head and labels come together, at the pace of the head. While an extension runs the pace
 * is that of the labels, as the head is not needed then.
 */
export class ConsensusWatch implements SourceWatch {
  readonly demand = new Demand();
  readonly #status: Poller<SyncStatus>;
  readonly #options: SourceWatchOptions;
  readonly #blockTime = new BlockTime();
  #labels: Labels | null = null;
  #derived: Derived | null = null;
  #readAt = -Infinity;

  constructor(consensus: ConsensusClient, options: SourceWatchOptions) {
    this.#options = options;
    this.#status = new Poller({
      read: async (signal) => requireOrdered(await consensus.syncStatus(signal)),
      intervalMs: () => this.#blockTime.pollMs(options.pollIntervalMs),
      paused: () => !this.#isDue(),
      onRead: (seen) => this.#onRead(seen),
      random: options.random,
    });
  }

  get view(): Seen<SourceView> {
    const status = this.#status.latest;
    if (status.kind !== 'seen') return status;
    return { kind: 'seen', value: { head: status.value.unsafe, labels: this.#labels } };
  }

  get labels(): Labels | null {
    return this.#labels;
  }

  /** It meets no blocks. */
  takeBlock(): null {
    return null;
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#status.run(signal);
  }

  #isDue(): boolean {
    if (this.demand.newHead) return true;
    const { now, safetyIntervalMs } = this.#options;
    return this.demand.newLabels(this.#labels) && now() - this.#readAt >= safetyMs(safetyIntervalMs, null);
  }

  #onRead(seen: Seen<SyncStatus>): void {
    const { now, onLabels, onStatus, onNews } = this.#options;
    this.#readAt = now();
    if (seen.kind === 'seen') {
      this.#blockTime.learn(seen.value.unsafe, now());
      onStatus(seen.value);
      onLabels(this.#takeLabels(seen.value));
    } else onLabels(seen);
    onNews();
  }

  #takeLabels(status: SyncStatus): SeenLabels {
    const { derived, unused } = judgeLabels(this.#derived, status, this.#options.now());
    this.#derived = derived;
    if (unused !== null) return { kind: 'unused', why: unused };
    this.#labels = { safe: status.safe, finalized: status.finalized };
    return { kind: 'seen', value: this.#labels };
  }
}
