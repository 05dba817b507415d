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
  health = createHealth(() => nowMs, CALL_TIMEOUT_MS);
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

function turn(phase: Phase): void {
  hooks.onTurn({
    before: SETTLED,
    state: { ...SETTLED, phase },
    observation: observation(engineView(A, 5), sourceView(A, 9)),
    action: { do: 'wait', ms: 1 },
  });
}

const DIVERGENCE = { source: at(A, 9), engine: at(B, 9) };
const HELD: HoldReason = { kind: 'source-unavailable', error: new LockstepError('SOURCE_AUTH', { detail: 'canary' }) };

describe('readiness', () => {
  it('is there while the EL follows', () => {
    turn({ kind: 'following' });
    expect(health.ready()).toEqual({ ok: true, body: { ready: true, state: 'following' } });
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
