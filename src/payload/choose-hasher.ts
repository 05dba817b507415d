import { type BlockHasher, ScriptHasher } from './block-hasher.js';
import { WasmHasher } from './wasm-hasher.js';

let hasher: BlockHasher | null = null;

/** The fastest one that runs on this machine, made when the first block comes. */
export function blockHasher(): BlockHasher {
  hasher ??= WasmHasher.create() ?? new ScriptHasher();
  return hasher;
}
