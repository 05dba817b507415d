import base from './jest.config.js';

/** The live page in a real Chromium. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/page/**/*.test.ts'],
  testPathIgnorePatterns: [],
  maxWorkers: 1,
};
