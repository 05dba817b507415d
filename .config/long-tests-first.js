import TestSequencer from '@jest/test-sequencer';

/** The suites that take minutes or most of one, longest first. */
const LONG = [
  'els/matrix/ethereum',
  'els/matrix/op-stack',
  'els/',
  'integration/catch-up',
  'core/schedules',
  'integration/',
  'payload/trie',
  'payload/mutations',
  'devnet/',
];

/**
 * On a clean checkout Jest knows no durations and takes the largest files first. The longest suites are small files: one
 * that starts last leaves a processor idle for minutes.
 */
export default class LongTestsFirst extends TestSequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    return [...sorted].sort((a, b) => rank(a) - rank(b));
  }
}

function rank({ path }) {
  const place = LONG.findIndex((part) => path.includes(`/test/${part}`));
  return place === -1 ? LONG.length : place;
}
