import { describe, expect, it } from '@jest/globals';
import type { Heads, Labels } from '../../src/chain/block.js';
import type { Outcome } from '../../src/follow/action.js';
import { WHOLE_LOOK_EVERY_MS } from '../../src/follow/limits.js';
import { Observer } from '../../src/follow/observe.js';
import type { Observation, Phase } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, labels, seen, sourceView, SYNCING } from './examples.js';
import { MemoryEngine } from './memory-engine.js';

const NEVER = new AbortController().signal;
const NONE: Labels = { safe: null, finalized: null };
const WAITED: Outcome = { of: 'wait' };
const STARTING: Phase = { kind: 'starting' };
const FOLLOWING: Phase = { kind: 'following' };
const WHOLE = ['heads', 'syncing'];

/** An EL that is looked at. */
class Looking {
  readonly engine: MemoryEngine;
  readonly observer: Observer;
  source: Observation['source'] = { kind: 'pending' };
  phase: Phase = STARTING;
  remembered: Labels = NONE;
  nowMs = 0;
  calls: string[] = [];

  constructor(head: number) {
    this.engine = new MemoryEngine(A.slice(0, head + 1));
    this.engine.beforeCall = (call) => void this.calls.push(call);
    this.observer = new Observer(this.engine, () => this.nowMs);
  }

  /** One that follows at block 8, and was looked at before. */
  static async atRest(): Promise<Looking> {
    const looking = new Looking(8);
    looking.engine.headsNow = { unsafe: at(A, 8), ...labels(A, 5, 3) };
    looking.source = seen(sourceView(A, 8, labels(A, 5, 3)));
    await looking.look();
    looking.phase = FOLLOWING;
    return looking;
  }

  async look(outcome: Outcome | null = WAITED): Promise<Observation> {
    this.calls = [];
    return this.observer.observe(this.source, outcome, { phase: this.phase, remembered: this.remembered }, NEVER);
  }

  /** The EL is led to these heads, as the observer is told. */
  leads(heads: Heads, effect: 'moved' | 'head-only' = 'moved'): void {
    this.engine.headsNow = heads;
    this.observer.applied({ effect, answer: { status: 'VALID' }, heads, attempts: 1 });
  }
}

/** What was seen of the EL's chain at a height. */
function blockAt({ engine }: Observation, height: number): unknown {
  return engine.kind === 'seen' ? engine.value.at.get(height) : engine;
}

function reached(head: number): Outcome {
  return { of: 'extend', head: at(A, head), blocks: 1, stop: { why: 'reached' } };
}

