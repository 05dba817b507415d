import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { forkchoice } from '../../src/chain/forkchoice.js';
import { act, type ActDeps } from '../../src/follow/act.js';
import type { Action, Outcome } from '../../src/follow/action.js';
import { FetchWindow } from '../../src/follow/fetch-window.js';
import { DEFAULT_RECOVERY_POLICY } from '../../src/follow/recovery-state.js';
import { PlannedPayloads } from '../../src/follow/planned-payloads.js';
import { LockstepError } from '../../src/util/errors.js';
import { makeBlock, grow } from './blocks.js';
import { A, at, labels } from './examples.js';
import { MemoryConsensus } from './memory-consensus.js';
import { MemoryEngine } from './memory-engine.js';
import { MemorySource } from './memory-source.js';
import { clock } from './virtual-clock.js';

beforeEach(() => clock.start());
afterEach(() => clock.stop());

const CHAIN = grow(null, 9, 'a');
const GENESIS = CHAIN[0]!.ref;

class Hands {
  readonly source = new MemorySource(CHAIN);
  readonly engine = new MemoryEngine(CHAIN.slice(0, 6).map(({ ref }) => ref));
  consensus: MemoryConsensus | null = null;
  readonly stop = new AbortController();
  readonly idled: number[] = [];

  /** The outcome, a moment later. */
  async soon(action: Exclude<Action, { do: 'halt' }>): Promise<Outcome> {
    const [outcome] = await Promise.all([this.do(action), clock.advance(1)]);
    return outcome;
  }

  do(action: Exclude<Action, { do: 'halt' }>): Promise<Outcome> {
    const deps: ActDeps = {
      source: this.source,
      consensus: this.consensus,
      engine: this.engine,
      expected: { chainId: 10, genesis: GENESIS },
      sourceLabels: () => null,
      isRefused: () => false,
      isOrdered: () => false,
      onBlock: () => undefined,
      onApplied: () => undefined,
      onPlanning: () => undefined,
      payloads: new PlannedPayloads(1_000_000),
      recoveryPolicy: DEFAULT_RECOVERY_POLICY,
      limits: { maxBlocks: 8, maxBytes: 1_000_000, blocksPerForkchoice: 4 },
      window: new FetchWindow(4),
      now: () => 0,
      idle: (ms) => {
        this.idled.push(ms);
        return Promise.resolve();
      },
    };
    return act(action, deps, this.stop.signal);
  }
}

describe('a wait', () => {
  it('lasts as long as it says, unless there is news', async () => {
    const hands = new Hands();
    expect(await hands.do({ do: 'wait', ms: 250 })).toEqual({ of: 'wait' });
    expect(hands.idled).toEqual([250]);
  });
});

describe('a proof of identity', () => {
  const identify = { do: 'identify' } as const;

  it('asks both sides for chain id and genesis', async () => {
    const hands = new Hands();
    expect(await hands.do(identify)).toEqual({ of: 'identify', result: 'same' });
    expect(hands.source.calls).toEqual(['chainId', 'ref 0']);
    expect(hands.engine.writes).toEqual([]);
  });

  it.each([
    ['the EL has another chain id', 'IDENTITY_CHAIN_ID', (hands: Hands) => void (hands.engine.chainIdNow = 11)],
    ['the source has another chain id', 'IDENTITY_CHAIN_ID', (hands: Hands) => void (hands.source.chainIdNow = 11)],
    [
      'the source has another genesis',
      'IDENTITY_GENESIS',
      (hands: Hands) => void (hands.source.chain = [makeBlock(null, 'other')]),
    ],
    [
      'the EL has another genesis',
      'IDENTITY_GENESIS',
      (hands: Hands) => {
        const other = new MemoryEngine([makeBlock(null, 'other').ref]);
        hands.engine.identify = () => other.identify();
      },
    ],
  ])('fails for good when %s', async (_what, code, change) => {
    const hands = new Hands();
    change(hands);
    expect(await hands.do(identify)).toMatchObject({ of: 'identify', result: 'different', error: { code } });
  });

  it.each([{ kind: 'absent' } as const, { kind: 'pruned', detail: 'gone' } as const])(
    'does without the genesis of a source that does not serve it: %j',
    async (answer) => {
      const hands = new Hands();
      hands.source.meddleRef = () => answer;
      expect(await hands.do(identify)).toMatchObject({ result: 'same' });
      hands.source.chainIdNow = 11;
      expect(await hands.do(identify)).toMatchObject({ result: 'different' });
    },
  );

  it.each([
    ['chain id', 'IDENTITY_CHAIN_ID', { chainId: 11, genesis: { number: 0, hash: GENESIS.hash }, config: {} }],
    ['first block', 'IDENTITY_GENESIS', { chainId: 10, genesis: { number: 3, hash: GENESIS.hash }, config: {} }],
  ])('fails for good when the consensus client of the source has another %s', async (_what, code, tells) => {
    const hands = new Hands();
    hands.consensus = new MemoryConsensus(CHAIN);
    expect(await hands.do(identify)).toMatchObject({ result: 'same' });
    hands.consensus.tells = tells;
    expect(await hands.do(identify)).toMatchObject({ of: 'identify', result: 'different', error: { code } });
  });

  it.each([
    ['does not tell its chain', null],
    [
      'begins with a block that the source no longer has',
      { chainId: 10, genesis: { number: 99, hash: GENESIS.hash }, config: {} },
    ],
  ])('does without a consensus client that %s', async (_what, tells) => {
    const hands = new Hands();
    hands.consensus = new MemoryConsensus(CHAIN);
    hands.consensus.tells = tells;
    expect(await hands.do(identify)).toMatchObject({ result: 'same' });
  });

  it('names the side that could not be asked', async () => {
    const hands = new Hands();
    hands.source.beforeRead = () => {
      throw new LockstepError('SOURCE_TIMEOUT');
    };
    expect(await hands.do(identify)).toMatchObject({ result: 'source-failed', error: { code: 'SOURCE_TIMEOUT' } });
    hands.engine.beforeCall = () => {
      throw new LockstepError('ENGINE_AUTH');
    };
    expect(await hands.do(identify)).toMatchObject({ result: 'engine-failed', error: { code: 'ENGINE_AUTH' } });
  });
});

