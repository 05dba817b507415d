import { describe, expect, it } from '@jest/globals';
import { MUTANTS } from './all.js';
import { brokenBy } from './find-out.js';

describe('the exploration finds out a core that', () => {
  it.each(MUTANTS)('$name ($id)', (mutant) => {
    expect(mutant.breaks).toContain(brokenBy(mutant));
  });
});
