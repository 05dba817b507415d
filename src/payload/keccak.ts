import { createKeccak, type IHasher } from 'hash-wasm';
import { LockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';

let hasher: IHasher | null = null;

/** Compiles the keccak module once. Awaited at start, so that all hashing afterwards is synchronous. */
export async function initKeccak(): Promise<void> {
  hasher ??= await createKeccak(256);
}

/**
 * Keccak-256 as 32 fresh bytes.
 * @throws LockstepError INTERNAL when {@link initKeccak} was not awaited before.
 */
export function keccak256(bytes: Uint8Array): Uint8Array {
  if (hasher === null) throw new LockstepError('INTERNAL', { detail: 'keccak256 was called before initKeccak' });
  return hasher.init().update(bytes).digest('binary');
}

/** Keccak-256 as hex text. */
export function keccakHash(bytes: Uint8Array): Hash {
  return `0x${Buffer.from(keccak256(bytes)).toString('hex')}`;
}
