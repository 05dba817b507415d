import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FollowHooks, HoldReason, Phase } from '../../src/follow/state.js';
import { createHealth, type Health } from '../../src/status/health.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, engineView, observation, SETTLED, sourceView } from '../follow/examples.js';

const CALL_TIMEOUT_MS = 30_000;
const LIMIT_MS = 4 * CALL_TIMEOUT_MS;

let nowMs: number;
let health: Health;
let hooks: FollowHooks;
let passedOn: string[];

beforeEach(() => {
  nowMs = 0;
  passedOn = [];
  health = createHealth(
    () => nowMs,
    CALL_TIMEOUT_MS,
    () => at(A, 5).timestamp * 1_000 + 3_000 + nowMs,
  );
  hooks = health.watch({
    onTurn: () => void passedOn.push('turn'),
    onOutcome: () => void passedOn.push('outcome'),
    onPlanning: () => void passedOn.push('planning'),
    onBlock: () => void passedOn.push('block'),
    onLabels: () => void passedOn.push('labels'),
    onHeadNews: () => void passedOn.push('head news'),
    onStatus: () => void passedOn.push('status'),
  });
});

function turn(phase: Phase, source = 6, engine = 5): void {
  hooks.onTurn({
    before: SETTLED,
    state: { ...SETTLED, phase },
    observation: observation(engineView(A, engine), sourceView(A, source)),
    action: { do: 'wait', ms: 1 },
  });
}

const DIVERGENCE = { source: at(A, 9), engine: at(B, 9) };
const HELD: HoldReason = { kind: 'source-unavailable', error: new LockstepError('SOURCE_AUTH', { detail: 'canary' }) };

describe('readiness', () => {
  it('is there while the EL follows', () => {
    turn({ kind: 'following' });
    expect(health.ready()).toEqual({
      ok: true,
      body: {
        ...{ ready: true, state: 'following' },
        criteria: [
          { name: 'loop', ok: true, value: 0, limit: 120 },
          { name: 'state', ok: true, value: 'following', limit: 'following' },
          { name: 'source', ok: true, value: 0, limit: 30 },
          { name: 'engine', ok: true, value: 0, limit: 30 },
          { name: 'lag', ok: true, value: 1, limit: 15 },
          { name: 'progress', ok: true, value: 0, limit: 15 },
          { name: 'age', ok: true, value: 3, limit: null },
        ],
      },
    });
  });

  it.each<[string, Phase, string]>([
    ['starting', { kind: 'starting' }, 'starting'],
    ['syncing', { kind: 'syncing' }, 'syncing'],
    ['recovering', { kind: 'recovering', divergence: DIVERGENCE }, 'recovering'],
    ['holding', { kind: 'holding', reason: HELD }, 'source-unavailable'],
    [
      'halted',
      { kind: 'halted', error: new LockstepError('IDENTITY_CHAIN_ID', { detail: 'canary' }) },
      'IDENTITY_CHAIN_ID',
    ],
  ])('is not there while %s, with the reason in fixed words', (state, phase, reason) => {
    turn(phase);
    const { ok, body } = health.ready();
    expect({ ok, body }).toMatchObject({ ok: false, body: { ready: false, state, reason } });
    expect(JSON.stringify(body)).not.toContain('canary');
    expect(health.live().ok).toBe(true);
  });

  it('says what ends a hold', () => {
    turn({ kind: 'holding', reason: HELD });
    expect(health.ready().body).toMatchObject({ ends: expect.stringMatching(/^when /) as unknown });
  });

  it('is not there before the first turn', () => {
    expect(health.ready()).toMatchObject({ ok: false, body: { state: 'starting' } });
  });
});

const failing = (limits = {}): readonly string[] =>
  health.criteria(limits).flatMap(({ name, ok }) => (ok ? [] : [name]));

describe('the criteria of readiness', () => {
  it('are what the caller asks for, and the first that fails is the reason', () => {
    turn({ kind: 'following' }, 12);
    expect(failing()).toEqual([]);
    expect(failing({ maxLagBlocks: 7, maxAgeSeconds: 3 })).toEqual([]);
    expect(failing({ maxLagBlocks: 6, maxAgeSeconds: 2 })).toEqual(['lag', 'age']);
    expect(health.ready({ maxLagBlocks: 6 })).toMatchObject({ ok: false, body: { state: 'following', reason: 'lag' } });
  });

  it('end with an EL that stands still while the source goes on, also where the state says following (A6)', () => {
    turn({ kind: 'following' }, 6);
    for (const source of [7, 8, 9]) {
      nowMs += 6_000;
      turn({ kind: 'following' }, source);
    }
    expect(failing()).toEqual(['progress']);
    turn({ kind: 'following' }, 9, 7);
    expect(failing()).toEqual([]);
  });

  it('hold while the source stands still with the EL at its head', () => {
    turn({ kind: 'following' }, 5);
    nowMs += 29_000;
    expect(failing()).toEqual([]);
  });

  it('end when a side was not read for half a minute, and a block is a read of both', () => {
    turn({ kind: 'following' });
    nowMs += 30_000;
    hooks.onBlock({} as Parameters<FollowHooks['onBlock']>[0]);
    nowMs += 30_001;
    expect(failing()).toEqual(['progress']);
    nowMs += 100;
    expect(failing()).toEqual(['source', 'engine', 'progress']);
  });
});

describe('liveness', () => {
  it('has no limit before the first turn, which --boot-timeout bounds', () => {
    nowMs = 24 * 3_600_000;
    expect(health.live()).toEqual({ ok: true, body: { live: true, state: 'starting' } });
  });

  it('ends when the loop is silent for longer than its calls may take, and so does readiness', () => {
    turn({ kind: 'following' });
    nowMs = LIMIT_MS;
    expect(health.live().ok).toBe(true);
    nowMs += 1;
    const fields = { state: 'following', reason: 'loop-stalled', silentSeconds: 120, limitSeconds: 120 };
    expect(health.live()).toMatchObject({ ok: false, body: { live: false, ...fields } });
    expect(health.ready()).toMatchObject({ ok: false, body: { ready: false, ...fields } });
  });

  it('is renewed by a turn, an outcome and a block, which are all passed on', () => {
    const signs = [
      () => turn({ kind: 'syncing' }),
      () => hooks.onOutcome({ of: 'wait' }),
      () => hooks.onBlock({} as Parameters<FollowHooks['onBlock']>[0]),
    ];
    for (const sign of signs) {
      nowMs += LIMIT_MS;
      sign();
      expect(health.live().ok).toBe(true);
    }
    hooks.onLabels({ kind: 'pending' });
    expect(passedOn).toEqual(['turn', 'outcome', 'block', 'labels']);
  });

  it('waits for a minute even where calls are quick', () => {
    health = createHealth(() => nowMs, 100);
    health.watch(hooks).onOutcome({ of: 'wait' });
    nowMs = 60_000;
    expect(health.live().ok).toBe(true);
    nowMs += 1;
    expect(health.live().ok).toBe(false);
  });
});
