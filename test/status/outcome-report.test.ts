import { beforeEach, describe, expect, it } from '@jest/globals';
import { LockstepError } from '../../src/util/errors.js';
import { A, at } from '../follow/examples.js';
import { WrittenReport } from './written-report.js';

let report: WrittenReport;

beforeEach(() => {
  report = new WrittenReport();
});

describe('what an action came to', () => {
  const extended = { of: 'extend', head: at(A, 5), blocks: 1 } as const;

  it('is an error for a refused block, with its height and code', () => {
    const error = new LockstepError('BLOCK_HASH_MISMATCH');
    report.hooks.onOutcome({ ...extended, stop: { why: 'block-rejected', number: 6, error } });
    expect(report.taken()).toEqual([expect.objectContaining({ lvl: 'error', at: 6, code: 'BLOCK_HASH_MISMATCH' })]);
  });

  it('is a warning for a payload that was not taken, and for a forkchoice that was not applied', () => {
    report.hooks.onOutcome({
      ...extended,
      stop: { why: 'payload-answer', block: at(A, 6), answer: { status: 'SYNCING' } },
    });
    const stop = { why: 'forkchoice-answer', block: at(A, 6), answer: { status: 'VALID' }, effect: 'unmoved' } as const;
    report.hooks.onOutcome({ ...extended, stop });
    report.hooks.onOutcome({ of: 'forkchoice', answer: { status: 'VALID' }, effect: 'unmoved' });
    expect(report.taken().map(({ lvl, answer, effect }) => [lvl, answer, effect])).toEqual([
      ['warn', 'SYNCING', undefined],
      ['warn', 'VALID', 'unmoved'],
      ['warn', 'VALID', 'unmoved'],
    ]);
  });

  it('is a warning with the range and the doubt for a batch that was not taken whole', () => {
    const answer = { status: 'INVALID', latestValidHash: null, reason: 'bad', verdictOn: 'block' } as const;
    const range = { first: at(A, 6), last: at(A, 8) };
    report.hooks.onOutcome({ ...extended, stop: { why: 'batch-answer', block: at(A, 7), answer, ...range } });
    const [line] = report.taken();
    expect(line).toMatchObject({
      lvl: 'warn',
      first: `6:${at(A, 6).hash}`,
      last: `8:${at(A, 8).hash}`,
      answer: 'INVALID',
      why: 'bad',
    });
    expect(line?.['msg']).toContain('may be invalid');
  });

  it('is an error for another chain than at boot', () => {
    const error = new LockstepError('IDENTITY_CHAIN_ID');
    report.hooks.onOutcome({ of: 'identify', result: 'different', error });
    expect(report.taken()).toEqual([expect.objectContaining({ lvl: 'error', code: 'IDENTITY_CHAIN_ID' })]);
  });

  it('is no more than a debug line when all is well', () => {
    report.hooks.onOutcome({ ...extended, stop: { why: 'reached' } });
    report.hooks.onOutcome({ of: 'forkchoice', answer: { status: 'VALID' }, effect: 'moved' });
    report.hooks.onOutcome({ of: 'wait' });
    expect(report.taken().map(({ lvl }) => lvl)).toEqual(['debug']);
  });
});
