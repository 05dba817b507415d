import type { Spans } from './block-layout.js';
import type { Hash } from '../util/hex.js';
import { keccak256, keccakHash } from './keccak.js';

/** A branch holds 16 references of at most 33 bytes and an empty value, behind a list header of at most 3 bytes. */
const BRANCH_MAX_BYTES = 3 + 16 * 33 + 1;
/** The longest list header stands before this offset of a leaf; the path (at most 6 bytes) and a string header follow. */
const LEAF_PATH_AT = 5;
const LEAF_OVERHEAD_BYTES = LEAF_PATH_AT + 6 + 5;
/** Keys have at most 4 bytes, so paths have at most 8 nibbles. */
const MAX_DEPTH = 8;
const HASH_BYTES = 32;
const EMPTY_STRING = 0x80;
/** Hex-prefix flags (Yellow Paper, appendix C). */
const EXTENSION = 0x00;
const LEAF = 0x20;
const ODD = 0x10;

/** Keccak-256 of the empty string in RLP. */
export const EMPTY_TRIE_ROOT: Hash = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

/**
 * Root of the Merkle Patricia trie that maps rlp(i) to value i (Yellow Paper 4.4.2: transactions, withdrawals).
 * The keys are known in advance and none is the prefix of another, so the trie is a recursion over ranges of the
 * sorted keys: every node is encoded once, hashed once and never stored.
 */
export function orderedTrieRoot(bytes: Uint8Array, values: Spans): Hash {
  if (values.starts.length === 0) return EMPTY_TRIE_ROOT;
  return new OrderedTrie(bytes, values).root();
}

class OrderedTrie {
  private readonly count: number;
  /** Room for one node under construction per depth: children are written while their parent is open. */
  private readonly open = new Uint8Array((MAX_DEPTH + 1) * BRANCH_MAX_BYTES);
  private readonly leaf: Uint8Array;
  /** The encoded node finished last. */
  private node: Uint8Array;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly values: Spans,
  ) {
    this.count = values.starts.length;
    let longest = 0;
    for (let i = 0; i < this.count; i++) longest = Math.max(longest, this.valueEnd(i) - this.valueStart(i));
    this.leaf = new Uint8Array(longest + LEAF_OVERHEAD_BYTES);
    this.node = this.leaf;
  }

  root(): Hash {
    this.encodeNode(0, this.count, 0);
    return keccakHash(this.node);
  }

  /** Encodes the node over the sorted keys `low` up to `high`, whose nibbles before `depth` are consumed. */
  private encodeNode(low: number, high: number, depth: number): void {
    if (high - low === 1) {
      this.encodeLeaf(this.indexAt(low), depth);
      return;
    }
    const shared = this.sharedDepth(low, high, depth);
    if (shared === depth) this.encodeBranch(low, high, depth);
    else this.encodeExtension(low, high, depth, shared);
  }

  private encodeLeaf(index: number, depth: number): void {
    const start = this.valueStart(index);
    const end = this.valueEnd(index);
    const out = this.leaf;
    const pathEnd = writePath(out, LEAF_PATH_AT, LEAF, index, depth, keyNibbles(index));
    const isByte = end - start === 1 && (this.bytes[start] ?? 0) < EMPTY_STRING;
    const valueAt = isByte ? pathEnd : writeHeader(out, pathEnd, EMPTY_STRING, end - start);
    out.set(this.bytes.subarray(start, end), valueAt);
    this.finish(out, LEAF_PATH_AT, valueAt + end - start);
  }

  private encodeExtension(low: number, high: number, depth: number, shared: number): void {
    const start = payloadAt(depth);
    const pathEnd = writePath(this.open, start, EXTENSION, this.indexAt(low), depth, shared);
    this.encodeBranch(low, high, shared);
    this.finish(this.open, start, this.writeReference(pathEnd));
  }

  private encodeBranch(low: number, high: number, depth: number): void {
    const out = this.open;
    let at = payloadAt(depth);
    let next = low;
    for (let nibble = 0; nibble < 16; nibble++) {
      const from = next;
      while (next < high && nibbleOf(this.indexAt(next), depth) === nibble) next++;
      if (next === from) {
        out[at++] = EMPTY_STRING;
      } else {
        this.encodeNode(from, next, depth + 1);
        at = this.writeReference(at);
      }
    }
    out[at++] = EMPTY_STRING;
    this.finish(out, payloadAt(depth), at);
  }

  /** Puts the list header right before the payload, and makes the result the finished node. */
  private finish(out: Uint8Array, start: number, end: number): void {
    const headerAt = start - headerBytes(end - start);
    writeHeader(out, headerAt, 0xc0, end - start);
    this.node = out.subarray(headerAt, end);
  }

  /** A node shorter than a hash stands in its parent itself (Yellow Paper, appendix D). */
  private writeReference(at: number): number {
    const out = this.open;
    if (this.node.length < HASH_BYTES) {
      out.set(this.node, at);
      return at + this.node.length;
    }
    out[at] = EMPTY_STRING + HASH_BYTES;
    out.set(keccak256(this.node), at + 1);
    return at + 1 + HASH_BYTES;
  }

  private sharedDepth(low: number, high: number, depth: number): number {
    const first = this.indexAt(low);
    const last = this.indexAt(high - 1);
    let shared = depth;
    while (nibbleOf(first, shared) === nibbleOf(last, shared)) shared++;
    return shared;
  }

  /** The index whose key is at a position of the sorted keys: rlp(0) is 0x80 and sorts behind rlp(1) to rlp(127). */
  private indexAt(position: number): number {
    const zeroAt = Math.min(this.count, EMPTY_STRING) - 1;
    if (position > zeroAt) return position;
    return position === zeroAt ? 0 : position + 1;
  }

  private valueStart(index: number): number {
    return this.values.starts[index] ?? 0;
  }

  private valueEnd(index: number): number {
    return this.values.ends[index] ?? 0;
  }
}

