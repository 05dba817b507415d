import { decide } from '../../../src/follow/decide.js';
import { promote } from '../../../src/follow/labels.js';
import { explore } from './explorer.js';
import { SCENARIOS } from './scenarios.js';

const maxStates = Number(process.env['EXPLORE_MAX_STATES'] ?? 8_000);
const only = process.argv[2];
let states = 0;
let violations = 0;
for (const scenario of SCENARIOS) {
  if (only !== undefined && !scenario.name.includes(only)) continue;
  const began = performance.now();
  const found = explore(scenario, { decide, promote }, { budget: scenario.budget, maxStates });
  const ms = Math.round(performance.now() - began);
  const extent = found.complete ? 'all' : 'the nearest';
  process.stdout.write(
    `${scenario.name}: ${extent} ${found.states} states, depth ${found.depth}, ${found.turnsToEnd} turns to the end, ${ms} ms\n`,
  );
  states += found.states;
  if (found.violation !== null) {
    violations += 1;
    process.stdout.write(`${found.violation.trace.join('\n  ')}\n`);
  }
}
process.stdout.write(`explored ${states} states, ${violations} violations\n`);
process.exitCode = violations === 0 ? 0 : 1;
