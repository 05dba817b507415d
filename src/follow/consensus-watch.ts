import type { BlockRef, Labels } from '../chain/block.js';
import type { SyncStatus } from '../chain/sync-status.js';
import type { ConsensusClient } from '../source/source.js';
import { consensusPollMs, safetyMs } from './limits.js';
import { keepHeads, measureBlockTime, type MetHead } from './met-heads.js';
import { jittered, Poller } from './poller.js';
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
  #heads: readonly MetHead[] = [];
  #blockTimeMs: number | null = null;
  #labels: Labels | null = null;
  #derived: Derived | null = null;
  #readAt = -Infinity;

  constructor(consensus: ConsensusClient, options: SourceWatchOptions) {
    this.#options = options;
    this.#status = new Poller({
      read: async (signal) => requireOrdered(await consensus.syncStatus(signal)),
      pauseMs: (random) => jittered(consensusPollMs(options.pollIntervalMs, this.#blockTimeMs), random),
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
      this.#learn(seen.value.unsafe);
      onStatus(seen.value);
      onLabels(this.#takeLabels(seen.value));
    } else onLabels(seen);
    onNews();
  }

  #learn({ number, timestamp }: BlockRef): void {
    const last = this.#heads[0];
    if (last !== undefined && number <= last.number) return;
    this.#heads = keepHeads({ number, timestamp, atMs: this.#options.now() }, this.#heads);
    this.#blockTimeMs = measureBlockTime(this.#heads, this.#blockTimeMs);
  }

  #takeLabels(status: SyncStatus): SeenLabels {
    const { derived, unused } = judgeLabels(this.#derived, status, this.#options.now());
    this.#derived = derived;
    if (unused !== null) return { kind: 'unused', why: unused };
    this.#labels = { safe: status.safe, finalized: status.finalized };
    return { kind: 'seen', value: this.#labels };
  }
}