describe('an observation', () => {
  it('holds what the EL shows, at the heights that matter', async () => {
    const looking = new Looking(8);
    looking.engine.headsNow = { unsafe: at(A, 8), ...labels(A, 5, 3) };
    looking.engine.syncingNow = SYNCING;
    looking.source = seen(sourceView(A, 12, labels(A, 10, 6)));
    const { engine: shown } = await looking.look();
    expect(shown).toMatchObject(
      seen({
        heads: looking.engine.headsNow,
        syncing: SYNCING,
        at: new Map([3, 5, 6].map((height) => [height, at(A, height)])),
      }),
    );
    expect(looking.calls.sort()).toEqual(['heads', 'ref 3', 'ref 5', 'ref 6', 'syncing']);
  });

  it('asks for no block twice: the head is known', async () => {
    const looking = new Looking(8);
    looking.source = seen(sourceView(A, 8));
    const { engine: shown } = await looking.look();
    expect(shown).toMatchObject({ value: { at: new Map([[8, at(A, 8)]]) } });
    expect(looking.calls.sort()).toEqual(WHOLE);
  });

  it('holds null where the EL has no block at a height, and asks for it in the next turn', async () => {
    const looking = await Looking.atRest();
    looking.source = seen(sourceView(A, 8, labels(A, 6, 3)));
    looking.engine.refAt = () => Promise.resolve(null);
    expect(blockAt(await looking.look(), 6)).toBeNull();
    looking.engine.refAt = (height) => Promise.resolve(at(A, height));
    expect(blockAt(await looking.look(), 6)).toEqual(at(A, 6));
  });

  it.each([['safe', 5] as const, ['finalized', 3] as const])(
    'fails where the EL has no block at the height of its %s block, as its chain is changing',
    async (_, height) => {
      const looking = new Looking(8);
      looking.engine.headsNow = { unsafe: at(A, 8), ...labels(A, 5, 3) };
      looking.engine.refAt = (asked) => Promise.resolve(asked === height ? null : at(A, asked));
      const { engine } = await looking.look();
      expect(engine).toMatchObject({
        kind: 'failed',
        error: { code: 'ENGINE_SCHEMA', data: { number: height, head: 8 } },
      });
      looking.engine.refAt = (asked) => Promise.resolve(at(A, asked));
      expect(blockAt(await looking.look(), height)).toEqual(at(A, height));
    },
  );

  it('fails where the EL has no block at the height of a label that is remembered', async () => {
    const looking = new Looking(8);
    looking.remembered = labels(A, 6, 4);
    looking.engine.refAt = (asked) => Promise.resolve(asked === 4 ? null : at(A, asked));
    expect((await looking.look()).engine).toMatchObject({ kind: 'failed', error: { data: { number: 4, head: 8 } } });
  });

  it('passes on the source and the last outcome as they are', async () => {
    const looking = new Looking(1);
    looking.source = { kind: 'failed', error: new LockstepError('SOURCE_TIMEOUT') };
    expect(await looking.look(reached(1))).toMatchObject({ source: looking.source, outcome: reached(1) });
  });
});

describe('an EL that follows and was left alone', () => {
  it('is asked for its head alone, and everything else is as it was seen', async () => {
    const looking = await Looking.atRest();
    const before = await looking.look();
    expect(looking.calls).toEqual(['head']);
    expect(await looking.look()).toEqual(before);
  });

  it('is asked for a block at a height that has begun to matter', async () => {
    const looking = await Looking.atRest();
    looking.source = seen(sourceView(A, 8, labels(A, 6, 3)));
    expect(blockAt(await looking.look(), 6)).toEqual(at(A, 6));
    expect(looking.calls).toEqual(['head', 'ref 6']);
  });

  it('is looked at as a whole once its head is another one', async () => {
    const looking = await Looking.atRest();
    looking.engine.headsNow = { unsafe: at(B, 8), ...labels(A, 3, 3) };
    looking.engine.refAt = (height) => Promise.resolve(at(B, height));
    const observation = await looking.look();
    expect(observation).toMatchObject({ engine: { value: { heads: looking.engine.headsNow } } });
    expect(blockAt(observation, 5)).toEqual(at(B, 5));
    expect(looking.calls).toEqual(['head', ...WHOLE]);
  });

  it('is looked at as a whole every few seconds, so that lost labels and a sync are seen', async () => {
    const looking = await Looking.atRest();
    looking.nowMs += WHOLE_LOOK_EVERY_MS;
    Object.assign(looking.engine, { headsNow: { unsafe: at(A, 8), ...NONE }, syncingNow: SYNCING });
    expect(await looking.look()).toMatchObject({ engine: { value: { heads: NONE, syncing: SYNCING } } });
    expect(looking.calls).toEqual(WHOLE);
    await looking.look();
    expect(looking.calls).toEqual(['head']);
  });

  it('is looked at as a whole after it hung up, and that it did is told once', async () => {
    const looking = await Looking.atRest();
    looking.engine.hangUps += 1;
    expect(await looking.look()).toMatchObject({ engine: { value: { hungUp: true } } });
    expect(looking.calls).toEqual(expect.arrayContaining(WHOLE));
    expect(await looking.look()).toMatchObject({ engine: { value: { hungUp: false } } });
  });

  it('is looked at as a whole after it could not be read', async () => {
    const looking = await Looking.atRest();
    looking.engine.head = () => Promise.reject(new LockstepError('ENGINE_UNREACHABLE'));
    expect(await looking.look()).toMatchObject({ engine: { kind: 'failed' } });
    await looking.look();
    expect(looking.calls.sort()).toEqual(['heads', 'ref 3', 'ref 5', 'syncing']);
  });
});

