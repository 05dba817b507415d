import type { Labels } from '../chain/block.js';
import type { FetchedBlock } from '../chain/fetched-block.js';
import type { HeadFeed, Source } from '../source/source.js';
import type { Hash } from '../util/hex.js';
import { HeadWatch } from './head-watch.js';
import { LabelWatch } from './label-watch.js';
import { Poller } from './poller.js';
import { Demand, type SourceWatch, type SourceWatchOptions } from './source-watch.js';
import type { Seen, SourceView } from './state.js';

/** Watches an execution RPC: its head at one pace, safe and finalized at another; neither waits for the other. */
export class ExecutionWatch implements SourceWatch {
  readonly demand = new Demand(() => this.#head.wake());
  readonly #head: HeadWatch;
  readonly #labels: LabelWatch;
  readonly #labelPoller: Poller<Labels>;

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
    const { safetyIntervalMs, pollIntervalMs, now } = options;
    const blockTimeMs = (): number | null => this.#head.blockTimeMs;
    this.#labels = new LabelWatch(source, { safetyIntervalMs, pollIntervalMs, now, blockTimeMs });
    this.#labelPoller = new Poller({
      read: (signal) => this.#labels.read(signal),
      pauseMs: (random) => this.#labels.pauseMs(random),
      paused: () => !this.demand.newLabels(this.#labels.coherent),
      onRead: (seen) => {
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
    if (this.#labelPoller.latest.kind === 'pending') return { kind: 'pending' };
    return { kind: 'seen', value: { head: head.value, labels: this.#labels.coherent } };
  }

  get labels(): Labels | null {
    return this.#labels.coherent;
  }

  takeBlock(hash: Hash): FetchedBlock | null {
    return this.#head.takeBlock(hash);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#head.run(signal), this.#labelPoller.run(signal)]);
  }
}
