import type { BlockRef } from '../chain/block.js';
import type { L1Origin } from '../chain/l1-origin.js';
import type { ChainReader } from '../engine/chain-reader.js';
import { readL1Attributes } from '../payload/l1-attributes.js';
import type { Hash } from '../util/hex.js';

/** The type of a deposit transaction (OP Stack specification, deposits.md). */
const DEPOSIT_TYPE = 0x7e;

/** A label that moves was mostly replayed by this process: so many blocks are remembered, about 200 bytes each. */
const MAX_KEPT = 4_096;

/** The L1 origins of the EL's blocks, by hash. */
export class Origins {
  readonly #chain: ChainReader;
  readonly #kept = new Map<Hash, L1Origin>();

  constructor(chain: ChainReader) {
    this.#chain = chain;
  }

  note(block: Hash, origin: L1Origin): void {
    const oldest = this.#kept.size < MAX_KEPT ? undefined : this.#kept.keys().next().value;
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(block, origin);
  }

  /** Null for a block without L1 attributes: genesis, and every block of another chain. @throws LockstepError ENGINE_* */
  async of({ hash }: BlockRef, signal: AbortSignal): Promise<L1Origin | null> {
    const known = this.#kept.get(hash);
    if (known !== undefined) return known;
    const first = await this.#chain.firstTransaction(hash, signal);
    if (first?.type !== DEPOSIT_TYPE) return null;
    const origin = readL1Attributes(Buffer.from(first.input.slice(2), 'hex'));
    if (origin !== null) this.note(hash, origin);
    return origin;
  }
}
