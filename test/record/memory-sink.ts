import type { LineSink } from '../../src/record/recorder.js';

/** Keeps lines, and files in place of files. Drops what `takes` says no to. */
export class MemorySink implements LineSink {
  readonly files: string[] = [''];
  readonly #takes: () => boolean;
  readonly #maxBytes: number;

  constructor(maxBytes = Infinity, takes: () => boolean = () => true) {
    this.#maxBytes = maxBytes;
    this.#takes = takes;
  }

  push(text: string): boolean {
    if (!this.#takes()) return false;
    this.files.push(`${this.files.pop() ?? ''}${text}`);
    return true;
  }

  takeLost(): number {
    return 0;
  }

  isOver(bytes: number): boolean {
    const { length } = this.files.at(-1) ?? '';
    return length > 0 && length + bytes > this.#maxBytes;
  }

  rotate(): void {
    this.files.push('');
  }
}
