import { describe, expect, it } from '@jest/globals';
import { WHOLE_LOOK_EVERY_MS } from '../../src/follow/limits.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, labels, seen, sourceView, SYNCING } from './examples.js';
import { blockAt, Looking, NONE, reached, WHOLE } from './looking.js';

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
