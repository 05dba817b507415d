import TestSequencer from '@jest/test-sequencer';

/** The suites that take minutes or most of one, longest first: they wait for processes for most of their time. */
const LONG = [
  'els/matrix/ethereum',
  'els/matrix/op-stack',
  'els/',
  'integration/catch-up',
  'core/schedules',
  'integration/',
  'chaos/',
  'devnet/',
];

/**
 * On a clean checkout Jest knows no durations and takes the largest files first. The longest suites are small files: one
 * that starts last leaves a processor idle for minutes. The others, which compute, are spread among them, so that somebody
 * computes while the rest wait.
 */
export default class LongTestsFirst extends TestSequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const long = sorted.filter((test) => rank(test) < LONG.length).sort((a, b) => rank(a) - rank(b));
    const short = sorted.filter((test) => rank(test) === LONG.length);
    if (long.length === 0) return short;
    const shortPerLong = short.length / long.length;
    return long.flatMap((test, index) => {
      const [from, to] = [index, index + 1].map((count) => Math.round(count * shortPerLong));
      return [test, ...short.slice(from, to)];
    });
  }
}

function rank({ path }) {
  const place = LONG.findIndex((part) => path.includes(`/test/${part}`));
  return place === -1 ? LONG.length : place;
}
