// The root of an ordered trie over values in memory, by the recursion that src/payload/trie.ts explains. Here a node is
// hashed while the next one is being written, and the value of a leaf where it stands, uncopied.

import { absorb, drain, freeSponge } from './keccak';

/** A branch holds 16 references of at most 33 bytes and an empty value, behind a list header of at most 3 bytes. */
const BRANCH_MAX_BYTES: i32 = 3 + 16 * 33 + 1;
/** Keys have at most 4 bytes, so paths have at most 8 nibbles. */
const MAX_DEPTH: i32 = 8;
const HASH_BYTES: i32 = 32;
const EMPTY_STRING: i32 = 0x80;
/** Hex-prefix flags (Yellow Paper, appendix C). */
const EXTENSION: i32 = 0x00;
const LEAF: i32 = 0x20;
const ODD: i32 = 0x10;

/** Two nodes per depth: one is being written while the one before it, on the same depth, is being hashed. */
const OPEN: usize = memory.data(2 * (MAX_DEPTH + 1) * BRANCH_MAX_BYTES, 16);
const TURNS: usize = memory.data(MAX_DEPTH + 1);

let bytes: usize = 0;
let spans: usize = 0;
let count: i32 = 0;

/** Writes the root over `valueCount` values, at least one, to the 32 bytes at `digest`. */
export function writeRoot(bytesAt: usize, spansAt: usize, valueCount: i32, digest: usize): void {
  bytes = bytesAt;
  spans = spansAt;
  count = valueCount;
  if (count == 1) hashLeaf(0, 0, digest);
  else writeNode(0, count, 0, digest, true);
  drain();
}

/** Writes the reference to the node over the sorted keys `low` up to `high`; returns the end of it. */
function writeReference(low: i32, high: i32, depth: i32, at: usize): usize {
  return high - low == 1 ? writeLeaf(indexAt(low), depth, at) : writeNode(low, high, depth, at, false);
}

/** The root is a hash however short it is; another node stands in its parent itself when it is shorter than a hash. */
function writeNode(low: i32, high: i32, depth: i32, at: usize, isRoot: bool): usize {
  const payload = payloadAt(depth);
  const shared = sharedDepth(low, high, depth);
  const end =
    shared == depth ? writeBranch(low, high, depth, payload) : writeExtension(low, high, depth, shared, payload);
  const start = payload - headerBytes(<i32>(end - payload));
  writeHeader(start, 0xc0, <i32>(end - payload));
  const sizeBytes = <i32>(end - start);
  if (sizeBytes < HASH_BYTES && !isRoot) {
    memory.copy(at, start, sizeBytes);
    return at + sizeBytes;
  }
  drain();
  const digest = isRoot ? at : hashReference(at);
  store<u8>(TURNS + depth, load<u8>(TURNS + depth) ^ 1);
  absorb(freeSponge(), 0, start, sizeBytes, digest);
  return digest + HASH_BYTES;
}

function writeExtension(low: i32, high: i32, depth: i32, shared: i32, payload: usize): usize {
  const pathEnd = writePath(payload, EXTENSION, indexAt(low), depth, shared);
  return writeNode(low, high, shared, pathEnd, false);
}

function writeBranch(low: i32, high: i32, depth: i32, payload: usize): usize {
  let at = payload;
  let next = low;
  for (let nibble = 0; nibble < 16; nibble++) {
    const from = next;
    while (next < high && nibbleOf(indexAt(next), depth) == nibble) next++;
    if (next == from) store<u8>(at++, EMPTY_STRING);
    else at = writeReference(from, next, depth + 1, at);
  }
  store<u8>(at++, EMPTY_STRING);
  return at;
}

function writeLeaf(index: i32, depth: i32, at: usize): usize {
  const payloadBytes = leafPayloadBytes(index, depth);
  if (headerBytes(payloadBytes) + payloadBytes >= HASH_BYTES) {
    const digest = hashReference(at);
    hashLeaf(index, depth, digest);
    return digest + HASH_BYTES;
  }
  const valueAt = writeLeafPrefix(at, index, depth, payloadBytes);
  memory.copy(valueAt, valueStart(index), valueBytes(index));
  return valueAt + valueBytes(index);
}

function hashLeaf(index: i32, depth: i32, digest: usize): void {
  const sponge = freeSponge();
  const valueAt = writeLeafPrefix(sponge, index, depth, leafPayloadBytes(index, depth));
  absorb(sponge, <i32>(valueAt - sponge), valueStart(index), valueBytes(index), digest);
}

