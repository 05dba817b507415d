import type { Hash } from '../util/hex.js';
import type { Spans } from './block-layout.js';
import { decodeHexText } from './hex-text.js';
import { keccakHash } from './keccak.js';
import type { Span } from './rlp-scan.js';
import { orderedTrieRoot } from './trie.js';

/** Transactions as items of a block RLP, in hex text, one behind the other. */
export interface EncodedTransactions {
  readonly items: Buffer;
  /** Where the closing bracket of their array stands. */
  readonly end: number;
}

/** Everything about a block that is work: its hex text, its hash and its roots. It is at one block at a time. */
export interface BlockHasher {
  /**
   * The bytes of hex digits (either case, no prefix), as a view that is valid until the next call.
   * @throws LockstepError BLOCK_MALFORMED when the text is not whole bytes of hex digits.
   */
  decode(text: Buffer, start: number, end: number): Buffer;
  /**
   * The transactions of a block in JSON as items of a block RLP, from the character behind the bracket of their array.
   * Null where that is not done here, or they are not plain: their JSON has to be parsed.
   */
  encodeTransactions(text: Buffer, start: number): EncodedTransactions | null;
  /** Keccak-256 of a part of the bytes decoded last. */
  keccak(part: Span): Hash;
  /** Root of the trie that maps rlp(i) to the part i of the bytes decoded last. */
  orderedTrieRoot(values: Spans): Hash;
}

/** For processors without the vector instructions that the module needs: x64 before SSE4.1, in many a virtual machine. */
export class ScriptHasher implements BlockHasher {
  #bytes: Buffer = Buffer.alloc(0);

  decode(text: Buffer, start: number, end: number): Buffer {
    this.#bytes = decodeHexText(text, start, end);
    return this.#bytes;
  }

  encodeTransactions(): null {
    return null;
  }

  keccak({ start, end }: Span): Hash {
    return keccakHash(this.#bytes.subarray(start, end));
  }

  orderedTrieRoot(values: Spans): Hash {
    return orderedTrieRoot(this.#bytes, values);
  }
}
