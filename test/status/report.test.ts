import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HoldReason, Phase, Turn } from '../../src/follow/state.js';
import type { Payload } from '../../src/payload/payload.js';
import { STALE_MAPPING } from '../../src/status/states.js';
import type { ErrorCode } from '../../src/util/error-codes.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, engineView, failed, labels, observation, seen, SETTLED, sourceView } from '../follow/examples.js';
import { WrittenReport } from './written-report.js';

let report: WrittenReport;
let phase: Phase;

beforeEach(() => {
  report = new WrittenReport();
  phase = { kind: 'starting' };
});

function turn(to: Phase, session = SETTLED.session): void {
  const view = observation(engineView(A, 5, labels(A, 4, 2)), sourceView(A, 9, labels(A, 6, 3)));
  const before = { ...SETTLED, phase };
  const one: Turn = {
    before,
    state: { ...SETTLED, session, phase: to },
    observation: view,
    action: { do: 'wait', ms: 1 },
  };
  phase = to;
  report.hooks.onTurn(one);
}

function holding(code: ErrorCode): Phase {
  return { kind: 'holding', reason: { kind: 'source-unavailable', error: new LockstepError(code) } };
}

function payload(number: number, l1Origin: Payload['l1Origin']): Payload {
  return { ref: at(A, number), version: 4, request: Buffer.alloc(0), transactionCount: 1, l1Origin };
}

describe('a change of state', () => {
  it('is one line, with where both sides stand', () => {
    turn({ kind: 'following' });
    turn({ kind: 'following' });
    expect(report.taken()).toEqual([
      expect.objectContaining({
        ...{
          lvl: 'info',
          unsafe: `5:${at(A, 5).hash.slice(0, 10)}`,
          source: `9:${at(A, 9).hash.slice(0, 10)}`,
          lag: 4,
        },
      }),
    ]);
  });

  it('into a hold and out of it is one line each, however its details change', () => {
    turn(holding('SOURCE_TIMEOUT'));
    turn(holding('SOURCE_BAD_BODY'));
    expect(report.taken()).toEqual([
      expect.objectContaining({ lvl: 'warn', reason: 'source-unavailable', code: 'SOURCE_TIMEOUT' }),
    ]);
    turn({ kind: 'following' });
    expect(report.taken().map(({ lvl, was }) => [lvl, was])).toEqual([
      ['info', 'source-unavailable'],
      ['info', undefined],
    ]);
  });

  it('from one hold into another names the new reason', () => {
    turn(holding('SOURCE_TIMEOUT'));
    turn({ kind: 'holding', reason: { kind: 'source-gap', at: 7, pruned: true } });
    expect(report.taken().map(({ reason }) => reason)).toEqual(['source-unavailable', 'source-gap']);
  });

  it('into a halt is left to the one line with which the process ends', () => {
    turn(holding('IDENTITY_GENESIS'));
    report.taken();
    turn({ kind: 'halted', error: new LockstepError('IDENTITY_GENESIS') });
    expect(report.taken()).toEqual([]);
  });
});

describe('a hold', () => {
  const error = new LockstepError('BLOCK_ROOT_MISMATCH', { detail: 'here' });

  it.each<[HoldReason, object]>([
    [
      { kind: 'engine-unavailable', error },
      { code: 'BLOCK_ROOT_MISMATCH', fix: error.fix },
    ],
    [{ kind: 'engine-syncing' }, {}],
    [{ kind: 'engine-unsettled', error }, { code: 'BLOCK_ROOT_MISMATCH' }],
    [
      { kind: 'engine-stuck', at: 6, answer: 'SYNCING', staleMapping: false },
      { at: 6, answer: 'SYNCING' },
    ],
    [
      { kind: 'engine-stuck', at: 6, answer: 'VALID, unmoved', staleMapping: true },
      { at: 6, answer: 'VALID, unmoved', sign: STALE_MAPPING },
    ],
    [
      { kind: 'engine-unfit', block: at(A, 6), answer: 'INVALID', advice: 'restart the EL' },
      { number: 6, answer: 'INVALID', advice: 'restart the EL' },
    ],
    [
      { kind: 'payload-refused', block: at(A, 6), answer: 'INVALID', error: null },
      { number: 6, answer: 'INVALID' },
    ],
    [
      { kind: 'payload-refused', block: at(A, 6), answer: 'too large', error },
      { number: 6, code: 'BLOCK_ROOT_MISMATCH', fix: error.fix },
    ],
    [{ kind: 'engine-snap-sync', at: 6 }, { at: 6 }],
    [
      { kind: 'source-gap', at: 6, pruned: false },
      { at: 6, pruned: 'false' },
    ],
    [
      { kind: 'block-rejected', at: 6, error },
      { at: 6, code: 'BLOCK_ROOT_MISMATCH', err: error.message },
    ],
    [
      { kind: 'recovery-off', plan: null, divergence: { source: at(A, 5), engine: at(B, 5) } },
      { at: 5, source: at(A, 5).hash, local: at(B, 5).hash },
    ],
  ])('says what it waits for: %j', (reason, fields) => {
    turn({ kind: 'holding', reason });
    const [line] = report.taken();
    expect(line).toMatchObject({ lvl: 'warn', reason: reason.kind, ...fields });
    expect(String(line?.['ends'])).toMatch(/^when /);
  });

  it('that lasts is repeated every 12 s', () => {
    turn(holding('SOURCE_TIMEOUT'));
    report.taken();
    report.nowMs += 11_999;
    turn(holding('SOURCE_TIMEOUT'));
    expect(report.taken()).toEqual([]);
    report.nowMs += 1;
    turn(holding('SOURCE_TIMEOUT'));
    expect(report.taken()).toEqual([
      expect.objectContaining({ lvl: 'warn', msg: 'Still holding', code: 'SOURCE_TIMEOUT' }),
    ]);
  });

  it('that lasts for five minutes is an error, unless it may last', () => {
    const syncing: Phase = { kind: 'holding', reason: { kind: 'engine-syncing' } };
    for (const held of [holding('SOURCE_TIMEOUT'), syncing]) {
      for (const ms of [0, 299_000, 12_000]) {
        report.nowMs += ms;
        turn(held);
      }
    }
    const told = report.taken().filter(({ reason }) => reason !== undefined);
    expect(told.map(({ reason, lvl, held_s }) => [reason, lvl, held_s])).toEqual([
      ['source-unavailable', 'warn', undefined],
      ['source-unavailable', 'warn', 299],
      ['source-unavailable', 'error', 311],
      ['engine-syncing', 'warn', undefined],
      ['engine-syncing', 'warn', 299],
      ['engine-syncing', 'warn', 311],
    ]);
  });
});

