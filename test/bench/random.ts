/** Reproducible bytes (xorshift32): the same fixtures on every machine. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed === 0 ? 1 : seed;
  }

  /** An integer from 0 up to and without `bound`. */
  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }

  hex(sizeBytes: number): string {
    const bytes = Buffer.from(Array.from({ length: sizeBytes }, () => this.below(256)));
    return `0x${bytes.toString('hex')}`;
  }
}
