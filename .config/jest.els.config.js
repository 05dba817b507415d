import base from './jest.config.js';

/** Tests against execution clients that have to be built or named first; the matrix of all of them is printed behind them. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/els/**/*.test.ts'],
  testPathIgnorePatterns: [],
  // Real execution clients wait more than they compute.
  maxWorkers: 4,
  globalSetup: '<rootDir>/dist/test/els/matrix/begin-run.js',
  // What failed is told last, behind the matrix.
  reporters: [['default', { summaryThreshold: 0 }], '<rootDir>/dist/test/els/matrix/matrix-reporter.js'],
};
