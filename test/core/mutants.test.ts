import { describe, expect, it } from '@jest/globals';
import { MUTANTS } from '../mutants/all.js';
import { brokenBy } from '../mutants/find-out.js';

describe('the exploration finds out a core that', () => {
  it.each(MUTANTS)('$name ($id)', (mutant) => {
    expect(mutant.breaks).toContain(brokenBy(mutant));
  });
});
