import { describe, expect, it } from '@jest/globals';
import { decide } from '../../src/follow/decide.js';
import { elSyncPolicy, EL_SYNC_NUDGE_MS, EL_SYNC_REAIM_MS } from '../../src/follow/limits.js';
import type { ExtendStop, Outcome } from '../../src/follow/action.js';
import type { ElSync } from '../../src/follow/el-sync-state.js';
import type { Observation, State } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, engineView, failed, labels, NOW, observation, POLICY } from './examples.js';
import { RUNNING, seen, SETTLED, sourceView, SYNCING } from './examples.js';

const IDLE: ElSync = { policy: POLICY, stage: 'idle' };
const LEFT: State = { ...SETTLED, elSync: IDLE };
const RUNS: State = { ...SETTLED, phase: { kind: 'syncing' }, elSync: RUNNING };
const FRESH: State = { ...RUNS, elSync: { ...RUNNING, started: false } };

function sides(head: number, source: number, outcome: Outcome | null = null): Observation {
  return observation(engineView(A, head), sourceView(A, source), outcome);
}

function busy(head: number, source: number): Observation {
  return observation(engineView(A, head, undefined, { syncing: SYNCING }), sourceView(A, source));
}

function aimed(stop: ExtendStop | { why: 'aimed'; peers: number | null }): Outcome {
  return { of: 'el-sync', from: at(A, 5), target: at(A, 7), stop };
}

const turn = (state: State, seen: Observation, afterMs = 0) => decide(state, seen, { now: NOW + afterMs, random: 0 });

describe('an EL sync begins', () => {
  it('from its gap on, and not below it', () => {
    expect(turn(LEFT, sides(5, 6)).action.do).toBe('extend');
    expect(turn(LEFT, sides(5, 7)).action).toEqual({ do: 'el-sync', from: at(A, 5), target: at(A, 7) });
  });

  it('never where blocks are to be replayed', () => {
    expect(turn(SETTLED, sides(5, 20)).action.do).toBe('extend');
  });

  it('only after the head of the EL was found on the source', () => {
    const unseen = { ...LEFT, session: { ...LEFT.session, compared: false } };
    expect(turn(unseen, sides(5, 20)).action).toMatchObject({ do: 'compare', height: 5 });
  });

  it('not on another branch than the source', () => {
    const other = observation(engineView(B, 5), sourceView(A, 20));
    const suspicion = { height: 5, seen: 2, divergence: { source: at(A, 5), engine: at(B, 5) } };
    expect(turn({ ...LEFT, suspicion }, other).action.do).toBe('plan');
  });

  it('with an EL that is in the middle of one, and without a probe that would disturb it', () => {
    const restarted = { ...LEFT, lastForkchoiceAt: null, session: { ...LEFT.session, primed: false } };
    expect(turn(restarted, busy(5, 20)).action.do).toBe('el-sync');
    const unread: Observation = { ...busy(5, 20), source: { kind: 'pending' } };
    expect(turn(restarted, unread).action.do).toBe('wait');
  });
});