/** Writes everything of a leaf up to the value; returns where that belongs. */
function writeLeafPrefix(at: usize, index: i32, depth: i32, payloadBytes: i32): usize {
  const path = writeHeader(at, 0xc0, payloadBytes);
  const valueAt = writePath(path, LEAF, index, depth, keyNibbles(index));
  return isOwnEncoding(index) ? valueAt : writeHeader(valueAt, EMPTY_STRING, valueBytes(index));
}

function leafPayloadBytes(index: i32, depth: i32): i32 {
  const pathBytes = 1 + ((keyNibbles(index) - depth) >> 1);
  const size = valueBytes(index);
  return (pathBytes > 1 ? 1 + pathBytes : 1) + size + (isOwnEncoding(index) ? 0 : headerBytes(size));
}

/** Writes the header of a hash; returns where the hash belongs. */
function hashReference(at: usize): usize {
  store<u8>(at, EMPTY_STRING + HASH_BYTES);
  return at + 1;
}

function sharedDepth(low: i32, high: i32, depth: i32): i32 {
  const first = indexAt(low);
  const last = indexAt(high - 1);
  let shared = depth;
  while (nibbleOf(first, shared) == nibbleOf(last, shared)) shared++;
  return shared;
}

/** The index whose key is at a position of the sorted keys: rlp(0) is 0x80 and sorts behind rlp(1) to rlp(127). */
function indexAt(position: i32): i32 {
  const zeroAt = min(count, EMPTY_STRING) - 1;
  if (position > zeroAt) return position;
  return position == zeroAt ? 0 : position + 1;
}

function valueStart(index: i32): usize {
  return bytes + load<u32>(spans + 8 * index);
}

function valueBytes(index: i32): i32 {
  return load<u32>(spans + 8 * index, 4) - load<u32>(spans + 8 * index);
}

/** A single byte below 0x80 is its own RLP. */
function isOwnEncoding(index: i32): bool {
  return valueBytes(index) == 1 && load<u8>(valueStart(index)) < <u8>EMPTY_STRING;
}

/** Where the payload of the node under construction at a depth starts, its list header to be written before it. */
function payloadAt(depth: i32): usize {
  return OPEN + (2 * depth + load<u8>(TURNS + depth)) * BRANCH_MAX_BYTES + 3;
}

/** How many nibbles rlp(index) has. */
function keyNibbles(index: i32): i32 {
  if (index < 0x80) return 2;
  if (index < 0x100) return 4;
  return index < 0x1_0000 ? 6 : 8;
}

/** Nibble `depth` of rlp(index), the first being the highest. */
function nibbleOf(index: i32, depth: i32): i32 {
  const nibbles = keyNibbles(index);
  const header = EMPTY_STRING + nibbles / 2 - 1;
  if (nibbles > 2 && depth < 2) return depth == 0 ? header >> 4 : header & 15;
  const key = index == 0 ? EMPTY_STRING : index;
  return (key >> (4 * (nibbles - 1 - depth))) & 15;
}

/** Writes the hex-prefix encoding of the nibbles `from` up to `to` of a key, as an RLP string. */
function writePath(at: usize, kind: i32, index: i32, from: i32, to: i32): usize {
  const isOdd = (to - from) % 2 == 1;
  const sizeBytes = 1 + ((to - from) >> 1);
  let next = at;
  if (sizeBytes > 1) store<u8>(next++, EMPTY_STRING + sizeBytes);
  store<u8>(next++, isOdd ? kind | ODD | nibbleOf(index, from) : kind);
  for (let depth = isOdd ? from + 1 : from; depth < to; depth += 2) {
    store<u8>(next++, (nibbleOf(index, depth) << 4) | nibbleOf(index, depth + 1));
  }
  return next;
}

function headerBytes(sizeBytes: i32): i32 {
  if (sizeBytes < 56) return 1;
  if (sizeBytes < 0x100) return 2;
  if (sizeBytes < 0x1_0000) return 3;
  return sizeBytes < 0x100_0000 ? 4 : 5;
}

/** Writes the RLP header of a string (base 0x80) or list (base 0xc0); returns the offset behind it. */
function writeHeader(at: usize, base: i32, sizeBytes: i32): usize {
  const length = headerBytes(sizeBytes);
  if (length == 1) {
    store<u8>(at, base + sizeBytes);
    return at + 1;
  }
  store<u8>(at, base + 55 + length - 1);
  for (let i = 1; i < length; i++) store<u8>(at + i, sizeBytes >>> (8 * (length - 1 - i)));
  return at + length;
}
