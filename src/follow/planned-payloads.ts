import type { Payload } from '../payload/payload.js';
import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import type { Hash } from '../util/hex.js';

/** The verified blocks of the current plan, from its first one on, as far as they fit into memory. */
export class PlannedPayloads {
  readonly #maxBytes: number;
  readonly #kept = new Map<Hash, Payload>();
  #bytes = 0;
  #full = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Another plan begins: what was kept for the last one is of no use. A call that timed out may still be reading some of it. */
  renew(): void {
    this.#kept.clear();
    this.#bytes = 0;
    this.#full = false;
  }

  /** Once one did not fit, none after it is kept: the first ones are needed first. */
  keep(payload: Payload): void {
    this.#full ||= this.#bytes + payload.request.length > this.#maxBytes;
    if (this.#full) {
      LARGE_BUFFERS.giveBack(payload.request);
      return;
    }
    this.#kept.set(payload.ref.hash, payload);
    this.#bytes += payload.request.length;
  }

  get(hash: Hash): Payload | null {
    return this.#kept.get(hash) ?? null;
  }

  /** Hands the payload over: its buffer is the taker's from now on. */
  take(hash: Hash): Payload | null {
    const payload = this.get(hash);
    if (payload === null) return null;
    this.#kept.delete(hash);
    this.#bytes -= payload.request.length;
    return payload;
  }
}
