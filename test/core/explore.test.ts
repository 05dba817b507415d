import { describe, expect, it } from '@jest/globals';
import { decide } from '../../src/follow/decide.js';
import { promote } from '../../src/follow/labels.js';
import { explore } from '../follow/model/explorer.js';
import { SCENARIOS } from '../follow/model/scenarios.js';

/** Worlds per scenario; `npm run explore` visits more of them. */
const MAX_STATES = 2_400;
const MIN_STATES = 100_000;

/** A world is at its end after so many turns at most: some of them wait for a minute, one second each. */
const MAX_TURNS_TO_END = 90;

describe('every small world', () => {
  let states = 0;

  it.each(SCENARIOS)('keeps the invariants and comes to its end: $name', (scenario) => {
    const found = explore(scenario, { decide, promote }, { budget: scenario.budget, maxStates: MAX_STATES });
    expect(found.violation?.trace ?? []).toEqual([]);
    expect(found.turnsToEnd).toBeLessThanOrEqual(MAX_TURNS_TO_END);
    states += found.states;
  });

  it('was visited', () => {
    process.stdout.write(`explored ${states} states, 0 violations\n`);
    expect(states).toBeGreaterThanOrEqual(MIN_STATES);
  });
});
