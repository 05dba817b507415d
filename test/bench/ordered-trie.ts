import { rlpBytes, rlpInteger, rlpList } from './rlp.js';

export type Keccak = (bytes: Uint8Array) => Buffer;

interface Entry {
  /** The key rlp(index) as nibbles. */
  readonly nibbles: readonly number[];
  readonly value: Uint8Array;
}

const NOTHING = rlpBytes(Buffer.alloc(0));

/** The Merkle Patricia root over values keyed by rlp(index): transactionsRoot and withdrawalsRoot (Yellow Paper, 4.3.2). */
export function orderedTrieRoot(values: readonly Uint8Array[], keccak: Keccak): Buffer {
  if (values.length === 0) return keccak(NOTHING);
  return keccak(node(values.map(toEntry), 0, keccak));
}

function toEntry(value: Uint8Array, index: number): Entry {
  return { nibbles: [...rlpInteger(index)].flatMap((byte) => [byte >> 4, byte & 15]), value };
}

/** The RLP of the node for all entries, which agree on their first `depth` nibbles. */
function node(entries: readonly Entry[], depth: number, keccak: Keccak): Buffer {
  const [first] = entries;
  if (first === undefined) return NOTHING;
  if (entries.length === 1)
    return rlpList([rlpBytes(compact(first.nibbles.slice(depth), true)), rlpBytes(first.value)]);
  const shared = sharedDepth(entries, depth);
  if (shared > depth) {
    const path = rlpBytes(compact(first.nibbles.slice(depth, shared), false));
    return rlpList([path, reference(node(entries, shared, keccak), keccak)]);
  }
  const children = Array.from({ length: 16 }, (_, nibble) =>
    entries.filter((entry) => entry.nibbles[depth] === nibble),
  );
  // No key rlp(index) is the beginning of another, so a branch never holds a value.
  const items = children.map((child) =>
    child.length === 0 ? NOTHING : reference(node(child, depth + 1, keccak), keccak),
  );
  return rlpList([...items, NOTHING]);
}

function sharedDepth(entries: readonly Entry[], depth: number): number {
  const [first] = entries;
  let shared = depth;
  while (first !== undefined && entries.every((entry) => entry.nibbles[shared] === first.nibbles[shared])) shared += 1;
  return shared;
}

function reference(encoded: Buffer, keccak: Keccak): Buffer {
  return encoded.length < 32 ? encoded : rlpBytes(keccak(encoded));
}

/** Hex-prefix encoding of a path. */
function compact(nibbles: readonly number[], leaf: boolean): Buffer {
  const odd = nibbles.length % 2 === 1;
  const padded = [(leaf ? 2 : 0) + (odd ? 1 : 0), ...(odd ? [] : [0]), ...nibbles];
  return Buffer.from(
    Array.from({ length: padded.length / 2 }, (_, i) => (padded[2 * i] ?? 0) * 16 + (padded[2 * i + 1] ?? 0)),
  );
}
