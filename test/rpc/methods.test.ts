import { afterEach, describe, expect, it } from '@jest/globals';
import { RPC_METHODS } from '../../src/rpc/methods.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, engineView, observation, SETTLED, sourceView } from '../follow/examples.js';
import { closeAll, type RpcRig, startRpcRig } from './fixture.js';

afterEach(closeAll);

const ADMIN = RPC_METHODS.filter(({ isAdmin }) => isAdmin).map(({ name }) => name);

describe('a method of op-node that has an honest answer', () => {
  it.each([
    ['optimism_version', 'lockstep/v1.2.3'],
    ['health_status', '1.2.3'],
    ['rpc_modules', { optimism: '1.0', opp2p: '1.0', health: '1.0', rpc: '1.0', follow: '1.0' }],
    [
      'opp2p_peerStats',
      {
        ...{ connected: 0, table: 0, blocksTopic: 0, blocksTopicV2: 0, blocksTopicV3: 0, blocksTopicV4: 0 },
        ...{ banned: 0, known: 0 },
      },
    ],
  ])('%s gives it', async (method, answer) => {
    const { call } = await startRpcRig();
    expect(await call(method)).toEqual(answer);
  });

  it.each(['opp2p_self', 'opp2p_peers', 'optimism_dependencySet', 'eth_chainId', 'engine_newPayloadV4', '__proto__'])(
    'is not %s, which does not exist',
    async (method) => {
      const { refused } = await startRpcRig();
      expect(await refused(method)).toMatchObject({ code: -32601 });
    },
  );
});

describe('an admin method', () => {
  it.each(ADMIN)('does not exist without --rpc.enable-admin: %s', async (method) => {
    const { refused, ordered } = await startRpcRig();
    expect(await refused(method)).toMatchObject({ code: -32601 });
    expect(ordered).toEqual([]);
  });

  it('orders what its name says', async () => {
    const { call, ordered } = await startRpcRig({ admin: true });
    for (const method of ['follow_pause', 'follow_resume', 'follow_recheck', 'admin_resetDerivationPipeline']) {
      expect(await call(method)).toBeNull();
    }
    expect(await call('admin_setLogLevel', ['debug'])).toBeNull();
    expect(ordered).toEqual(['pause', 'resume', 'recheck', 'recheck', 'debug']);
  });

  it('says that this is no sequencer and has no conductor', async () => {
    const { call } = await startRpcRig({ admin: true });
    expect(await call('admin_sequencerActive')).toBe(false);
    expect(await call('admin_conductorEnabled')).toBe(false);
  });

  it.each([
    ['admin_startSequencer', [`0x${'ab'.repeat(32)}`]],
    ['admin_stopSequencer', []],
    ['admin_overrideLeader', []],
    ['admin_postUnsafePayload', [{ executionPayload: {} }]],
  ])('is refused where it asks for a sequencer: %s', async (method, params) => {
    const { refused } = await startRpcRig({ admin: true });
    expect(await refused(method, params)).toMatchObject({ code: -32004, data: { reason: 'not-a-sequencer' } });
  });

  it.each([[[]], [['loud']], [[7]], [[['info']]]])('is refused for a level that does not exist: %j', async (params) => {
    const { refused, ordered } = await startRpcRig({ admin: true });
    expect(await refused('admin_setLogLevel', params)).toMatchObject({ code: -32602 });
    expect(ordered).toEqual([]);
  });
});

const HOLDING = {
  kind: 'holding',
  reason: {
    kind: 'source-unavailable',
    error: new LockstepError('SOURCE_TIMEOUT', { detail: 'http://source.example' }),
  },
} as const;

/** A turn of the loop that ends in this phase. */
function turn({ hooks }: RpcRig, change: Partial<typeof SETTLED>): void {
  const before = { ...SETTLED, phase: { kind: 'following' } as const };
  hooks.onTurn({
    before,
    state: { ...before, ...change },
    observation: observation(engineView(A, 5, { safe: at(A, 3), finalized: null }), sourceView(A, 9)),
    action: { do: 'wait', ms: 1 },
  });
}

describe('follow_status', () => {
  it('has no sides before the first turn', async () => {
    const { call } = await startRpcRig();
    expect(await call('follow_status')).toMatchObject({ state: 'starting', ready: false, source: null, local: null });
  });

  it('has both sides, the state, why, and what ends it', async () => {
    const rig = await startRpcRig();
    turn(rig, { phase: HOLDING });
    rig.advance(7_000);
    expect(await rig.call('follow_status')).toMatchObject({
      ...{ version: '1.2.3', state: 'holding', ready: false, reason: 'source-unavailable', stateSeconds: 7 },
      ends: expect.stringContaining('when it answers again'),
      error: { code: 'SOURCE_TIMEOUT', fix: expect.any(String) },
      local: { unsafe: at(A, 5), safe: at(A, 3), finalized: null },
      source: { unsafe: at(A, 9), safe: null, finalized: null },
      ...{ lagBlocks: 4, elSession: 1, lastEvent: 1 },
    });
  });
});

describe('follow_events', () => {
  it('has what happened, oldest first, numbered from 1', async () => {
    const rig = await startRpcRig();
    turn(rig, { phase: HOLDING });
    turn(rig, { session: { ...SETTLED.session, id: 2 } });
    expect(await rig.call('follow_events')).toEqual({
      events: [
        {
          ...{ seq: 1, timeMs: 1_700_000_000_000, event: 'state' },
          facts: expect.objectContaining({ from: 'following', to: 'holding', reason: 'source-unavailable' }),
        },
        { seq: 2, timeMs: 1_700_000_000_000, event: 'el-session', facts: { session: 2 } },
      ],
      missed: 0,
    });
  });

  it('has those after a number, no more than asked for, and tells how many are no longer kept', async () => {
    const rig = await startRpcRig();
    for (let id = 2; id <= 7; id++) turn(rig, { session: { ...SETTLED.session, id } });
    const seqs = async (...params: number[]): Promise<unknown> => {
      const { events, missed } = (await rig.call('follow_events', params)) as {
        events: readonly { seq: number }[];
        missed: number;
      };
      return [events.map(({ seq }) => seq), missed];
    };
    expect(await seqs()).toEqual([[3, 4, 5, 6], 2]);
    expect(await seqs(4)).toEqual([[5, 6], 0]);
    expect(await seqs(0, 1)).toEqual([[3], 2]);
    expect(await seqs(6)).toEqual([[], 0]);
  });

  it.each([[['0']], [[-1]], [[1.5]], [[0, 0]], [[0, 101]], [[0, 1, 1]]])('is refused for %j', async (params) => {
    const { refused } = await startRpcRig();
    expect(await refused('follow_events', params)).toMatchObject({ code: -32602 });
  });

  it('tells of a head that was taken back, and of a forkchoice that was not done', async () => {
    const rig = await startRpcRig();
    turn(rig, { phase: HOLDING });
    const before = { ...SETTLED, standing: at(A, 8) };
    const seen = observation(engineView(A, 5), sourceView(A, 9));
    rig.hooks.onTurn({ before, state: before, observation: seen, action: { do: 'wait', ms: 1 } });
    rig.hooks.onOutcome({ of: 'forkchoice', effect: 'unmoved', answer: { status: 'VALID' } });
    const { events } = (await rig.call('follow_events', [1])) as { events: unknown };
    expect(events).toMatchObject([
      { event: 'reorg', facts: { from: 8, to: 5 } },
      { event: 'not-applied', facts: { answer: 'VALID', effect: 'unmoved' } },
    ]);
  });
});
