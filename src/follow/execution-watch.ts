import type { Labels } from '../chain/block.js';
import type { FetchedBlock } from '../chain/fetched-block.js';
import type { HeadFeed, Source } from '../source/source.js';
import { LockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';
import { HeadWatch } from './head-watch.js';
import { coherentLabels } from './labels.js';
import { safetyMs } from './limits.js';
import { Poller } from './poller.js';
import { Demand, type SourceWatch, type SourceWatchOptions } from './source-watch.js';
import type { Seen, SourceView } from './state.js';

/** Watches an execution RPC: its head at one pace, safe and finalized at another; neither waits for the other. */
export class ExecutionWatch implements SourceWatch {
  readonly demand = new Demand(() => this.#head.wake());
  readonly #head: HeadWatch;
  readonly #labels: Poller<Labels>;
  #coherent: Labels | null = null;

  /** `feed`: null where the source pushes no heads. */
  constructor(source: Source, feed: HeadFeed | null, options: SourceWatchOptions) {
    this.#head = new HeadWatch(source, feed, {
      pollIntervalMs: options.pollIntervalMs,
      now: options.now,
      random: options.random,
      paused: () => !this.demand.newHead,
      onRead: options.onNews,
      onHeadNews: options.onHeadNews,
    });
    this.#labels = new Poller({
      read: async (signal) => requireCoherent(await source.labels(signal)),
      intervalMs: () => {
        const { safetyIntervalMs, pollIntervalMs } = options;
        const intervalMs = safetyMs(safetyIntervalMs, this.#head.blockTimeMs);
        if (safetyIntervalMs !== 'auto' || pollIntervalMs === 'auto') return intervalMs;
        return Math.max(intervalMs, pollIntervalMs);
      },
      paused: () => !this.demand.newLabels(this.#coherent),
      onRead: (seen) => {
        if (seen.kind === 'seen') this.#coherent = seen.value;
        options.onLabels(seen);
        options.onNews();
      },
      random: options.random,
    });
  }

  /**
   * What the source shows: its head decides whether it is there at all, labels are a bonus. Both are tried once before
   * anything is shown, or the first forkchoice would carry what the EL made of its labels over a restart.
   */
  get view(): Seen<SourceView> {
    const head = this.#head.latest;
    if (head.kind !== 'seen') return head;
    if (this.#labels.latest.kind === 'pending') return { kind: 'pending' };
    return { kind: 'seen', value: { head: head.value, labels: this.#coherent } };
  }

  get labels(): Labels | null {
    return this.#coherent;
  }

  takeBlock(hash: Hash): FetchedBlock | null {
    return this.#head.takeBlock(hash);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#head.run(signal), this.#labels.run(signal)]);
  }
}

function requireCoherent(labels: Labels): Labels {
  if (coherentLabels(labels)) return labels;
  const detail = `finalized ${labels.finalized?.number ?? 'null'} is above safe ${labels.safe?.number ?? 'null'}`;
  throw new LockstepError('SOURCE_SCHEMA', { detail });
}
