import type { BlockRef } from '../chain/block.js';
import type { FetchedBlock } from '../chain/fetched-block.js';
import type { BlockId, Lookup, Source } from '../source/source.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';
import { askAgain } from './ask-again.js';

export interface FetchLimits {
  readonly maxBlocks: number;
  /** Fetched and not yet used, plus what is expected of the requests under way. Two blocks are always allowed. */
  readonly maxBytes: number;
  readonly maxConcurrent: number;
}

type Fetched =
  { readonly ok: true; readonly found: Lookup<FetchedBlock> } | { readonly ok: false; readonly error: LockstepError };

const MIN_BLOCKS = 2;
const BLOCKS_AVERAGED = 8;

/** What a block costs in memory where it did not come as one slice of text. */
const BYTES_PER_JSON_TRANSACTION = 2_000;

/**
 * Fetches the blocks of a range ahead of their use and hands them out in order. It starts with one request, so that
 * the source can find out which form of block it gets, and doubles from there up to the limits.
 */
export class FetchAhead {
  readonly #source: Source;
  readonly #limits: FetchLimits;
  readonly #signal: AbortSignal;
  readonly #target: BlockRef;
  readonly #hashes: ReadonlyMap<number, Hash>;
  readonly #slots: Promise<Fetched>[] = [];
  #next: number;
  #inFlight = 0;
  #allowed = 1;
  #readyBytes = 0;
  #averageBytes = 0;
  #finishing = false;

  /** `hashes`: blocks of the range that are known already. They are asked for by hash, as the target is. */
  constructor(
    source: Source,
    limits: FetchLimits,
    range: { first: number; target: BlockRef; hashes?: ReadonlyMap<number, Hash> },
    signal: AbortSignal,
  ) {
    this.#source = source;
    this.#limits = limits;
    this.#signal = signal;
    this.#next = range.first;
    this.#target = range.target;
    this.#hashes = new Map([...(range.hashes ?? []), [range.target.number, range.target.hash]]);
    this.#fill();
  }

  /** Asks for nothing more: what was asked for is handed out, and after it nothing. */
  finish(): void {
    this.#finishing = true;
  }

  /**
   * The next block in order, or `over` after `finish`. Rejects with the error of its own fetch, after all blocks before
   * it were handed out.
   */
  async take(): Promise<Lookup<FetchedBlock> | { readonly kind: 'over' }> {
    const slot = this.#slots.shift();
    if (slot === undefined && this.#finishing) return { kind: 'over' };
    if (slot === undefined && this.#signal.aborted) throw new LockstepError('ABORTED');
    if (slot === undefined) throw new RangeError('no block is left to take');
    const fetched = await slot;
    if (!fetched.ok) throw fetched.error;
    if (fetched.found.kind === 'found') this.#readyBytes -= sizeBytes(fetched.found.value);
    this.#fill();
    return fetched.found;
  }

  #fill(): void {
    while (this.#hasRoom()) {
      const hash = this.#hashes.get(this.#next);
      const id = hash === undefined ? { number: this.#next } : { hash };
      this.#next += 1;
      this.#inFlight += 1;
      this.#slots.push(this.#fetch(id));
    }
  }

  #hasRoom(): boolean {
    if (this.#next > this.#target.number || this.#finishing || this.#signal.aborted) return false;
    const waiting = this.#slots.length;
    if (waiting >= this.#limits.maxBlocks || this.#inFlight >= Math.min(this.#allowed, this.#limits.maxConcurrent)) {
      return false;
    }
    const expectedBytes = this.#readyBytes + this.#inFlight * this.#averageBytes;
    return waiting < MIN_BLOCKS || expectedBytes < this.#limits.maxBytes;
  }

  async #fetch(id: BlockId): Promise<Fetched> {
    try {
      const found = await askAgain(() => this.#source.block(id, this.#signal));
      if (found.kind === 'found') this.#account(sizeBytes(found.value));
      this.#allowed = Math.min(this.#allowed * 2, this.#limits.maxConcurrent);
      return { ok: true, found };
    } catch (thrown) {
      this.#allowed = 1;
      return { ok: false, error: asLockstepError(thrown) };
    } finally {
      this.#inFlight -= 1;
      this.#fill();
    }
  }

  #account(bytes: number): void {
    this.#readyBytes += bytes;
    const first = this.#averageBytes === 0;
    this.#averageBytes = first ? bytes : this.#averageBytes + (bytes - this.#averageBytes) / BLOCKS_AVERAGED;
  }
}

function sizeBytes(block: FetchedBlock): number {
  if (block.form === 'rlp') return block.text.length;
  if (block.form === 'parts')
    return block.transactions.reduce((sum, raw) => sum + raw.length, BYTES_PER_JSON_TRANSACTION);
  const { transactions } = block.block;
  return BYTES_PER_JSON_TRANSACTION * (1 + (Array.isArray(transactions) ? transactions.length : 0));
}
