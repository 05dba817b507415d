import type { BlockRef, Labels } from '../chain/block.js';
import type { Source } from '../source/source.js';
import { LockstepError } from '../util/errors.js';
import { BlockTime } from './block-time.js';
import { coherentLabels } from './labels.js';
import { Poller } from './poller.js';
import { Demand, type SourceWatch, type SourceWatchOptions } from './source-watch.js';
import type { Seen, SourceView } from './state.js';

/** Watches an execution RPC: its head on one ticker, safe and finalized on another; neither waits for the other. */
export class ExecutionWatch implements SourceWatch {
  readonly demand = new Demand();
  readonly #head: Poller<BlockRef>;
  readonly #labels: Poller<Labels>;
  readonly #blockTime = new BlockTime();
  #coherent: Labels | null = null;

  constructor(source: Source, options: SourceWatchOptions) {
    this.#head = new Poller({
      read: (signal) => source.head(signal),
      intervalMs: () => this.#blockTime.pollMs(options.pollIntervalMs),
      paused: () => !this.demand.newHead,
      onRead: (seen) => {
        if (seen.kind === 'seen') this.#blockTime.learn(seen.value, options.now());
        options.onNews();
      },
      random: options.random,
    });
    this.#labels = new Poller({
      read: async (signal) => requireCoherent(await source.labels(signal)),
      intervalMs: () => options.safetyIntervalMs,
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

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#head.run(signal), this.#labels.run(signal)]);
  }
}

function requireCoherent(labels: Labels): Labels {
  if (coherentLabels(labels)) return labels;
  const detail = `finalized ${labels.finalized?.number ?? 'null'} is above safe ${labels.safe?.number ?? 'null'}`;
  throw new LockstepError('SOURCE_SCHEMA', { detail });
}
