import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { vectorOf } from './vectors.js';

/** Verifies a block in a Node of its own; prints what hashed it, and the hash. */
const PROGRAM = `
  import { blockHasher } from './dist/src/payload/choose-hasher.js';
  import { initKeccak } from './dist/src/payload/keccak.js';
  import { verifyBlock } from './dist/src/payload/verify.js';
  await initKeccak();
  const text = Buffer.from(process.argv[1]);
  const { ref } = verifyBlock({ form: 'rlp', text, start: 2, end: text.length }, {});
  console.log(blockHasher().constructor.name, ref.hash);
`;

const { rawBlock, hash } = vectorOf('cancun');

function verifiedWith(...flags: string[]): string {
  const args = [...flags, '--input-type=module', '--eval', PROGRAM, rawBlock];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

describe('a block is hashed', () => {
  it('in WebAssembly', () => {
    expect(verifiedWith()).toBe(`WasmHasher ${hash}`);
  });

  // Other processors that Node.js is made for have vector instructions without exception.
  it('in JavaScript where x64 is without the vector instructions', () => {
    expect(verifiedWith('--no-enable-sse4-1')).toBe(
      `${process.arch === 'x64' ? 'ScriptHasher' : 'WasmHasher'} ${hash}`,
    );
  });
});
