import { describe, expect, it } from '@jest/globals';
import { decide } from '../../src/follow/decide.js';
import { promote } from '../../src/follow/labels.js';
import { explore } from './model/explorer.js';
import { SCENARIOS } from './model/scenarios.js';

/** Worlds per scenario and budget. A longer run takes the number from the environment. */
const MAX_STATES = Number(process.env['EXPLORE_MAX_STATES'] ?? 1_000);
const MIN_STATES_IN_ALL = 100_000;

/** A world is at its end after so many turns at most: 55 s of them may be the wait for the probe of an EL that syncs. */
const MAX_TURNS_TO_END = 90;

describe('every small world', () => {
  let all = 0;

  it.each(SCENARIOS)('keeps the invariants and comes to its end: $name', (scenario) => {
    for (const budget of scenario.budgets) {
      const found = explore(scenario, { decide, promote }, { budget, maxStates: MAX_STATES });
      const extent = found.complete ? 'all' : 'the nearest';
      process.stdout.write(
        `${scenario.name} ${JSON.stringify(budget)}: ${extent} ${found.states} states, ` +
          `${found.transitions} transitions, at most ${found.turnsToEnd} turns to the end\n`,
      );
      expect(found.violation?.trace ?? []).toEqual([]);
      expect(found.turnsToEnd).toBeLessThanOrEqual(MAX_TURNS_TO_END);
      all += found.states;
    }
  });

  it('is one of many', () => {
    expect(all).toBeGreaterThanOrEqual(MIN_STATES_IN_ALL);
  });
});
