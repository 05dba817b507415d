// What src/payload/wasm-hasher.ts calls, in AssemblyScript. Nothing is ever allocated: the host has the memory from
// `block` on for the bytes of a block and its spans, and passes hex text through the window at `text`.

import { absorb, drain, freeSponge } from './keccak';
import { decode } from './hex';
import { encodeAll, endOfItems } from './transactions';
import { writeRoot } from './trie';

const TEXT: usize = memory.data(16_384, 16);
const DIGEST: usize = memory.data(32, 16);

export function textAt(): usize {
  return TEXT;
}

/** Where the result of `keccak256` and `orderedTrieRoot` stands. */
export function digestAt(): usize {
  return DIGEST;
}

export function blockAt(): usize {
  return __heap_base;
}

/** Decodes the first `chars` characters of the window; returns how many bytes were written to `out`. */
export function decodeHex(chars: i32, out: usize): i32 {
  return decode(TEXT, chars, out);
}

export function keccak256(start: usize, sizeBytes: i32): void {
  absorb(freeSponge(), 0, start, sizeBytes, DIGEST);
  drain();
}

/** `spans` holds a start and an end behind `bytes`, as u32, for each of `count` values, at least one. */
export function orderedTrieRoot(bytes: usize, spans: usize, count: i32): void {
  writeRoot(bytes, spans, count, DIGEST);
}

/**
 * Encodes the transactions of a block in JSON, from behind the bracket of their array at `at`, as items of a block RLP in
 * hex text, to `out`. Returns the address of the closing bracket; 0 where they are not plain.
 */
export function encodeTransactions(at: usize, end: usize, out: usize): usize {
  return encodeAll(at, end, out);
}

/** Where what `encodeTransactions` wrote ends. */
export function itemsEnd(): usize {
  return endOfItems();
}