describe('after a forkchoice', () => {
  const LED = { unsafe: at(A, 9), ...labels(A, 5, 3) };

  it('that did what it says, nothing is asked: the read-back shows it', async () => {
    const looking = await Looking.atRest();
    looking.leads(LED);
    expect(await looking.look(reached(9))).toMatchObject({ engine: { value: { heads: LED } } });
    expect(looking.calls).toEqual([]);
    await looking.look();
    expect(looking.calls).toEqual(['head']);
  });

  it('nothing but its head is asked for about a block that it was led to', async () => {
    const looking = await Looking.atRest();
    for (const height of [9, 10, 11]) {
      looking.leads({ ...LED, unsafe: at(A, height) });
      await looking.look(reached(height));
    }
    looking.source = seen(sourceView(A, 11, labels(A, 10, 9)));
    const observation = await looking.look();
    expect([blockAt(observation, 10), blockAt(observation, 9)]).toEqual([at(A, 10), at(A, 9)]);
    expect(looking.calls).toEqual(['head']);
  });

  it.each<[string, (looking: Looking) => void]>([
    ['was found elsewhere', (looking) => void (looking.engine.headsNow = { unsafe: at(B, 10), ...labels(A, 3, 3) })],
    ['hung up', (looking) => void (looking.engine.hangUps += 1)],
  ])('the blocks that it was led to are asked for again once it %s', async (_what, happens) => {
    const looking = await Looking.atRest();
    for (const height of [9, 10]) {
      looking.leads({ ...LED, unsafe: at(A, height) });
      await looking.look(reached(height));
    }
    happens(looking);
    looking.source = seen(sourceView(A, 10, labels(A, 9, 3)));
    await looking.look();
    expect(looking.calls).toContain('ref 9');
  });

  it.each<[string, Outcome]>([
    ['a payload was not VALID', { ...reached(9), stop: { why: 'absent', number: 10, pruned: false } } as Outcome],
    ['the EL was led somewhere else', { of: 'unmap', from: at(A, 8) } as Outcome],
  ])('but where %s, the EL is looked at as a whole', async (_what, outcome) => {
    const looking = await Looking.atRest();
    looking.leads(LED);
    await looking.look(outcome);
    expect(looking.calls).toEqual(expect.arrayContaining(WHOLE));
  });

  it('that moved the head alone, the EL is looked at as a whole', async () => {
    const looking = await Looking.atRest();
    looking.leads({ unsafe: at(A, 9), ...NONE }, 'head-only');
    expect(await looking.look(reached(9))).toMatchObject({ engine: { value: { heads: NONE } } });
  });

  it.each<Phase>([STARTING, { kind: 'syncing' }, { kind: 'holding', reason: { kind: 'engine-syncing' } }])(
    'of an EL that is not followed ($kind), it is looked at as a whole',
    async (phase) => {
      const looking = await Looking.atRest();
      looking.phase = phase;
      looking.leads(LED);
      await looking.look(reached(9));
      expect(looking.calls).toEqual(expect.arrayContaining(WHOLE));
    },
  );
});

describe('an EL that cannot be read', () => {
  it.each(['heads', 'syncing', 'ref 3'])('is a failure and no crash, whichever read it is: %s', async (failing) => {
    const looking = new Looking(8);
    const error = new LockstepError('ENGINE_TIMEOUT');
    looking.engine.beforeCall = (call) => {
      if (call === failing) throw error;
    };
    looking.source = seen(sourceView(A, 3));
    expect((await looking.look()).engine).toEqual({ kind: 'failed', error });
  });

  it.each([
    ['a stop', new LockstepError('ABORTED'), 'ABORTED'],
    ['a bug', new TypeError('oops'), 'oops'],
  ])('because of %s ends the turn', async (_why, thrown, text) => {
    const looking = new Looking(8);
    looking.engine.beforeCall = () => {
      throw thrown;
    };
    await expect(looking.look()).rejects.toThrow(thrown instanceof LockstepError ? thrown.message : text);
  });
});
