import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Crash } from './kills/crash.js';
import { KillSeries } from './kills/kill-series.js';

/** The first start may have to build the EL. */
const START_TIMEOUT_MS = 900_000;
const TIMEOUT_MS = 300_000;

/** A few; `npm run kills` has more of them, at random points. */
const KILLS = 1;

describe.each(['geth', 'op-geth'] as const)('%s, killed while lockstep follows with it', (kind) => {
  let series: KillSeries;

  beforeAll(async () => {
    series = await KillSeries.start(kind, '1', true);
  }, START_TIMEOUT_MS);

  afterAll(() => series.close());

  it(
    `comes back lower and is brought up again without a restart, ${KILLS} times`,
    async () => {
      const crashes: Crash[] = [];
      for (let count = 0; count < KILLS; count++) crashes.push(await series.kill());
      expect(crashes.map(({ hold }) => hold)).toEqual(crashes.map(() => null));
    },
    TIMEOUT_MS,
  );
});
