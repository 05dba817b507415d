export default {
  rootDir: '..',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/els/', '<rootDir>/test/core/', '<rootDir>/test/page/'],
  modulePathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/.devnet/'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  // The tests wait for processes for part of their time.
  maxWorkers: 3,
  testSequencer: '<rootDir>/.config/long-tests-first.js',
  // Against hangs; speed is measured by the bench.
  testTimeout: 120_000,
};
