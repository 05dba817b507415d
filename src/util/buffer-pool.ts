/** Below this a buffer is cheap to allocate and to collect. */
const MIN_POOLED_BYTES = 64 * 1024;

/**
 * What the pool keeps for reuse at most, though always two buffers; those in use do not count. More than a
 * catch-up uses: what it drops between two slices stays as garbage, since reuse gives V8 no reason to collect it.
 */
const MAX_KEPT_BYTES = 128 * 1024 * 1024;
const MIN_KEPT = 2;

/** The same at the head of the chain, where blocks come one at a time. */
const MAX_KEPT_AT_REST_BYTES = 4 * 1024 * 1024;

const MAX_SPARE_BYTES = 512 * 1024;

/** A kept buffer may be this much larger than what is asked for. */
const MAX_WASTE_FACTOR = 2;

/**
 * Large buffers for reuse. Fresh ones cost page faults, and as external memory they make V8 collect garbage far more
 * often than its heap needs: a third of the CPU of a catch-up. Giving a buffer back is optional; what is not given back
 * is collected as any other.
 */
class BufferPool {
  readonly #kept: Buffer[] = [];
  /** By the memory behind a view: `take` hands out views of the exact size. */
  readonly #own = new WeakMap<ArrayBufferLike, Buffer>();
  #keptBytes = 0;

  /** A buffer of exactly `sizeBytes` with arbitrary content. */
  take(sizeBytes: number): Buffer {
    if (sizeBytes < MIN_POOLED_BYTES) return Buffer.allocUnsafe(sizeBytes);
    const index = this.#kept.findIndex(({ length }) => length >= sizeBytes && length <= sizeBytes * MAX_WASTE_FACTOR);
    const [kept] = index < 0 ? [] : this.#kept.splice(index, 1);
    const whole = kept ?? this.#allocate(sizeBytes);
    if (kept !== undefined) this.#keptBytes -= kept.length;
    return whole.subarray(0, sizeBytes);
  }

  /** Takes back a buffer of {@link take}. Nobody may read or write it, or a view of it, any more. */
  giveBack(buffer: Buffer): void {
    const whole = this.#own.get(buffer.buffer);
    if (whole === undefined || this.#kept.includes(whole)) return;
    if (this.#kept.length >= MIN_KEPT && this.#keptBytes + whole.length > MAX_KEPT_BYTES) return;
    this.#kept.push(whole);
    this.#keptBytes += whole.length;
  }

  /** Gives up what only a catch-up needs. */
  shrink(): void {
    while (this.#kept.length > MIN_KEPT && this.#keptBytes > MAX_KEPT_AT_REST_BYTES) {
      this.#keptBytes -= this.#kept.shift()?.length ?? 0;
    }
  }

  #allocate(sizeBytes: number): Buffer {
    // A little more than asked for, so that the next block, which is rarely of the same size, fits as well.
    const spareBytes = Math.min(sizeBytes / 8, MAX_SPARE_BYTES);
    const whole = Buffer.allocUnsafeSlow(Math.ceil(sizeBytes + spareBytes));
    this.#own.set(whole.buffer, whole);
    return whole;
  }
}

/** The one pool: replies of the source and requests to the EL pass through it. */
export const LARGE_BUFFERS = new BufferPool();
