import type { Hash } from '../util/hex.js';
import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import type { BlockHasher, EncodedTransactions } from './block-hasher.js';
import type { Spans } from './block-layout.js';
import { notHexAt, wholeBytes } from './hex-text.js';
import type { Span } from './rlp-scan.js';
import { EMPTY_TRIE_ROOT, orderedTrieRoot } from './trie.js';
import { WASM_MODULE } from './wasm-module.js';

const PAGE_BYTES = 65_536;
/** Characters that the window of the module holds. */
const WINDOW_CHARS = 16_384;
const HASH_BYTES = 32;
/** Start and end of a value. */
const SPAN_BYTES = 8;
/** Memory for spans beside a block: those of values of 64 bytes each, and no transaction that pays gas is as short. */
const SPANS_PER_BLOCK = SPAN_BYTES / 64;
const MIN_SPANS_BYTES = 4096;
/** Room behind what is encoded (src/payload/wasm/transactions.ts). */
const SPARE_CHARS = 64;
/** Memory of WebAssembly never shrinks: what is larger is given up, with its instance, when a smaller block comes. */
const KEPT_MAX_BYTES = 8 * 1024 * 1024;

/** What src/payload/wasm/main.ts exports. */
interface ModuleExports {
  readonly memory: WebAssembly.Memory;
  textAt(): number;
  digestAt(): number;
  blockAt(): number;
  decodeHex(chars: number, out: number): number;
  keccak256(start: number, sizeBytes: number): void;
  orderedTrieRoot(bytes: number, spans: number, count: number): void;
  encodeTransactions(at: number, end: number, out: number): number;
  itemsEnd(): number;
}

/**
 * Decodes and hashes in WebAssembly, two messages at a time, for less than half of the CPU that JavaScript takes with
 * hash-wasm (docs/performance.md). Its memory holds one block, half as large as the hex text that the source sent, and a
 * little for spans. So it is bounded as answers of the source are.
 */
export class WasmHasher implements BlockHasher {
  readonly #module: WebAssembly.Module;
  #exports: ModuleExports;
  /** All memory of the instance; a new view is due whenever that grows. */
  #memory: Buffer;
  /** Offset and size of the block decoded last. */
  #block = 0;
  #sizeBytes = 0;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
    this.#exports = instantiate(module);
    this.#memory = Buffer.from(this.#exports.memory.buffer);
  }

  /** Null where WebAssembly has no vector instructions. Compiling takes about a millisecond. */
  static create(): WasmHasher | null {
    const bytes = Buffer.from(WASM_MODULE, 'base64');
    return WebAssembly.validate(bytes) ? new WasmHasher(new WebAssembly.Module(bytes)) : null;
  }

  decode(text: Buffer, start: number, end: number): Buffer {
    const sizeBytes = wholeBytes(text, start, end);
    this.#fit(this.#exports.blockAt() + sizeBytes + SPAN_BYTES + spansBytes(sizeBytes));
    const block = this.#exports.blockAt();
    const window = this.#exports.textAt();
    let out = block;
    for (let at = start; at < end; at += WINDOW_CHARS) {
      const chars = text.copy(this.#memory, window, at, Math.min(at + WINDOW_CHARS, end));
      const written = this.#exports.decodeHex(chars, out);
      out += written;
      if (written * 2 < chars) throw notHexAt(start + 2 * (out - block));
    }
    this.#block = block;
    this.#sizeBytes = sizeBytes;
    return this.#memory.subarray(block, out);
  }

  encodeTransactions(text: Buffer, start: number): EncodedTransactions | null {
    const sizeBytes = text.length - start;
    const from = this.#exports.blockAt();
    const out = from + sizeBytes;
    const neededBytes = out + sizeBytes + SPARE_CHARS;
    if (neededBytes > KEPT_MAX_BYTES) return null;
    this.#fit(neededBytes);
    text.copy(this.#memory, from, start);
    const bracket = this.#exports.encodeTransactions(from, out, out);
    if (bracket === 0) return null;
    const items = LARGE_BUFFERS.take(this.#exports.itemsEnd() - out);
    this.#memory.copy(items, 0, out);
    return { items, end: start + bracket - from };
  }

  keccak({ start, end }: Span): Hash {
    this.#exports.keccak256(this.#block + start, end - start);
    return this.#digest();
  }

  orderedTrieRoot(values: Spans): Hash {
    const count = values.starts.length;
    if (count === 0) return EMPTY_TRIE_ROOT;
    // Made to be hostile.
    if (count * SPAN_BYTES > spansBytes(this.#sizeBytes)) {
      return orderedTrieRoot(this.#memory.subarray(this.#block, this.#block + this.#sizeBytes), values);
    }
    const spansAt = Math.ceil((this.#block + this.#sizeBytes) / SPAN_BYTES) * SPAN_BYTES;
    const spans = new Uint32Array(this.#memory.buffer, spansAt, 2 * count);
    for (let i = 0; i < count; i++) {
      spans[2 * i] = values.starts[i] ?? 0;
      spans[2 * i + 1] = values.ends[i] ?? 0;
    }
    this.#exports.orderedTrieRoot(this.#block, spansAt, count);
    return this.#digest();
  }

  #digest(): Hash {
    const at = this.#exports.digestAt();
    return `0x${this.#memory.toString('hex', at, at + HASH_BYTES)}`;
  }

  #fit(neededBytes: number): void {
    if (this.#memory.length > KEPT_MAX_BYTES && neededBytes <= KEPT_MAX_BYTES)
      this.#exports = instantiate(this.#module);
    const { memory } = this.#exports;
    const missingBytes = neededBytes - memory.buffer.byteLength;
    if (missingBytes > 0) memory.grow(Math.ceil(missingBytes / PAGE_BYTES));
    if (this.#memory.buffer !== memory.buffer) this.#memory = Buffer.from(memory.buffer);
  }
}

/** How much memory there is for spans beside a block. */
function spansBytes(blockBytes: number): number {
  return Math.max(MIN_SPANS_BYTES, Math.ceil(blockBytes * SPANS_PER_BLOCK));
}

function instantiate(module: WebAssembly.Module): ModuleExports {
  return new WebAssembly.Instance(module).exports as ModuleExports;
}
