import type { Payload } from '../payload/payload.js';
import type { ExtendStop } from './action.js';
import type { NextBlocks } from './confirmed-blocks.js';

/** More than one block is held ready, and sent in one call, only below this: ELs limit the body of a request. */
const MAX_READY_BYTES = 8 * 1024 * 1024;
const MAX_CALL_BYTES = 4 * 1024 * 1024;

/** Has the next payloads ready while the EL works on others. */
export class ReadyBlocks {
  readonly #blocks: NextBlocks;
  readonly #last: number;
  readonly #maxBlocks: number;
  readonly #ready: Payload[] = [];
  #readyBytes = 0;
  #ended: { readonly stop: ExtendStop } | { readonly thrown: unknown } | 'at the target' | null = null;
  #isFilling = false;
  #wake: () => void = () => undefined;

  /** `last`: the number of the target. `maxBlocks`: so many are held ready at most. */
  constructor(blocks: NextBlocks, last: number, maxBlocks: number) {
    this.#blocks = blocks;
    this.#last = last;
    this.#maxBlocks = maxBlocks;
  }

  /** Goes on making blocks ready. Best called when the EL has been given something to do. */
  refill(): void {
    if (!this.#isFilling) void this.#fill();
  }

  /**
   * What is ready by now for one call, up to `max` blocks, in order; waits for the first one. Or why there is none.
   * Rejects with INTERNAL alone.
   */
  async take(max: number): Promise<readonly [Payload, ...Payload[]] | ExtendStop> {
    for (;;) {
      const first = this.#ready.shift();
      if (first !== undefined) return this.#with(first, max);
      const ended = this.#ended;
      if (ended === 'at the target') return { why: 'reached' };
      if (ended !== null && 'thrown' in ended) throw ended.thrown;
      if (ended !== null) return ended.stop;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.refill();
      await woken;
    }
  }

  #with(first: Payload, max: number): readonly [Payload, ...Payload[]] {
    const taken: [Payload, ...Payload[]] = [first];
    let bytes = first.request.length;
    for (;;) {
      const next = this.#ready[0];
      if (next === undefined || taken.length >= max || bytes + next.request.length > MAX_CALL_BYTES) break;
      bytes += next.request.length;
      taken.push(next);
      this.#ready.shift();
    }
    this.#readyBytes -= bytes;
    return taken;
  }

  async #fill(): Promise<void> {
    this.#isFilling = true;
    try {
      while (this.#hasRoom()) {
        const prepared = await this.#blocks.next();
        if (prepared.kind === 'stop') {
          this.#ended = prepared;
          return;
        }
        this.#ready.push(prepared.payload);
        this.#readyBytes += prepared.payload.request.length;
        if (prepared.payload.ref.number >= this.#last) this.#ended = 'at the target';
        this.#wake();
      }
    } catch (thrown) {
      this.#ended = { thrown };
    } finally {
      this.#isFilling = false;
      this.#wake();
    }
  }

  #hasRoom(): boolean {
    if (this.#ended !== null || this.#ready.length >= this.#maxBlocks) return false;
    return this.#ready.length === 0 || this.#readyBytes < MAX_READY_BYTES;
  }
}
