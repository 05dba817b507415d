import { lean } from './lean.js';

/** Modules of the ethereumjs client that cost much of a start, and what stands in their place in the bundle. */
const REPLACED = [
  {
    // The allocations of public networks; a devnet brings its own.
    module: /@ethereumjs\/genesis\/dist\/esm\/index\.js$/,
    contents: 'export const getGenesis = () => undefined;',
  },
  {
    // The client brings BLS12-381 as WebAssembly (mcl-wasm), so this one is never made.
    module: /@ethereumjs\/evm\/dist\/esm\/precompiles\/bls12_381\/noble\.js$/,
    contents: 'export class NobleBLS {}',
  },
  {
    // createEVM puts another BN254 in the place of the one that the client hands to it.
    module: /rustbn-wasm\/dist\/esm\/rustbn\.js$/,
    contents: 'export const initRustBN = async () => ({});',
  },
  {
    // Computes its tables when it is loaded, and only two precompiles ask for it.
    module: /@noble\/curves\/esm\/bn254\.js$/,
    contents: `
      export const bn254 = new Proxy({}, { get: (_, name) => require('./bn254.js?loaded').bn254[name] });
    `,
  },
  {
    // Every trie node goes through it: WebAssembly takes a fifth of the time.
    module: /ethereum-cryptography\/esm\/keccak\.js$/,
    contents: `
      import { createKeccak } from 'hash-wasm';
      import { keccak_256 } from '@noble/hashes/sha3';
      let hasher = null;
      createKeccak(256).then((made) => (hasher = made));
      // Some modules hash while they are loaded, which does not wait.
      export const keccak256 = (message) =>
        hasher === null ? keccak_256(message) : hasher.init().update(message).digest('binary');
      export const keccak512 = () => { throw new Error('ethash has no place on a devnet'); };
    `,
  },
];

export const leanEl = lean(REPLACED);
