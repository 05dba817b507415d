import { sameBlock, type Labels } from '../chain/block.js';
import type { FetchedBlock } from '../chain/fetched-block.js';
import type { SyncStatus } from '../chain/sync-status.js';
import type { Hash } from '../util/hex.js';
import type { HeadNews, Seen, SeenLabels, SourceView } from './state.js';

export interface SourceWatchOptions {
  readonly pollIntervalMs: number | 'auto';
  readonly safetyIntervalMs: number | 'auto';
  readonly now: () => number;
  readonly random: () => number;
  /** Something was read: the loop may have to look. */
  readonly onNews: () => void;
  readonly onLabels: (seen: SeenLabels) => void;
  readonly onStatus: (status: SyncStatus) => void;
  readonly onHeadNews: (news: HeadNews) => void;
}

/** Reads the source's head and labels at its own pace, whatever the loop is doing. */
export interface SourceWatch {
  readonly view: Seen<SourceView>;
  /** The newest coherent labels, also while the head cannot be read. */
  readonly labels: Labels | null;
  readonly demand: Demand;
  /** The whole block of this hash, once, where the watch has met it. */
  takeBlock(hash: Hash): FetchedBlock | null;
  run(signal: AbortSignal): Promise<void>;
}

/** There is nothing in the one that is not in the other. */
export function sameView(a: Seen<SourceView>, b: Seen<SourceView>): boolean {
  if (a.kind !== 'seen' || b.kind !== 'seen') return a.kind === b.kind && a.kind === 'pending';
  const [one, other] = [a.value, b.value];
  if (!sameBlock(one.head, other.head) || (one.labels === null) !== (other.labels === null)) return false;
  return (['safe', 'finalized'] as const).every((label) =>
    sameBlock(one.labels?.[label] ?? null, other.labels?.[label] ?? null),
  );
}

/** What the loop needs of the source, so that nothing is read that changes nothing but the bill of the source. */
export class Demand {
  readonly #onNewHead: () => void;
  /** The block an extension works towards: until it is reached there is no need to ask for a newer head. */
  #target: number | null = null;
  #reached = 0;

  /** `onNewHead`: a newer head is needed again. */
  constructor(onNewHead: () => void = () => undefined) {
    this.#onNewHead = onNewHead;
  }

  /** An extension to `target` is under way; null when it is over. */
  extending(target: number | null): void {
    const over = this.#target !== null && target === null;
    this.#target = target;
    if (over) this.#onNewHead();
  }

  /** The EL stands at this height now. */
  standsAt(number: number): void {
    this.#reached = number;
  }

  get newHead(): boolean {
    return this.#target === null;
  }

  /** Not while an extension runs and both labels are ahead of the EL. */
  newLabels(labels: Labels | null): boolean {
    if (this.#target === null || labels === null) return true;
    const { safe, finalized } = labels;
    return safe === null || finalized === null || finalized.number <= this.#reached;
  }
}
