import { LARGE_BUFFERS } from './buffer-pool.js';

/** The body of one reply, put together in one buffer. The pieces are copied: they lie where the next read will land. */
export class BodyBuffer {
  #buffer: Buffer;
  #sizeBytes = 0;

  /** `announcedBytes`: the length that the peer has announced; 0 where it has not, as geth for replies above 2 kB. */
  constructor(announcedBytes: number) {
    this.#buffer = LARGE_BUFFERS.take(announcedBytes);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(piece: Buffer): void {
    const sizeBytes = this.#sizeBytes + piece.length;
    if (sizeBytes > this.#buffer.length) this.#grow(sizeBytes);
    piece.copy(this.#buffer, this.#sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** What has come so far. It may be given back to the pool. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#sizeBytes);
  }

  #grow(sizeBytes: number): void {
    const outgrown = this.#buffer;
    this.#buffer = LARGE_BUFFERS.take(Math.max(sizeBytes, 2 * outgrown.length));
    outgrown.copy(this.#buffer, 0, 0, this.#sizeBytes);
    LARGE_BUFFERS.giveBack(outgrown);
  }
}
