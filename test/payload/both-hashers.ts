import { expect } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import type { FetchedBlock } from '../../src/chain/fetched-block.js';
import { type BlockHasher, ScriptHasher } from '../../src/payload/block-hasher.js';
import type { Spans } from '../../src/payload/block-layout.js';
import { type ExpectedBlock, type VerifiedBlock, verifyBlock as verifyWith } from '../../src/payload/verify.js';
import { WasmHasher } from '../../src/payload/wasm-hasher.js';
import { LockstepError } from '../../src/util/errors.js';
import type { Hash } from '../../src/util/hex.js';

export function wasmHasher(): WasmHasher {
  const hasher = WasmHasher.create();
  if (hasher === null) throw new Error('this machine has no vector instructions for WebAssembly');
  return hasher;
}

const SCRIPT = new ScriptHasher();
const WASM = wasmHasher();

/** `verifyBlock` in WebAssembly, after making sure that it comes out as in JavaScript, to the word of a refusal. */
export function verifyBlock(fetched: FetchedBlock, expected: ExpectedBlock): VerifiedBlock {
  return inBoth((hasher) => verifyWith(fetched, expected, hasher));
}

export function decodeHexText(text: Buffer, start: number, end: number): Buffer {
  return inBoth((hasher) => hasher.decode(text, start, end));
}

export function keccakHash(bytes: Uint8Array): Hash {
  return inBoth((hasher) => {
    decodeInto(hasher, bytes);
    return hasher.keccak({ start: 0, end: bytes.length });
  });
}

export function orderedTrieRoot(bytes: Uint8Array, values: Spans): Hash {
  return inBoth((hasher) => {
    decodeInto(hasher, bytes);
    return hasher.orderedTrieRoot(values);
  });
}

function decodeInto(hasher: BlockHasher, bytes: Uint8Array): void {
  const text = Buffer.from(Buffer.from(bytes).toString('hex'));
  hasher.decode(text, 0, text.length);
}

function inBoth<T>(run: (hasher: BlockHasher) => T): T {
  const expected = outcomeOf(() => run(SCRIPT));
  const outcome = outcomeOf(() => run(WASM));
  // Matchers of Jest walk through large buffers byte by byte: they are for telling the difference, not for finding it.
  if (!isDeepStrictEqual(told(outcome), told(expected))) expect(told(outcome)).toEqual(told(expected));
  if ('thrown' in outcome) throw outcome.thrown;
  return outcome.value;
}

type Outcome<T> = { readonly value: T } | { readonly thrown: unknown };

function outcomeOf<T>(run: () => T): Outcome<T> {
  try {
    return { value: run() };
  } catch (thrown) {
    return { thrown };
  }
}

function told(outcome: Outcome<unknown>): unknown {
  if ('value' in outcome) return outcome.value;
  const { thrown } = outcome;
  return thrown instanceof LockstepError ? [thrown.code, thrown.message, thrown.data] : thrown;
}
