import { explore } from '../follow/model/explorer.js';
import { SCENARIOS } from '../follow/model/scenarios.js';
import type { Mutant } from './mutant.js';

const MAX_STATES = 8_000;

/** The invariant that the mistake breaks first in its small world; null where it is not found out. */
export function brokenBy({ core, scenario: name }: Mutant): string | null {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario === undefined) throw new RangeError(`no small world is called ${name}`);
  return explore(scenario, core, { budget: scenario.budget, maxStates: MAX_STATES }).violation?.invariant ?? null;
}
