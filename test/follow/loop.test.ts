import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Turn } from '../../src/follow/state.js';
import { KEEP_ALIVE_MS, REFUSED_TTL_MS } from '../../src/follow/limits.js';
import { follow } from '../../src/follow/loop.js';
import { Orders } from '../../src/follow/orders.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { DEFAULT_RECOVERY_POLICY } from '../../src/follow/recovery-state.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow } from './blocks.js';
import { MemoryEngine } from './memory-engine.js';
import { MemorySource } from './memory-source.js';
import { clock } from './virtual-clock.js';

beforeAll(initKeccak);
beforeEach(() => clock.start());
afterEach(() => clock.stop());

const CHAIN = grow(null, 21, 'a');

/** The loop between a source with 5 blocks and an EL that stands at one of them. */
class Following {
  readonly source = new MemorySource(CHAIN.slice(0, 6));
  readonly engine: MemoryEngine;
  readonly stop = new AbortController();
  readonly orders = new Orders();
  readonly turns: Turn[] = [];
  readonly outcomes: string[] = [];
  readonly blocks: number[] = [];

  constructor(head: number) {
    this.engine = new MemoryEngine(CHAIN.slice(0, head + 1).map(({ ref }) => ref));
    this.source.safe = 3;
    this.source.finalized = 2;
  }

  run(): Promise<LockstepError | null> {
    return follow(
      {
        pollIntervalMs: 500,
        safetyIntervalMs: 1_000,
        limits: { maxBlocks: 8, maxBytes: 1_000_000, maxConcurrency: 4, blocksPerForkchoice: 4 },
        expected: { chainId: 10, genesis: CHAIN[0]!.ref },
        elSync: null,
        recovery: DEFAULT_RECOVERY_POLICY,
        recalled: null,
      },
      {
        source: this.source,
        consensus: null,
        feed: null,
        engine: this.engine,
        hooks: {
          onTurn: (turn) => void this.turns.push(turn),
          onOutcome: (outcome) => void this.outcomes.push(outcome.of),
          onBlock: (payload) => void this.blocks.push(payload.ref.number),
          onLabels: () => undefined,
          onPlanning: () => undefined,
          onHeadNews: () => undefined,
          onStatus: () => undefined,
        },
        orders: this.orders,
        now: () => clock.now(),
        random: () => 0,
      },
      this.stop.signal,
    );
  }

  get phase(): string | undefined {
    return this.turns.at(-1)?.state.phase.kind;
  }

  /** Stops the loop and gives what it came to. */
  async ended(running: Promise<LockstepError | null>): Promise<LockstepError | null> {
    this.stop.abort();
    const [result] = await Promise.all([running, clock.advance(1)]);
    return result;
  }
}

