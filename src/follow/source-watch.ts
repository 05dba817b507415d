import type { BlockRef, Labels } from '../chain/block.js';
import type { Source } from '../source/source.js';
import { LockstepError } from '../util/errors.js';
import { coherentLabels } from './labels.js';
import { Poller } from './poller.js';
import type { Seen, SourceView } from './state.js';

export interface SourceWatchOptions {
  readonly pollIntervalMs: number | 'auto';
  readonly safetyIntervalMs: number;
  readonly now: () => number;
  readonly random: () => number;
  /** Something new was read: the loop should look. */
  readonly onNews: () => void;
  readonly onLabels: (seen: Seen<Labels>) => void;
}

const AUTO_MIN_MS = 200;
const AUTO_MAX_MS = 6_000;
const AUTO_UNKNOWN_MS = 500;

/** Half of the shorter of two estimates of the block time: by timestamps, and by arrival (blocks can outrun the clock). */
class BlockTime {
  #last: { readonly head: BlockRef; readonly at: number } | null = null;
  #estimateMs: number | null = null;

  learn(head: BlockRef, at: number): void {
    const last = this.#last;
    if (last !== null && head.number <= last.head.number) return;
    if (last !== null) {
      const blocks = head.number - last.head.number;
      const byClockMs = ((head.timestamp - last.head.timestamp) * 1_000) / blocks;
      const measuredMs = Math.min(byClockMs, (at - last.at) / blocks);
      this.#estimateMs = this.#estimateMs === null ? measuredMs : (this.#estimateMs * 3 + measuredMs) / 4;
    }
    this.#last = { head, at };
  }

  get pollMs(): number {
    if (this.#estimateMs === null) return AUTO_UNKNOWN_MS;
    return Math.min(AUTO_MAX_MS, Math.max(AUTO_MIN_MS, this.#estimateMs / 2));
  }
}

/** Watches the source: its head on one ticker, safe and finalized on another; neither waits for the other. */
export class SourceWatch {
  readonly #head: Poller<BlockRef>;
  readonly #labels: Poller<Labels>;
  readonly #blockTime = new BlockTime();
  #coherent: Labels | null = null;
  /** The block an extension works towards: until it is reached there is no need to ask for a newer head. */
  #target: number | null = null;
  #reached = 0;

  constructor(source: Source, options: SourceWatchOptions) {
    this.#head = new Poller({
      read: (signal) => source.head(signal),
      intervalMs: () => (options.pollIntervalMs === 'auto' ? this.#blockTime.pollMs : options.pollIntervalMs),
      paused: () => this.#target !== null,
      onRead: (seen) => {
        if (seen.kind === 'seen') this.#blockTime.learn(seen.value, options.now());
        options.onNews();
      },
      random: options.random,
    });
    this.#labels = new Poller({
      read: async (signal) => requireCoherent(await source.labels(signal)),
      intervalMs: () => options.safetyIntervalMs,
      paused: () => this.#labelsAreAhead(),
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

  /** An extension to `target` is under way; null when it is over. */
  extending(target: number | null): void {
    this.#target = target;
  }

  /** The EL stands at this height now. */
  standsAt(number: number): void {
    this.#reached = number;
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#head.run(signal), this.#labels.run(signal)]);
  }

  /** While both labels are ahead of the EL, reading them again can change nothing but the bill of the source. */
  #labelsAreAhead(): boolean {
    if (this.#target === null || this.#coherent === null) return false;
    const { safe, finalized } = this.#coherent;
    return safe !== null && finalized !== null && finalized.number > this.#reached;
  }
}

function requireCoherent(labels: Labels): Labels {
  if (coherentLabels(labels)) return labels;
  const detail = `finalized ${labels.finalized?.number ?? 'null'} is above safe ${labels.safe?.number ?? 'null'}`;
  throw new LockstepError('SOURCE_SCHEMA', { detail });
}
