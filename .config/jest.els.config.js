import base from './jest.config.js';

/** Tests against execution clients that have to be built or named first. */
export default { ...base, testMatch: ['<rootDir>/test/els/**/*.test.ts'], testPathIgnorePatterns: [] };
