import { sameBlock, type Labels } from '../chain/block.js';
import type { Source } from '../source/source.js';
import { LockstepError } from '../util/errors.js';
import { FIRST_LABEL_PACE, lookedAtLabels, nextLabelLook, type LabelPace } from './label-pace.js';
import { coherentLabels } from './labels.js';
import { safetyMs } from './limits.js';
import { jittered } from './poller.js';
import type { SourceWatchOptions } from './source-watch.js';

/** Finalized moves every 6.4 minutes on Ethereum, and costs as much as safe: every second look at any time has it. */
const FINALIZED_EVERY_INTERVALS = 1.5;

type LabelWatchOptions = Pick<SourceWatchOptions, 'safetyIntervalMs' | 'pollIntervalMs' | 'now'> & {
  readonly blockTimeMs: () => number | null;
};

/** Reads safe and finalized of an execution RPC: at a fixed pace, or safe alone whenever it is about to move. */
export class LabelWatch {
  readonly #source: Pick<Source, 'labels' | 'safeLabel'>;
  readonly #options: LabelWatchOptions;
  #pace: LabelPace = FIRST_LABEL_PACE;
  #wholeAtMs = -Infinity;
  #coherent: Labels | null = null;

  constructor(source: Pick<Source, 'labels' | 'safeLabel'>, options: LabelWatchOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** The newest coherent ones. */
  get coherent(): Labels | null {
    return this.#coherent;
  }

  async read(signal: AbortSignal): Promise<Labels> {
    const { now, blockTimeMs } = this.#options;
    const atMs = now();
    const known = this.#coherent;
    const labels = requireCoherent(await this.#ask(known, atMs, signal));
    this.#coherent = labels;
    const moved = known !== null && !sameBlock(known.safe, labels.safe);
    this.#pace = lookedAtLabels(this.#pace, { atMs, moved }, blockTimeMs());
    return labels;
  }

  /** Until the next read. */
  pauseMs(random: number): number {
    const { safetyIntervalMs, pollIntervalMs, now, blockTimeMs } = this.#options;
    const dueAtMs = this.#isPaced ? nextLabelLook(this.#pace, blockTimeMs()) : null;
    if (dueAtMs !== null) return Math.max(0, dueAtMs - now());
    const intervalMs = safetyMs(safetyIntervalMs, blockTimeMs());
    const slow = safetyIntervalMs === 'auto' && pollIntervalMs !== 'auto';
    return jittered(slow ? Math.max(intervalMs, pollIntervalMs) : intervalMs, random);
  }

  get #isPaced(): boolean {
    const { safetyIntervalMs, pollIntervalMs } = this.#options;
    return safetyIntervalMs === 'auto' && pollIntervalMs === 'auto';
  }

  async #ask(known: Labels | null, atMs: number, signal: AbortSignal): Promise<Labels> {
    const finalized = known?.finalized ?? null;
    const wholeEveryMs = safetyMs('auto', this.#options.blockTimeMs()) * FINALIZED_EVERY_INTERVALS;
    if (this.#isPaced && finalized !== null && atMs - this.#wholeAtMs < wholeEveryMs) {
      const labels = { safe: await this.#source.safeLabel(signal), finalized };
      // A source that was restarted may be below what was final there.
      if (coherentLabels(labels)) return labels;
    }
    this.#wholeAtMs = atMs;
    return this.#source.labels(signal);
  }
}

function requireCoherent(labels: Labels): Labels {
  if (coherentLabels(labels)) return labels;
  const detail = `finalized ${labels.finalized?.number ?? 'null'} is above safe ${labels.safe?.number ?? 'null'}`;
  throw new LockstepError('SOURCE_SCHEMA', { detail });
}
