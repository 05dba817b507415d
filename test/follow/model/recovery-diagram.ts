import { decide } from '../../../src/follow/decide.js';
import { promote } from '../../../src/follow/labels.js';
import { betweenMarks } from '../../architecture/between-marks.js';
import { explore } from './explorer.js';
import { RECOVERY_SCENARIOS, RESTLESS } from './recovery-scenarios.js';
import { addLadders, addRareTurns } from './rare-transitions.js';
import { Transitions } from './transitions.js';

const MARKS = {
  start: '<!-- recoveries: made by `npm run docs` from the exploration -->',
  end: '<!-- /recoveries -->',
};

/** Worlds per scenario that the recoveries begin in: more where one divergence follows the other. */
const MAX_STATES = 300;
const MAX_RESTLESS_STATES = 2_500;

/** The document with its diagram of recoveries brought up to date. */
export function withRecoveryDiagram(document: string): string {
  return betweenMarks(document, ['```mermaid', 'stateDiagram-v2', ...diagram(), '```'].join('\n'), MARKS);
}

function diagram(): string[] {
  const transitions = new Transitions();
  for (const scenario of RECOVERY_SCENARIOS) {
    const maxStates = RESTLESS.includes(scenario) ? MAX_RESTLESS_STATES : MAX_STATES;
    const limits = { budget: scenario.budget, maxStates };
    explore(scenario, { decide, promote }, limits, (world, decision) => transitions.see(world, decision));
  }
  addLadders(transitions);
  addRareTurns(transitions);
  return transitions.all.map(([from, to]) => `    ${idOf(from)} --> ${idOf(to)}`);
}

/** Mermaid takes a hyphen for part of an arrow. */
export function idOf(step: string): string {
  return step.replaceAll('-', '_');
}