/** Where the payload of the node under construction at a depth starts, its list header to be written before it. */
function payloadAt(depth: number): number {
  return depth * BRANCH_MAX_BYTES + 3;
}

/** How many nibbles rlp(index) has. */
function keyNibbles(index: number): number {
  if (index < 0x80) return 2;
  if (index < 0x100) return 4;
  return index < 0x1_0000 ? 6 : 8;
}

/** Nibble `depth` of rlp(index), the first being the highest. */
function nibbleOf(index: number, depth: number): number {
  const nibbles = keyNibbles(index);
  const header = EMPTY_STRING + nibbles / 2 - 1;
  if (nibbles > 2 && depth < 2) return depth === 0 ? header >> 4 : header & 15;
  const key = index === 0 ? EMPTY_STRING : index;
  return (key >> (4 * (nibbles - 1 - depth))) & 15;
}

/** Writes the hex-prefix encoding of the nibbles `from` up to `to` of a key, as an RLP string. */
function writePath(out: Uint8Array, at: number, kind: number, index: number, from: number, to: number): number {
  const isOdd = (to - from) % 2 === 1;
  const sizeBytes = 1 + ((to - from) >> 1);
  let next = at;
  if (sizeBytes > 1) out[next++] = EMPTY_STRING + sizeBytes;
  out[next++] = isOdd ? kind | ODD | nibbleOf(index, from) : kind;
  for (let depth = isOdd ? from + 1 : from; depth < to; depth += 2) {
    out[next++] = (nibbleOf(index, depth) << 4) | nibbleOf(index, depth + 1);
  }
  return next;
}

function headerBytes(sizeBytes: number): number {
  if (sizeBytes < 56) return 1;
  if (sizeBytes < 0x100) return 2;
  if (sizeBytes < 0x1_0000) return 3;
  return sizeBytes < 0x100_0000 ? 4 : 5;
}

/** Writes the RLP header of a string (base 0x80) or list (base 0xc0); returns the offset behind it. */
function writeHeader(out: Uint8Array, at: number, base: number, sizeBytes: number): number {
  const length = headerBytes(sizeBytes);
  if (length === 1) {
    out[at] = base + sizeBytes;
    return at + 1;
  }
  out[at] = base + 55 + length - 1;
  for (let i = 1; i < length; i++) out[at + i] = (sizeBytes >>> (8 * (length - 1 - i))) & 0xff;
  return at + length;
}
