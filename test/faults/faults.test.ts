import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { idsIn, missing } from './named-tests.js';
import { FAULT_ROWS, faultsPage } from './page.js';
import { FAULT_IDS } from './row.js';

describe('the fault matrix', () => {
  it('has one row for every id, in order', () => {
    expect(FAULT_ROWS.map(({ id }) => id)).toEqual(FAULT_IDS);
  });

  it.each(FAULT_ROWS)('names tests that exist: $id', ({ shown }) => {
    expect(shown.map(missing).filter((problem) => problem !== null)).toEqual([]);
  });

  it.each(FAULT_ROWS)('has a test that tells its id when it fails, and needs no EL that is built first: $id', (row) => {
    const here = row.shown.filter(({ file }) => !file.startsWith('test/els/'));
    expect(here.flatMap(idsIn)).toContain(row.id);
  });

  it('says on which ELs a test below test/els runs, and of no other test', () => {
    const wrong = FAULT_ROWS.flatMap(({ shown }) =>
      shown.filter(({ file, on }) => file.startsWith('test/els/') !== (on !== undefined)),
    );
    expect(wrong).toEqual([]);
  });

  it('is what docs/faults.md shows (else run `npm run docs`)', () => {
    expect(readFileSync('docs/faults.md', 'utf8')).toBe(faultsPage());
  });

  it('finds out a test that is gone, and a case that is gone', () => {
    const file = 'test/faults/faults.test.ts';
    expect(missing({ file, test: 'was renamed' })).toMatch(/no test/);
    expect(missing({ file, test: 'names tests that exist: $id', of: 'was' + ' dropped' })).toMatch(/no case/);
    expect(missing({ file, test: 'names tests that exist: $id' })).toBeNull();
    expect(idsIn({ file, test: 'names tests that exist: $id', of: '(S1, E22)' })).toEqual(['S1', 'E22']);
  });
});