describe('the loop', () => {
  it('brings the EL to the head and the labels of the source, and keeps it there', async () => {
    const following = new Following(0);
    const running = following.run();
    await clock.advance(2_000);
    expect(following.engine.headsNow).toEqual({
      unsafe: CHAIN[5]!.ref,
      safe: CHAIN[3]!.ref,
      finalized: CHAIN[2]!.ref,
    });
    following.source.chain = CHAIN.slice(0, 9);
    following.source.safe = 6;
    await clock.advance(2_000);
    expect(following.engine.headsNow).toMatchObject({ unsafe: CHAIN[8]!.ref, safe: CHAIN[6]!.ref });
    expect(following.blocks).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(following.phase).toBe('following');
    expect(await following.ended(running)).toBeNull();
  });

  it('tells every turn, each from the state that the one before left', async () => {
    const following = new Following(3);
    const running = following.run();
    await clock.advance(3_000);
    await following.ended(running);
    expect(following.turns.length).toBeGreaterThan(5);
    following.turns.slice(1).forEach((turn, index) => expect(turn.before).toBe(following.turns[index]!.state));
    expect(new Set(following.outcomes)).toEqual(new Set(['wait', 'compare', 'forkchoice', 'extend']));
  });

  it('writes nothing while it is paused, not even a keep-alive, and proves both sides before it goes on', async () => {
    const following = new Following(0);
    const running = following.run();
    await clock.advance(2_000);
    following.orders.pause();
    await clock.advance(100);
    expect(following.turns.at(-1)!.state.phase).toEqual({ kind: 'holding', reason: { kind: 'paused' } });
    const written = following.engine.writes.length;
    following.source.chain = CHAIN.slice(0, 9);
    await clock.advance(10 * KEEP_ALIVE_MS);
    expect(following.engine.writes).toHaveLength(written);
    following.outcomes.length = 0;
    following.orders.resume();
    await clock.advance(2_000);
    await following.ended(running);
    expect(following.outcomes.filter((of) => of !== 'wait')[0]).toBe('identify');
    expect(following.engine.headsNow.unsafe).toEqual(CHAIN[8]!.ref);
    expect(following.phase).toBe('following');
  });

  it('says its own head first to an EL that has one', async () => {
    const following = new Following(3);
    const running = following.run();
    await clock.advance(2_000);
    await following.ended(running);
    expect(following.engine.writes[0]).toBe('fcu 3/3/2');
  });

  it('does not send an INVALID payload again before ten minutes are over', async () => {
    const following = new Following(2);
    const refusals: number[] = [];
    following.engine.beforeCall = (call) => {
      if (call !== 'np 4') return;
      refusals.push(clock.now());
      following.engine.payloadAnswers.set(4, {
        status: 'INVALID',
        latestValidHash: CHAIN[3]!.ref.hash,
        reason: 'bad',
        verdictOn: 'block',
      });
    };
    const running = following.run();
    await clock.advance(REFUSED_TTL_MS - 1_000);
    expect(refusals).toHaveLength(1);
    expect(following.turns.at(-1)!.state.phase).toMatchObject({ kind: 'holding', reason: { kind: 'payload-refused' } });
    await clock.advance(30_000);
    await following.ended(running);
    expect(refusals).toHaveLength(2);
    expect(refusals[1]! - refusals[0]!).toBeGreaterThanOrEqual(REFUSED_TTL_MS);
    expect(following.engine.headsNow.unsafe).toEqual(CHAIN[3]!.ref);
  });

  it('repeats the forkchoice so that the EL does not take it for gone', async () => {
    const following = new Following(5);
    const running = following.run();
    await clock.advance(5_000);
    const before = following.engine.writes.length;
    await clock.advance(60_000);
    await following.ended(running);
    expect(following.engine.writes.slice(before)).toEqual(['fcu 5/3/2']);
  });
});

describe('the loop ends', () => {
  it('when it is stopped in a wait, and then touches neither side', async () => {
    const following = new Following(0);
    const running = following.run();
    await clock.advance(5_000);
    expect(await following.ended(running)).toBeNull();
    following.engine.writes.length = 0;
    following.source.calls.length = 0;
    await clock.advance(120_000);
    expect([following.engine.writes, following.source.calls]).toEqual([[], []]);
  });

  it('when it is stopped before it began, without a look at either side', async () => {
    const following = new Following(0);
    following.stop.abort();
    expect(await following.run()).toBeNull();
    expect(following.engine.writes).toEqual([]);
  });

  it('when it is stopped during a payload, after that call and before the next', async () => {
    const following = new Following(0);
    following.engine.beforeCall = (call) => {
      if (call === 'np 3') following.stop.abort();
    };
    const [result] = await Promise.all([following.run(), clock.advance(2_000)]);
    expect(result).toBeNull();
    expect(following.engine.writes.at(-1)).toBe('np 3');
  });

  it('with the error of a halt', async () => {
    const following = new Following(5);
    const running = following.run();
    await clock.advance(2_000);
    following.engine.chainIdNow = 11;
    following.engine.beforeCall = () => {
      throw new LockstepError('ENGINE_UNREACHABLE');
    };
    await clock.advance(1_500);
    following.engine.beforeCall = () => undefined;
    const writes = following.engine.writes.length;
    const [error] = await Promise.all([running, clock.advance(10_000)]);
    expect(error).toMatchObject({ code: 'IDENTITY_CHAIN_ID', exitCode: 76 });
    expect(following.phase).toBe('halted');
    expect(following.engine.writes).toHaveLength(writes);
  });

  it.each([
    ['the engine', (following: Following) => (following.engine.heads = () => Promise.reject(new TypeError('oops')))],
    ['the source', (following: Following) => (following.source.head = () => Promise.reject(new TypeError('oops')))],
  ])('with the error of a bug in %s', async (_where, plant) => {
    const following = new Following(2);
    plant(following);
    const ending = expect(following.run()).rejects.toMatchObject({ code: 'INTERNAL' });
    await clock.advance(2_000);
    await ending;
    following.source.calls.length = 0;
    await clock.advance(10_000);
    expect(following.source.calls).toEqual([]);
  });
});
