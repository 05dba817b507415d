import type { Column } from './column.js';
import type { Scenario } from './scenario.js';

/** Brings lockstep into the state that the scenario begins with, and runs it. */
export async function runScenario(scenario: Scenario, column: Column): Promise<string> {
  if (scenario.alone === true) {
    if (column.hasLockstep) await column.endLockstep('SIGTERM');
  } else {
    if (!column.hasLockstep) await column.startLockstep();
    await column.untilEqual();
  }
  return scenario.run(column);
}
