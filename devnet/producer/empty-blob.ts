import { createHash } from 'node:crypto';
import { rlpList, rlpString } from '../../src/payload/rlp-encode.js';

const BLOB_BYTES = 131_072;

/** The point at infinity: commitment and proof of the polynomial that is zero everywhere. */
const INFINITY = `c0${'00'.repeat(47)}`;

/** Of the blob of zeros, the one blob whose commitment needs no computation (EIP-4844, kzg_to_versioned_hash). */
export const EMPTY_BLOB_HASH = `0x01${createHash('sha256').update(INFINITY, 'hex').digest('hex').slice(2)}`;

/** One blob of zeros, its commitment and its proof, each as a list of RLP. */
const SIDECAR = ['00'.repeat(BLOB_BYTES), INFINITY, INFINITY].map((item) => rlpList(rlpString(item))).join('');

/**
 * The form in which a transaction that carries the blob of zeros is sent (EIP-4844, networking). ethers writes it as well,
 * and takes a third of a second for one.
 */
export function withEmptyBlob(raw: string): string {
  return `0x03${rlpList(raw.slice(4) + SIDECAR)}`;
}