describe('an EL that was pointed at a block', () => {
  it('is left alone, and has to prove its head again afterwards', () => {
    const { state, action } = turn(LEFT, sides(5, 7, aimed({ why: 'aimed', peers: 3 })));
    expect(action).toMatchObject({ do: 'wait' });
    expect(state).toMatchObject({
      phase: { kind: 'syncing' },
      session: { compared: false, primed: false },
      elSync: { stage: 'running', target: at(A, 7), started: false, at: 5, peers: 3 },
      trouble: null,
    });
  });

  it('has begun when it says so or stands higher', () => {
    expect(turn(FRESH, busy(5, 7)).state.elSync).toMatchObject({ started: true, movedAt: NOW });
    expect(turn(FRESH, sides(6, 7)).state.elSync).toMatchObject({ started: true, at: 6, by: 'latest' });
    expect(turn(FRESH, sides(5, 7)).state.elSync).toMatchObject({ started: false });
  });

  it('shows where it is by its head, or by what it says of its sync where that is higher', () => {
    const further = { ...SYNCING, at: 6, work: 6 };
    const ahead = observation(engineView(A, 5, undefined, { syncing: further }), sourceView(A, 7));
    expect(turn(RUNS, ahead).state.elSync).toMatchObject({ at: 6, by: 'eth_syncing', movedAt: NOW });
  });

  it('is done when it stands at the target: then its head is compared and named, and the rest is replayed', () => {
    const proved = { ...RUNS, session: { ...RUNS.session, compared: false, primed: false } };
    const done = turn(proved, sides(7, 8));
    expect(done.state.elSync).toEqual(IDLE);
    expect(done.action).toMatchObject({ do: 'compare', height: 7 });
    const agreed = { of: 'compare', height: 7, source: at(A, 7), engine: at(A, 7) } as const;
    const named = turn(done.state, sides(7, 8, agreed));
    expect(named.action).toMatchObject({ do: 'forkchoice', why: 'prime', forkchoice: { head: at(A, 7) } });
    const moved = { of: 'forkchoice', effect: 'moved', answer: { status: 'VALID' } } as const;
    expect(turn(named.state, sides(7, 8, moved)).action).toMatchObject({ do: 'extend', from: at(A, 7), to: at(A, 8) });
  });

  it('is not believed at its target before its block there was compared', () => {
    const proved = { ...RUNS, session: { ...RUNS.session, compared: false, primed: false } };
    const aside = observation(engineView(B, 7), sourceView(A, 7));
    expect(turn(proved, aside).action).toMatchObject({ do: 'compare', height: 7 });
  });

  it('is pointed at a newer head now and then, and at once again where nothing has begun', () => {
    const later = EL_SYNC_REAIM_MS - 1_000;
    const moving = (state: State, afterMs: number, head = 5) => {
      const steady = { ...RUNNING, ...state.elSync, movedAt: NOW + afterMs } as ElSync;
      return turn({ ...state, elSync: steady }, sides(head, 9), afterMs).action;
    };
    expect(moving(RUNS, later - 1).do).toBe('wait');
    expect(moving(RUNS, later)).toEqual({ do: 'el-sync', from: at(A, 5), target: at(A, 9) });
    expect(moving(FRESH, EL_SYNC_NUDGE_MS - 1_001).do).toBe('wait');
    expect(moving(FRESH, EL_SYNC_NUDGE_MS - 1_000).do).toBe('el-sync');
  });

  it('gets neither a probe nor a keep-alive', () => {
    const late = { ...RUNS, lastForkchoiceAt: null, session: { ...RUNS.session, primed: false } };
    expect(turn(late, busy(5, 7)).action.do).toBe('wait');
    expect(turn(late, { ...busy(5, 7), source: failed('SOURCE_TIMEOUT') }).action.do).toBe('wait');
  });
});

describe('an EL sync as the last way of a recovery', () => {
  it('goes on where the head of the EL comes down to the ancestor, and has to show that', () => {
    const running: State = { ...RUNS, standing: at(A, 9), elSync: { ...RUNNING, target: at(A, 12), ancestor: 4 } };
    const down = turn(running, sides(4, 20));
    // It may have restarted all the same, so it proves its identity.
    expect(down.state).toMatchObject({ session: { id: 2 }, elSync: { stage: 'running', started: false } });
    expect(down.action.do).toBe('identify');
    const proved = turn(down.state, sides(5, 20, { of: 'identify', result: 'same' }));
    expect(proved.state.elSync).toMatchObject({ stage: 'running', started: true, work: { head: 5 } });
    expect(proved.action.do).toBe('wait');
    expect(turn(running, sides(3, 20)).state.elSync).toMatchObject({ stage: 'idle' });
    const other: State = { ...running, elSync: { ...RUNNING, target: at(A, 12) } };
    expect(turn(other, sides(6, 20)).state.elSync).toMatchObject({ stage: 'idle' });
  });

  it('leaves nothing suspected of the branch that it is to leave, and begins the pause between two recoveries', () => {
    const plan = { id: 3, ancestor: at(A, 3), blocks: A.slice(4, 8), engineHead: at(B, 5), replaced: at(B, 4) };
    const recovery: State['recovery'] = {
      stage: 'climbing',
      plan,
      rungs: ['el-sync'],
      tried: [],
      unknowns: 0,
      advice: null,
    };
    const suspicion = { height: 5, seen: 2, divergence: { source: at(A, 5), engine: at(B, 5) } };
    const outcome: Outcome = { of: 'el-sync', from: at(A, 3), target: at(A, 7), stop: { why: 'aimed', peers: 1 } };
    const { state } = turn(
      { ...LEFT, standing: at(B, 5), recovery, suspicion },
      observation(engineView(B, 5), sourceView(A, 9), outcome),
    );
    expect(state).toMatchObject({ suspicion: null, recovery: null, elSync: { stage: 'running', ancestor: 3 } });
    expect(state.pace).toMatchObject({ movedBy: 3, notBefore: expect.any(Number) });
  });
});

