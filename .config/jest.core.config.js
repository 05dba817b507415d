import base from './jest.config.js';

/**
 * The decisions alone, in every small world and in random ones, and the compiling of the WebAssembly module: nothing but
 * computing, so one version of Node tells.
 */
export default {
  ...base,
  testMatch: ['<rootDir>/test/core/**/*.test.ts'],
  testPathIgnorePatterns: [],
  maxWorkers: 2,
};
