import { ANSWER_SCENARIOS } from './answer-scenarios.js';
import { FOLLOW_SCENARIOS } from './follow-scenarios.js';
import { RESTART_SCENARIOS } from './restart-scenarios.js';
import type { Scenario } from './scenario.js';

/** The rows of the matrix, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [...FOLLOW_SCENARIOS, ...ANSWER_SCENARIOS, ...RESTART_SCENARIOS];
