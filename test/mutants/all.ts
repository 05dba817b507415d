import { DIVERGENCE_MUTANTS } from './divergence.js';
import { EL_SYNC_MUTANTS } from './el-sync.js';
import { FAILURE_MUTANTS } from './failures.js';
import { LABEL_MUTANTS } from './labels.js';
import type { Mutant } from './mutant.js';
import { RECOVERY_MUTANTS } from './recovery.js';
import { SESSION_MUTANTS } from './sessions.js';

export const MUTANTS: readonly Mutant[] = [
  ...LABEL_MUTANTS,
  ...DIVERGENCE_MUTANTS,
  ...RECOVERY_MUTANTS,
  ...FAILURE_MUTANTS,
  ...SESSION_MUTANTS,
  ...EL_SYNC_MUTANTS,
];
