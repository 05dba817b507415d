import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FollowHooks, HoldReason, Observation, Phase, State, Turn } from '../../src/follow/state.js';
import type { Payload } from '../../src/payload/payload.js';
import { createMetrics } from '../../src/status/metrics.js';
import { ProgressTracker } from '../../src/status/progress.js';
import { reportTo } from '../../src/status/report.js';
import { STALE_MAPPING } from '../../src/status/states.js';
import type { ErrorCode } from '../../src/util/error-codes.js';
import { LockstepError } from '../../src/util/errors.js';
import { createLogger } from '../../src/util/log.js';
import { A, at, B, engineView, failed, labels, observation, POLICY, RUNNING } from '../follow/examples.js';
import { seen, SETTLED, sourceView } from '../follow/examples.js';

let nowMs: number;
let written: Record<string, unknown>[];
let hooks: FollowHooks;
let phase: Phase;

beforeEach(() => {
  nowMs = 0;
  written = [];
  phase = { kind: 'starting' };
  const now = (): number => nowMs;
  const sink = { write: (line: string) => void written.push(JSON.parse(line) as Record<string, unknown>) };
  const log = createLogger({ level: 'trace', format: 'json', color: false, pid: false }, sink, now);
  hooks = reportTo({
    log,
    metrics: createMetrics({ version: '1', node: 'v20' }),
    progress: new ProgressTracker(now),
    now,
  });
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
  hooks.onTurn(one);
}

function holding(code: ErrorCode): Phase {
  return { kind: 'holding', reason: { kind: 'source-unavailable', error: new LockstepError(code) } };
}

function payload(number: number, l1Origin: Payload['l1Origin']): Payload {
  return { ref: at(A, number), version: 4, request: Buffer.alloc(0), transactionCount: 1, l1Origin };
}

function taken(): readonly Record<string, unknown>[] {
  return written.splice(0);
}

describe('a change of state', () => {
  it('is one line, with where both sides stand', () => {
    turn({ kind: 'following' });
    turn({ kind: 'following' });
    expect(taken()).toEqual([
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
    expect(taken()).toEqual([
      expect.objectContaining({ lvl: 'warn', reason: 'source-unavailable', code: 'SOURCE_TIMEOUT' }),
    ]);
    turn({ kind: 'following' });
    expect(taken().map(({ lvl, was }) => [lvl, was])).toEqual([
      ['info', 'source-unavailable'],
      ['info', undefined],
    ]);
  });

  it('from one hold into another names the new reason', () => {
    turn(holding('SOURCE_TIMEOUT'));
    turn({ kind: 'holding', reason: { kind: 'source-gap', at: 7, pruned: true } });
    expect(taken().map(({ reason }) => reason)).toEqual(['source-unavailable', 'source-gap']);
  });

  it('into a halt is left to the one line with which the process ends', () => {
    turn(holding('IDENTITY_GENESIS'));
    taken();
    turn({ kind: 'halted', error: new LockstepError('IDENTITY_GENESIS') });
    expect(taken()).toEqual([]);
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
      { kind: 'engine-unfit', block: at(A, 6), answer: 'INVALID' },
      { number: 6, answer: 'INVALID' },
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
      { kind: 'divergence', divergence: { source: at(A, 5), engine: at(B, 5) } },
      { at: 5, source: at(A, 5).hash, local: at(B, 5).hash },
    ],
  ])('says what it waits for: %j', (reason, fields) => {
    turn({ kind: 'holding', reason });
    const [line] = taken();
    expect(line).toMatchObject({ lvl: 'warn', reason: reason.kind, ...fields });
    expect(String(line?.['ends'])).toMatch(/^when /);
  });

  it('that lasts is repeated every 12 s', () => {
    turn(holding('SOURCE_TIMEOUT'));
    taken();
    nowMs += 11_999;
    turn(holding('SOURCE_TIMEOUT'));
    expect(taken()).toEqual([]);
    nowMs += 1;
    turn(holding('SOURCE_TIMEOUT'));
    expect(taken()).toEqual([expect.objectContaining({ lvl: 'warn', msg: 'Still holding', code: 'SOURCE_TIMEOUT' })]);
  });
});

describe('progress', () => {
  it('is one line per 12 s', () => {
    turn({ kind: 'syncing' });
    taken();
    for (let step = 0; step < 24; step++) {
      nowMs += 1_000;
      turn({ kind: 'syncing' });
    }
    expect(taken().map(({ msg, lvl, state }) => [msg, lvl, state])).toEqual([
      ['Progress', 'info', 'syncing'],
      ['Progress', 'info', 'syncing'],
    ]);
  });

  it('is told by the blocks of a long extension as well', () => {
    turn({ kind: 'syncing' });
    taken();
    for (let number = 1; number <= 13; number++) {
      nowMs += 1_000;
      hooks.onBlock(payload(number, null));
    }
    const [line, ...more] = taken().filter(({ lvl }) => lvl === 'info');
    expect(line).toMatchObject({ msg: 'Replaying blocks', number: 12, blocks_per_s: 1.1, eta: '4s' });
    expect(line).not.toHaveProperty('l1_origin');
    expect(more).toEqual([]);
  });

  it('names the L1 origin of the blocks of an OP Stack chain, in every line that names the head', () => {
    const origin = { number: 70, hash: at(B, 7).hash, timestamp: 1_700_000_000, sequenceNumber: 3 };
    nowMs += 12_000;
    hooks.onBlock(payload(5, origin));
    turn({ kind: 'following' });
    nowMs += 12_000;
    turn({ kind: 'following' });
    const told = { l1_origin: 70, seq: 3 };
    expect(taken().filter(({ lvl }) => lvl === 'info')).toEqual([
      expect.objectContaining({ msg: 'Replaying blocks', ...told }),
      expect.objectContaining({ msg: expect.stringMatching(/^Following/), ...told }),
      expect.objectContaining({ msg: 'Progress', ...told }),
    ]);
  });
});

describe('labels', () => {
  it('that cannot be read are one line, and one when they can be again', () => {
    const broken = failed('SOURCE_SCHEMA');
    for (const read of [broken, broken, seen(labels(A, 4, 2)), seen(labels(A, 4, 2)), broken]) hooks.onLabels(read);
    expect(taken().map(({ lvl, code }) => [lvl, code])).toEqual([
      ['warn', 'SOURCE_SCHEMA'],
      ['info', undefined],
      ['warn', 'SOURCE_SCHEMA'],
    ]);
  });

  it('that are not used are one line, and only when that lasts; and one when they are used again', () => {
    const read = (kind: 'seen' | 'unused'): void =>
      hooks.onLabels(kind === 'seen' ? seen(labels(A, 4, 2)) : { kind: 'unused', why: 'replaying' });
    for (const kind of ['unused', 'seen', 'unused', 'seen'] as const) {
      nowMs += 2_000;
      read(kind);
    }
    expect(taken()).toEqual([]);
    for (let round = 0; round < 5; round++) {
      nowMs += 1_000;
      read('unused');
    }
    read('seen');
    expect(taken().map(({ lvl, why }) => [lvl, why])).toEqual([
      ['warn', expect.stringMatching(/derives again/)],
      ['info', undefined],
    ]);
  });

  it('that the source does not show are named once', () => {
    const unset = [labels(A, 4, null), labels(A, 4, null), labels(A, null, null), labels(A, 4, 2), labels(A, 4, 2)];
    for (const read of unset) hooks.onLabels(seen(read));
    expect(taken().map(({ lvl, missing }) => [lvl, missing])).toEqual([
      ['info', 'finalized'],
      ['info', 'safe, finalized'],
      ['info', 'none'],
    ]);
  });
});

describe('an EL that went away', () => {
  it('is one line with the number of the new session', () => {
    turn({ kind: 'following' });
    taken();
    turn({ kind: 'following' }, { ...SETTLED.session, id: 2 });
    expect(taken()).toEqual([expect.objectContaining({ lvl: 'warn', session: 2 })]);
  });
});

describe('what an action came to', () => {
  const extended = { of: 'extend', head: at(A, 5), blocks: 1 } as const;

  it('is an error for a refused block, with its height and code', () => {
    const error = new LockstepError('BLOCK_HASH_MISMATCH');
    hooks.onOutcome({ ...extended, stop: { why: 'block-rejected', number: 6, error } });
    expect(taken()).toEqual([expect.objectContaining({ lvl: 'error', at: 6, code: 'BLOCK_HASH_MISMATCH' })]);
  });

  it('is a warning for a payload that was not taken, and for a forkchoice that was not applied', () => {
    hooks.onOutcome({ ...extended, stop: { why: 'payload-answer', block: at(A, 6), answer: { status: 'SYNCING' } } });
    const stop = { why: 'forkchoice-answer', block: at(A, 6), answer: { status: 'VALID' }, effect: 'unmoved' } as const;
    hooks.onOutcome({ ...extended, stop });
    hooks.onOutcome({ of: 'forkchoice', answer: { status: 'VALID' }, effect: 'unmoved' });
    expect(taken().map(({ lvl, answer, effect }) => [lvl, answer, effect])).toEqual([
      ['warn', 'SYNCING', undefined],
      ['warn', 'VALID', 'unmoved'],
      ['warn', 'VALID', 'unmoved'],
    ]);
  });

  it('is an error for another chain than at boot', () => {
    const error = new LockstepError('IDENTITY_CHAIN_ID');
    hooks.onOutcome({ of: 'identify', result: 'different', error });
    expect(taken()).toEqual([expect.objectContaining({ lvl: 'error', code: 'IDENTITY_CHAIN_ID' })]);
  });

  it('is no more than a debug line when all is well', () => {
    hooks.onOutcome({ ...extended, stop: { why: 'reached' } });
    hooks.onOutcome({ of: 'forkchoice', answer: { status: 'VALID' }, effect: 'moved' });
    hooks.onOutcome({ of: 'wait' });
    expect(taken().map(({ lvl }) => lvl)).toEqual(['debug']);
  });
});

describe('an EL sync', () => {
  const idle: State['elSync'] = { policy: POLICY, stage: 'idle' };
  const view = observation(engineView(A, 5), sourceView(A, 9));

  function change(was: State['elSync'], is: State['elSync'], observed: Observation = view): void {
    const syncing = { ...SETTLED, phase: { kind: 'syncing' } as const };
    const action = { do: 'wait', ms: 1 } as const;
    hooks.onTurn({
      before: { ...syncing, elSync: was },
      state: { ...syncing, elSync: is },
      observation: observed,
      action,
    });
  }

  it('is told when it is asked for, when it begins, when the target changes and when it is over', () => {
    const asked = { ...RUNNING, started: false };
    change(idle, asked);
    change(asked, RUNNING);
    change(RUNNING, RUNNING);
    change(RUNNING, { ...RUNNING, target: at(A, 9) });
    change(RUNNING, idle, observation(engineView(A, 7), sourceView(A, 9)));
    expect(taken().map(({ lvl, msg }) => [lvl, msg])).toEqual([
      ['info', 'EL sync: the EL is pointed at the head of the source'],
      ['info', 'EL sync: the EL has begun to sync'],
      ['info', 'EL sync: the EL is pointed at a newer head'],
      ['info', 'EL sync: the EL is at its target'],
    ]);
  });

  it('is told as progress, with the block and what shows it', () => {
    nowMs += 12_000;
    change(RUNNING, { ...RUNNING, at: 6, by: 'eth_syncing' });
    expect(taken()).toEqual([expect.objectContaining({ msg: 'EL sync: at 6 of 7 (eth_syncing)', state: 'syncing' })]);
  });

  it.each<[Partial<Extract<State['elSync'], { stage: 'given-up' }>>, string]>([
    [{ why: 'not-started', peers: 0 }, 'the EL has no peers (net_peerCount 0)'],
    [{ why: 'not-started', peers: null }, 'the EL did not start to sync within 3 s'],
    [{ why: 'stalled', peers: 2 }, 'the EL got no further than block 5 for 8 s'],
    [{ why: 'refused', answer: 'INVALID (bad)' }, 'the EL refused the target'],
  ])('that is given up is one warning with the reason: %j', (end, reason) => {
    const defaults = { why: 'stalled', target: at(A, 7), at: 5, peers: 0, answer: null } as const;
    const over: State['elSync'] = { policy: POLICY, stage: 'given-up', ...defaults, ...end };
    change(RUNNING, over);
    change(over, over);
    const msg = `EL sync given up, the blocks are replayed instead: ${reason}`;
    expect(taken()).toEqual([expect.objectContaining({ lvl: 'warn', why: end.why, msg })]);
  });

  it('whose target is not what it claims is an error line', () => {
    const error = new LockstepError('BLOCK_HASH_MISMATCH');
    const stop = { why: 'block-rejected', number: 7, error } as const;
    hooks.onOutcome({ of: 'el-sync', from: at(A, 5), target: at(A, 7), stop });
    expect(taken()).toEqual([expect.objectContaining({ lvl: 'error', at: 7, code: 'BLOCK_HASH_MISMATCH' })]);
  });
});