describe('progress', () => {
  it('is one line per 12 s', () => {
    turn({ kind: 'syncing' });
    report.taken();
    for (let step = 0; step < 24; step++) {
      report.nowMs += 1_000;
      turn({ kind: 'syncing' });
    }
    expect(report.taken().map(({ msg, lvl, state }) => [msg, lvl, state])).toEqual([
      ['Progress', 'info', 'syncing'],
      ['Progress', 'info', 'syncing'],
    ]);
  });

  it('is told by the blocks of a long extension as well', () => {
    turn({ kind: 'syncing' });
    report.taken();
    for (let number = 1; number <= 13; number++) {
      report.nowMs += 1_000;
      report.hooks.onBlock(payload(number, null));
    }
    const [line, ...more] = report.taken().filter(({ lvl }) => lvl === 'info');
    expect(line).toMatchObject({ msg: 'Replaying blocks', number: 12, blocks_per_s: 1.1, eta: '4s' });
    expect(line).not.toHaveProperty('l1_origin');
    expect(more).toEqual([]);
  });

  it('names the L1 origin of the blocks of an OP Stack chain, in every line that names the head', () => {
    const origin = { number: 70, hash: at(B, 7).hash, timestamp: 1_700_000_000, sequenceNumber: 3 };
    report.nowMs += 12_000;
    report.hooks.onBlock(payload(5, origin));
    turn({ kind: 'following' });
    report.nowMs += 12_000;
    turn({ kind: 'following' });
    const told = { l1_origin: 70, seq: 3 };
    expect(report.taken().filter(({ lvl }) => lvl === 'info')).toEqual([
      expect.objectContaining({ msg: 'Replaying blocks', ...told }),
      expect.objectContaining({ msg: expect.stringMatching(/^Following/), ...told }),
      expect.objectContaining({ msg: 'Progress', ...told }),
    ]);
  });
});

describe('labels', () => {
  it('that cannot be read are one line, and one when they can be again', () => {
    const broken = failed('SOURCE_SCHEMA');
    for (const read of [broken, broken, seen(labels(A, 4, 2)), seen(labels(A, 4, 2)), broken])
      report.hooks.onLabels(read);
    expect(report.taken().map(({ lvl, code }) => [lvl, code])).toEqual([
      ['warn', 'SOURCE_SCHEMA'],
      ['info', undefined],
      ['warn', 'SOURCE_SCHEMA'],
    ]);
  });

  it('that are not used are one line, and only when that lasts; and one when they are used again', () => {
    const read = (kind: 'seen' | 'unused'): void =>
      report.hooks.onLabels(kind === 'seen' ? seen(labels(A, 4, 2)) : { kind: 'unused', why: 'replaying' });
    for (const kind of ['unused', 'seen', 'unused', 'seen'] as const) {
      report.nowMs += 2_000;
      read(kind);
    }
    expect(report.taken()).toEqual([]);
    for (let round = 0; round < 5; round++) {
      report.nowMs += 1_000;
      read('unused');
    }
    read('seen');
    expect(report.taken().map(({ lvl, why }) => [lvl, why])).toEqual([
      ['warn', expect.stringMatching(/derives again/)],
      ['info', undefined],
    ]);
  });

  it('that the source does not show are named once', () => {
    const unset = [labels(A, 4, null), labels(A, 4, null), labels(A, null, null), labels(A, 4, 2), labels(A, 4, 2)];
    for (const read of unset) report.hooks.onLabels(seen(read));
    expect(report.taken().map(({ lvl, missing }) => [lvl, missing])).toEqual([
      ['info', 'finalized'],
      ['info', 'safe, finalized'],
      ['info', 'none'],
    ]);
  });
});

describe('an EL that went away', () => {
  it('is one line with the number of the new session', () => {
    turn({ kind: 'following' });
    report.taken();
    turn({ kind: 'following' }, { ...SETTLED.session, id: 2 });
    expect(report.taken()).toEqual([expect.objectContaining({ lvl: 'warn', session: 2 })]);
  });
});
