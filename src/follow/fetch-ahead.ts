import { setMaxListeners } from 'node:events';
import type { BlockRef } from '../chain/block.js';
import type { FetchedBlock } from '../chain/fetched-block.js';
import type { BlockId, Lookup, Source } from '../source/source.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';
import { Wakeup } from '../util/wakeup.js';
import { askAgain } from './ask-again.js';
import type { FetchWindow } from './fetch-window.js';
import { backoffMs, SOURCE_BACKOFF } from './limits.js';

export interface FetchLimits {
  readonly maxBlocks: number;
  /** Fetched and not executed yet, plus what is expected of the requests under way. Two blocks are always allowed. */
  readonly maxBytes: number;
}

export interface FetchDeps {
  readonly source: Source;
  readonly limits: FetchLimits;
  /** Outlives a range: what was measured of the source holds for the next one. */
  readonly window: FetchWindow;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Told of each block that came: how long it took, and how many are fetched or under way ahead of their use. */
  readonly onFetched?: (ms: number, ahead: number) => void;
}

type Fetched<T = Lookup<FetchedBlock>> =
  | { readonly ok: true; readonly found: T }
  | { readonly ok: false; readonly error: LockstepError };

/** The place of one block in the order. */
class Slot {
  /** Ends the pause before the block is asked for again. */
  readonly wanted = new Wakeup();
  readonly fetched: Promise<Fetched>;
  /** Every block before it is used up. */
  isWanted = false;

  constructor(fetch: (slot: Slot) => Promise<Fetched>) {
    this.fetched = fetch(this);
  }

  want(): Promise<Fetched> {
    this.isWanted = true;
    this.wanted.notify();
    return this.fetched;
  }
}

/** A block that was handed out: its memory is in use until the EL has executed it. */
interface Held {
  readonly number: number;
  readonly bytes: number;
}

const MIN_BLOCKS = 2;

/** Where blocks are small the request is what they cost, at either side: so many bytes of them are asked for in one. */
const TOGETHER_MAX_BYTES = 128 * 1024;

/** Nearer to the target each block is asked for alone, so that one that fails does not hold up those before it. */
const TOGETHER_MIN_LEFT = 32;

/** What a block costs in memory where it did not come as one slice of text. */
const BYTES_PER_JSON_TRANSACTION = 2_000;

/** The same for each character of its items: those that come together are parsed (650 characters per plain transfer). */
const BYTES_PER_ITEM_CHAR = 3;

/**
 * Fetches the blocks of a range ahead of their use and hands them out in order: as many at a time as the window says, as
 * far ahead as window and limits allow. A fetch that failed is repeated while blocks before it are still to be used, so
 * that it does not cost those after it.
 */
export class FetchAhead {
  readonly #deps: FetchDeps;
  readonly #signal: AbortSignal;
  readonly #target: BlockRef;
  readonly #hashes: ReadonlyMap<number, Hash>;
  readonly #slots: Slot[] = [];
  #next: number;
  #inFlight = 0;
  #readyBytes = 0;
  /** Handed out and not executed yet, the lowest first. */
  #held: readonly Held[] = [];
  #setbacks: number;
  #finishing = false;

