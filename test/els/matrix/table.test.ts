import { describe, expect, it } from '@jest/globals';
import { readTable, renderTable } from './table.js';
import type { ColumnResult } from './results.js';

const TITLES = ['follows', 'is killed'];
const GETH: ColumnResult = { kind: 'geth', version: 'go-ethereum 1', cells: { follows: '✔', 'is killed': '✔ a | b' } };
const RETH: ColumnResult = { kind: 'reth', version: 'Reth 2', cells: { follows: '✔', 'is killed': '✔' } };

describe('the table of the matrix', () => {
  it('reads back what it was made of, and leaves out what did not run', () => {
    expect(readTable(renderTable([RETH, GETH], TITLES))).toEqual([GETH, RETH]);
    expect(readTable('')).toEqual([]);
  });

  it('has a column for every kind of EL, and says which did not run', () => {
    const [head, , version, follows] = renderTable([GETH], TITLES).split('\n');
    expect(head).toMatch(/^\| the EL +\| ethereumjs +\| geth +\| reth +\| op-geth +\| op-reth +\|$/);
    expect(version).toMatch(/^\| version +\| not run +\| go-ethereum 1 +\| not run/);
    expect(follows).toMatch(/^\| follows +\| not run +\| ✔ +\| not run/);
  });

  it('says where a scenario failed', () => {
    expect(renderTable([{ ...GETH, cells: {} }], TITLES)).toMatch(/\| follows +\| not run +\| failed/);
  });
});