describe('an EL sync is given up', () => {
  const rest = { ignoreSyncing: true };

  it('when it does not begin in time', () => {
    expect(turn(FRESH, sides(5, 7), POLICY.startMs - 1_001).action.do).toBe('wait');
    const { state, action } = turn(FRESH, sides(5, 7), POLICY.startMs - 1_000);
    expect(state).toMatchObject({ session: rest, elSync: { stage: 'given-up', why: 'not-started', at: 5, peers: 1 } });
    expect(action.do).toBe('extend');
  });

  it('when it shows no progress for too long, although it says that it syncs', () => {
    expect(turn(RUNS, busy(5, 7), POLICY.stallMs - 1_001).action.do).toBe('wait');
    const { state, action } = turn(RUNS, busy(5, 7), POLICY.stallMs - 1_000);
    expect(state).toMatchObject({ session: rest, elSync: { stage: 'given-up', why: 'stalled', at: 5 } });
    expect(action.do).toBe('extend');
  });

  it('when the EL refuses the target, which is no reason to refuse its blocks', () => {
    const answer = { status: 'INVALID', latestValidHash: null, reason: 'bad', verdictOn: 'block' } as const;
    const { state, action } = turn(LEFT, sides(5, 7, aimed({ why: 'payload-answer', block: at(A, 7), answer })));
    expect(state).toMatchObject({
      trouble: null,
      elSync: { why: 'refused', answer: expect.stringContaining('INVALID') },
    });
    expect(state.refused.size).toBe(0);
    expect(action.do).toBe('extend');
  });

  it('for the rest of the session, and not for the next one', () => {
    const gone = turn(FRESH, sides(5, 7), POLICY.startMs).state;
    expect(turn(gone, sides(5, 20), POLICY.startMs).action.do).toBe('extend');
    const next = turn(gone, { ...sides(5, 20), engine: failed('ENGINE_UNREACHABLE') }).state;
    expect(next.elSync).toEqual(IDLE);
  });

  it('not for time in which the EL could not be read', () => {
    const blind = turn(RUNS, { ...sides(5, 7), engine: failed('ENGINE_TIMEOUT') }, 60_000).state;
    expect(turn(blind, busy(5, 7), 60_000).state.elSync).toMatchObject({ stage: 'running' });
  });
});

describe('an EL that could not be pointed at a block', () => {
  const timeout = new LockstepError('ENGINE_TIMEOUT');

  it('because the source failed, is tried again after a pause', () => {
    const error = new LockstepError('SOURCE_TIMEOUT');
    const { state } = turn(LEFT, sides(5, 7, aimed({ why: 'source-failed', error })));
    expect(state).toMatchObject({ elSync: IDLE, trouble: { key: 'source', count: 1 } });
  });

  it('because the ends of the gap are not on the chain of the source, is compared first', () => {
    const { state } = turn(RUNS, sides(5, 7, aimed({ why: 'unlinked', number: 7 })));
    expect(state).toMatchObject({ elSync: IDLE, suspicion: { height: 5 } });
  });

  it('as far as one knows, is watched: it may have taken the forkchoice whose answer was lost', () => {
    const answer = { status: 'UNKNOWN', error: timeout } as const;
    const lost = aimed({ why: 'forkchoice-answer', block: at(A, 7), answer, effect: 'unmoved' });
    const { state } = turn(LEFT, sides(5, 7, lost));
    expect(state).toMatchObject({ elSync: { stage: 'running' }, unsettled: { error: timeout } });
  });
});

describe('the limits of an EL sync', () => {
  it('leave a sync that does not begin no longer than one that stalls', () => {
    expect(elSyncPolicy(120_000)).toEqual({ gapBlocks: 64, startMs: 30_000, stallMs: 120_000 });
    expect(elSyncPolicy(5_000)).toMatchObject({ startMs: 5_000, stallMs: 5_000 });
  });
});

describe('a successful EL sync', () => {
  it('lets labels move only once the EL stands there', () => {
    const view = observation(engineView(A, 7, labels(A, 3, 2)), sourceView(A, 7, labels(A, 6, 5)));
    const proved = { ...RUNS, session: { ...RUNS.session, compared: false, primed: false } };
    expect(seen(view).kind).toBe('seen');
    const { action } = turn(proved, view);
    expect(action).toMatchObject({ do: 'forkchoice', forkchoice: { head: at(A, 7), labels: labels(A, 6, 5) } });
  });
});