describe('a comparison', () => {
  it('reads both sides at one height', async () => {
    const hands = new Hands();
    hands.source.chain = [...CHAIN.slice(0, 3), ...grow(CHAIN[2]!.ref, 4, 'b')];
    const outcome = await hands.soon({ do: 'compare', height: 4, ms: 0 });
    expect(outcome).toEqual({ of: 'compare', height: 4, source: hands.source.chain[4]!.ref, engine: CHAIN[4]!.ref });
  });

  it('tells a block that is not there by null', async () => {
    const hands = new Hands();
    hands.source.meddleRef = () => ({ kind: 'pruned', detail: 'gone' });
    expect(await hands.soon({ do: 'compare', height: 4, ms: 0 })).toMatchObject({
      source: null,
      engine: CHAIN[4]!.ref,
    });
    hands.source.meddleRef = () => undefined;
    expect(await hands.soon({ do: 'compare', height: 7, ms: 0 })).toMatchObject({
      source: CHAIN[7]!.ref,
      engine: null,
    });
  });

  it('reads only after its pause', async () => {
    const hands = new Hands();
    const comparing = hands.do({ do: 'compare', height: 4, ms: 500 });
    await clock.advance(499);
    expect(hands.source.calls).toEqual([]);
    await clock.advance(1);
    expect(await comparing).toMatchObject({ of: 'compare', height: 4 });
  });

  it('that fails on a side is an outcome', async () => {
    const hands = new Hands();
    hands.source.meddleRef = () => Promise.reject(new LockstepError('SOURCE_THROTTLED'));
    const outcome = await hands.soon({ do: 'compare', height: 4, ms: 0 });
    expect(outcome).toMatchObject({ of: 'compare', height: 4, error: { code: 'SOURCE_THROTTLED' } });
  });
});

describe('a forkchoice', () => {
  it('is applied, and its effect and answer are the outcome', async () => {
    const hands = new Hands();
    const fc = forkchoice(at(A, 5), labels(A, 3, 2));
    const outcome = await hands.do({ do: 'forkchoice', forkchoice: fc, why: 'promote' });
    expect(outcome).toEqual({ of: 'forkchoice', effect: 'moved', answer: { status: 'VALID' } });
    expect(hands.engine.writes).toEqual(['fcu 5/3/2']);
  });
});

describe('a stop', () => {
  it('ends the pause before a comparison', async () => {
    const hands = new Hands();
    const comparing = hands.do({ do: 'compare', height: 4, ms: 500 });
    hands.stop.abort();
    await expect(comparing).rejects.toMatchObject({ code: 'ABORTED' });
  });

  const actions: readonly Exclude<Action, { do: 'halt' }>[] = [{ do: 'identify' }, { do: 'compare', height: 4, ms: 0 }];

  it.each(actions)('and a bug are no outcome of $do', async (action) => {
    for (const [thrown, code] of [
      [new LockstepError('ABORTED'), 'ABORTED'],
      [new TypeError('oops'), 'INTERNAL'],
    ] as const) {
      const hands = new Hands();
      hands.engine.beforeCall = () => {
        throw thrown;
      };
      await expect(hands.soon(action)).rejects.toMatchObject({ code });
    }
  });
});
