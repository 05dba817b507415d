import { sameBlock, type BlockRef } from '../chain/block.js';
import type { SyncStatus } from '../chain/sync-status.js';

/** One per safe head: an EL that is further behind than so many of them has no current L1 until it comes closer. */
const MAX_KEPT = 64;

/** Where the EL stands. */
export interface OwnHeads {
  readonly unsafe: BlockRef;
  readonly safe: BlockRef;
}

/** What the consensus client of the source told of L1, until the EL has what it told with it. */
export class L1View {
  readonly #kept: SyncStatus[] = [];

  note(status: SyncStatus): void {
    const last = this.#kept.at(-1);
    if (last !== undefined && sameBlock(last.safe, status.safe) && sameBlock(last.localSafe, status.localSafe)) {
      this.#kept.pop();
    }
    this.#kept.push(status);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
  }

  get newest(): SyncStatus | null {
    return this.#kept.at(-1) ?? null;
  }

  /**
   * The newest status whose safe and local safe heads are the EL's or below its own: where the EL has those blocks, the
   * current_l1 of the status is true of the EL as well. Null where there is none.
   */
  upTo(own: OwnHeads): SyncStatus | null {
    const isReached = ({ safe, localSafe }: SyncStatus): boolean =>
      safe !== null && safe.number <= own.safe.number && (localSafe?.number ?? 0) <= own.unsafe.number;
    return this.#kept.findLast(isReached) ?? null;
  }
}