  /** `hashes`: blocks of the range that are known already. They are asked for by hash, as the target is. */
  constructor(
    deps: FetchDeps,
    range: { first: number; target: BlockRef; hashes?: ReadonlyMap<number, Hash> },
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#signal = signal;
    this.#next = range.first;
    this.#target = range.target;
    this.#hashes = new Map([...(range.hashes ?? []), [range.target.number, range.target.hash]]);
    this.#setbacks = deps.source.setbacks;
    // Each request under way listens for the abort.
    setMaxListeners(0, signal);
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
    const number = this.#next - this.#slots.length;
    const slot = this.#slots.shift();
    if (slot === undefined && this.#finishing) return { kind: 'over' };
    if (slot === undefined && this.#signal.aborted) throw new LockstepError('ABORTED');
    if (slot === undefined) throw new RangeError('no block is left to take');
    const fetched = await slot.want();
    if (!fetched.ok) throw fetched.error;
    if (fetched.found.kind === 'found') {
      const bytes = sizeBytes(fetched.found.value);
      this.#readyBytes -= bytes;
      this.#held = [...this.#held, { number, bytes }];
    }
    this.#fill();
    return fetched.found;
  }

  /** Nothing is kept of the blocks up to this one any more. */
  executed(number: number): void {
    this.#held = this.#held.filter((held) => held.number > number);
    this.#fill();
  }

  #fill(): void {
    for (let count = this.#nextCount(); count > 0; count = this.#nextCount()) {
      if (count === 1) this.#askAlone();
      else this.#askTogether(count);
    }
  }

  /** How many blocks the next request asks for; 0: none yet. */
  #nextCount(): number {
    if (this.#next > this.#target.number || this.#finishing || this.#signal.aborted) return 0;
    const count = this.#together();
    return this.#hasRoom(count) ? count : 0;
  }

  /** The next blocks are asked for together where they are small and many, and none of them has to be one that is known. */
  #together(): number {
    const { source, window } = this.#deps;
    if (this.#target.number - this.#next < TOGETHER_MIN_LEFT) return 1;
    const fitting = window.blockBytes === 0 ? 1 : Math.floor(TOGETHER_MAX_BYTES / window.blockBytes);
    const max = Math.min(source.blocksPerRequest, fitting, Math.floor(this.#maxAhead / 2));
    let count = 0;
    while (count < max && !this.#hashes.has(this.#next + count)) count += 1;
    return Math.max(1, count);
  }

  get #maxAhead(): number {
    return Math.min(this.#deps.limits.maxBlocks, this.#deps.window.blocks);
  }

  /** One request may always be under way, whatever it asks for. */
  #hasRoom(count: number): boolean {
    const { limits, window } = this.#deps;
    const ahead = this.#slots.length;
    if (this.#inFlight > 0 && this.#inFlight + count > window.requests) return false;
    if (ahead + count > this.#maxAhead) return false;
    const heldBytes = this.#held.reduce((sum, { bytes }) => sum + bytes, 0);
    const bytes = heldBytes + this.#readyBytes + (this.#inFlight + count) * window.blockBytes;
    return this.#held.length + ahead < MIN_BLOCKS || bytes <= limits.maxBytes;
  }

  #askAlone(): void {
    const hash = this.#hashes.get(this.#next);
    const id = hash === undefined ? { number: this.#next } : { hash };
    this.#next += 1;
    this.#slots.push(new Slot((slot) => this.#fetch(id, slot)));
  }

  /** What did not come together is asked for alone, and so is all that belongs to a failure. */
  #askTogether(count: number): void {
    const heights = Array.from({ length: count }, (_, index) => this.#next + index);
    this.#next += count;
    const { source } = this.#deps;
    const coming = this.#request(count, async () => {
      const blocks = await source.blocksAt(heights, this.#signal);
      return blocks.map((value) => value && ({ kind: 'found', value } as const));
    });
    for (const [index, number] of heights.entries()) {
      this.#slots.push(
        new Slot(async (slot) => {
          const fetched = await coming;
          const found = fetched.ok ? fetched.found[index] : null;
          return found ? { ok: true, found } : this.#fetch({ number }, slot);
        }),
      );
    }
  }

  async #fetch(id: BlockId, slot: Slot): Promise<Fetched> {
    for (let failures = 1; ; failures += 1) {
      const fetched = await this.#try(id);
      if (fetched.ok || slot.isWanted || fetched.error.severity !== 'retry' || this.#signal.aborted) return fetched;
      try {
        await slot.wanted.wait(backoffMs(SOURCE_BACKOFF, failures, 1, fetched.error), this.#signal);
      } catch (thrown) {
        return { ok: false, error: asLockstepError(thrown) };
      }
    }
  }

  async #try(id: BlockId): Promise<Fetched> {
    const { source } = this.#deps;
    const fetched = await this.#request(1, async () => [await askAgain(() => source.block(id, this.#signal))] as const);
    return fetched.ok ? { ok: true, found: fetched.found[0] } : fetched;
  }

  /** One request for `count` blocks; the window is told what came of it. */
  async #request<T extends readonly (Lookup<FetchedBlock> | null)[]>(
    count: number,
    ask: () => Promise<T>,
  ): Promise<Fetched<T>> {
    const { source, window, now } = this.#deps;
    this.#inFlight += count;
    const sentAt = now();
    const sent = window.sent(sentAt);
    try {
      const found = await ask();
      for (const lookup of found) {
        const bytes = lookup?.kind === 'found' ? sizeBytes(lookup.value) : null;
        this.#readyBytes += bytes ?? 0;
        if (bytes !== null) this.#deps.onFetched?.(now() - sentAt, this.#slots.length);
        // The window is full where the next request, with all of its blocks, has no room.
        window.answered(sent, now(), this.#inFlight + this.#together() - 1, bytes);
      }
      return { ok: true, found };
    } catch (thrown) {
      return { ok: false, error: asLockstepError(thrown) };
    } finally {
      this.#inFlight -= count;
      if (source.setbacks !== this.#setbacks) window.setback(sent, now());
      this.#setbacks = source.setbacks;
      this.#fill();
    }
  }
}

/** What a block takes in memory. */
export function sizeBytes(block: FetchedBlock): number {
  if (block.form === 'rlp') return block.text.length;
  if (block.form === 'parts')
    return block.transactions.reduce((sum, raw) => sum + raw.length, BYTES_PER_JSON_TRANSACTION);
  if (block.items !== undefined) return BYTES_PER_JSON_TRANSACTION + BYTES_PER_ITEM_CHAR * block.items.length;
  const { transactions } = block.block;
  return BYTES_PER_JSON_TRANSACTION * (1 + (Array.isArray(transactions) ? transactions.length : 0));
}
