import type { LocalBlock } from '../engine/chain-reader.js';
import { keccakHash } from '../payload/keccak.js';
import { type Hash, ZERO_HASH } from '../util/hex.js';

/** The only version there is (OP Stack specification, proposals.md). */
export const OUTPUT_VERSION: Hash = ZERO_HASH;

/** L2ToL1MessagePasser, whose storage holds every withdrawal. */
export const MESSAGE_PASSER = '0x4200000000000000000000000000000000000016';

/** keccak256(version | state root | storage root of the message passer | block hash). */
export function outputRoot({ ref, stateRoot }: LocalBlock, storageRoot: Hash): Hash {
  const words = [OUTPUT_VERSION, stateRoot, storageRoot, ref.hash].map((word) => word.slice(2));
  return keccakHash(Buffer.from(words.join(''), 'hex'));
}

/**
 * The storage root as the header tells it, from Isthmus on. Before, withdrawalsRoot is absent or that of an empty list;
 * what tells them apart is requestsHash, which came with Isthmus (OP Stack specification, isthmus/exec-engine.md).
 */
export function storageRootInHeader({ withdrawalsRoot, requestsHash }: LocalBlock): Hash | null {
  return requestsHash === null ? null : withdrawalsRoot;
}
