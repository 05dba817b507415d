import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { wasmModuleText } from '../payload/wasm-source.js';

describe('the WebAssembly module of the payload room', () => {
  it('is what its source compiles to', () => {
    expect(readFileSync('src/payload/wasm-module.ts', 'utf8')).toBe(wasmModuleText());
  });
});
