import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FollowHooks, Phase } from '../../../src/follow/state.js';
import type { Payload } from '../../../src/payload/payload.js';
import { EventLog } from '../../../src/status/event-log.js';
import { FollowView } from '../../../src/status/follow-view.js';
import { createHealth } from '../../../src/status/health.js';
import { Calls } from '../../../src/status/live/calls.js';
import { LiveView } from '../../../src/status/live/live-view.js';
import { ProgressTracker } from '../../../src/status/progress.js';
import type { OnCall } from '../../../src/util/call-report.js';
import { A, at, engineView, labels, observation, SETTLED, sourceView } from '../../follow/examples.js';

let nowMs: number;
let live: LiveView;
let hooks: FollowHooks;
let engineCall: OnCall;

beforeEach(() => {
  nowMs = 0;
  const [now, wallNow] = [() => nowMs, () => at(A, 20).timestamp * 1_000 + nowMs];
  const events = new EventLog(256, wallNow);
  const progress = new ProgressTracker(now);
  const health = createHealth(now, 1_000, wallNow);
  const lastEvent = (): number => events.lastSeq;
  const follow = new FollowView({ version: '1.2.3', progress, health, shadow: null, now, lastEvent });
  const side = { url: 'http://127.0.0.1:1' };
  const calls = new Calls({ source: side, engine: side, consensus: null, headFeed: null }, wallNow);
  live = new LiveView({ follow, events, health, calls, now, wallNow });
  const nothing = (): void => undefined;
  engineCall = calls.counted('engine', nothing);
  const inner = { onOutcome: nothing, onPlanning: nothing, onBlock: nothing, onLabels: nothing };
  const others = { ...inner, onHeadNews: nothing, onStatus: nothing };
  const told = health.watch({ ...others, onTurn: (turn) => progress.turn(turn) });
  hooks = follow.watch(events.watch(live.watch(told)));
});

function turn(afterMs: number, phase: Phase = { kind: 'following' }, engine = 18): void {
  nowMs += afterMs;
  const source = { ...sourceView(A, 20), labels: labels(A, 15, 10) };
  hooks.onTurn({
    before: SETTLED,
    state: { ...SETTLED, phase },
    observation: observation(engineView(A, engine, labels(A, 12, 10)), source),
    action: { do: 'wait', ms: 1 },
  });
}

describe('the live view', () => {
  it('is told in the same words as the terminal, with what readiness is made of', () => {
    turn(0);
    expect(live.whole()).toMatchObject({
      sentence: 'Following: 2 blocks behind the source.',
      rungs: [{ note: '2 behind' }, { note: '3 behind' }, { match: 'same' }],
      checks: expect.arrayContaining([
        { name: 'lag', ok: true, value: 2, limit: 15, meaning: expect.stringContaining('blocks behind') as unknown },
      ]) as unknown,
      connections: [{ name: 'source' }, { name: 'EL' }],
      resolutions: [{ stepSeconds: 1 }, { stepSeconds: 10 }, { stepSeconds: 60 }],
    });
  });

  it('keeps the lag of each label, and the slowest calls and blocks of each second', () => {
    turn(1_000);
    for (const ms of [30, 80, 20]) engineCall({ method: 'engine_newPayloadV4', ms, error: null });
    hooks.onBlock({ ref: at(A, 19), transactionCount: 0 } as Payload);
    turn(500);
    turn(500);
    turn(1_000);
    const [, second] = live.whole().points[0] ?? [];
    // The block is 2 s old when the chain's clock stands at block 20, and one second more has passed.
    expect(second?.slice(1)).toEqual([2, 3, 0, 3_000, 80, null, 0]);
  });

  it('says nothing of the age of blocks that are caught up with', () => {
    turn(1_000, { kind: 'syncing' });
    hooks.onBlock({ ref: at(A, 5), transactionCount: 0 } as Payload);
    turn(1_000);
    turn(1_000);
    expect(live.whole().points[0]?.map((point) => point[4])).toEqual([null, null]);
  });

  it('tells what is new once, to each who asks from a time of their own', () => {
    turn(1_000, { kind: 'syncing' });
    const next = live.ticker();
    expect(next()).toMatchObject({ events: [], points: [[], [], []] });
    turn(1_000, { kind: 'syncing' });
    turn(1_000, { kind: 'syncing' });
    const [first, second] = [next(), next()];
    expect(first.events.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(first.points[0]).toHaveLength(2);
    expect([second.events, second.points[0]]).toEqual([[], []]);
    expect(live.whole().events).toHaveLength(3);
  });
});
