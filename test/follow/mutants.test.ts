import { describe, expect, it } from '@jest/globals';
import { explore } from './model/explorer.js';
import { EL_SYNC_MUTANTS } from './model/el-sync-mutants.js';
import { MUTANTS, type Mutant } from './model/mutants.js';
import { SCENARIOS } from './model/scenarios.js';

const MAX_STATES = 8_000;

/** What the first world breaks in which the mistake shows, with nothing or with two things going wrong. */
function brokenBy({ core, scenario: name }: Mutant): string | null {
  const scenario = SCENARIOS.find((each) => each.name === name)!;
  for (const budget of [{ source: 0, engine: 0, faults: 0 }, ...scenario.budgets]) {
    const { violation } = explore(scenario, core, { budget, maxStates: MAX_STATES });
    if (violation !== null) return violation.invariant;
  }
  return null;
}

describe('the exploration finds out a core that', () => {
  it.each([...MUTANTS, ...EL_SYNC_MUTANTS])('$name', (mutant) => {
    expect(mutant.breaks).toContain(brokenBy(mutant));
  });
});
