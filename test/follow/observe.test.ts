import type { Labels } from '../../src/chain/block.js';
import { describe, expect, it } from '@jest/globals';
import { observe } from '../../src/follow/observe.js';
import type { Outcome } from '../../src/follow/action.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, labels, seen, sourceView, SYNCING } from './examples.js';
import { MemoryEngine } from './memory-engine.js';

const NEVER = new AbortController().signal;

function engineAt(head: number): { engine: MemoryEngine; calls: string[] } {
  const engine = new MemoryEngine(A.slice(0, head + 1));
  const calls: string[] = [];
  engine.beforeCall = (call) => void calls.push(call);
  return { engine, calls };
}

const NONE: Labels = { safe: null, finalized: null };

describe('an observation', () => {
  it('holds what the EL shows, at the heights that matter', async () => {
    const { engine, calls } = engineAt(8);
    engine.headsNow = { unsafe: at(A, 8), ...labels(A, 5, 3) };
    engine.syncingNow = SYNCING;
    const source = seen(sourceView(A, 12, labels(A, 10, 6)));
    const { engine: shown } = await observe(engine, source, null, NONE, NEVER);
    expect(shown).toEqual(
      seen({
        heads: engine.headsNow,
        syncing: SYNCING,
        at: new Map([3, 5, 6].map((height) => [height, at(A, height)])),
      }),
    );
    expect(calls.sort()).toEqual(['heads', 'ref 3', 'ref 5', 'ref 6', 'syncing']);
  });

  it('asks for no block twice: the head is known', async () => {
    const { engine, calls } = engineAt(8);
    const { engine: shown } = await observe(engine, seen(sourceView(A, 8)), null, NONE, NEVER);
    expect(shown).toMatchObject({ value: { at: new Map([[8, at(A, 8)]]) } });
    expect(calls.sort()).toEqual(['heads', 'syncing']);
  });

  it('holds null where the EL has no block at a height', async () => {
    const { engine } = engineAt(8);
    engine.headsNow = { unsafe: at(A, 8), safe: { ...at(A, 5), number: 4 }, finalized: null };
    engine.refAt = () => Promise.resolve(null);
    const { engine: shown } = await observe(engine, { kind: 'pending' }, null, NONE, NEVER);
    expect(shown).toMatchObject({ value: { at: new Map([[4, null]]) } });
  });

  it('passes on the source and the last outcome as they are', async () => {
    const outcome: Outcome = { of: 'wait' };
    const source = { kind: 'failed', error: new LockstepError('SOURCE_TIMEOUT') } as const;
    expect(await observe(engineAt(1).engine, source, outcome, NONE, NEVER)).toMatchObject({ source, outcome });
  });
});

describe('an EL that cannot be read', () => {
  it.each(['heads', 'syncing', 'ref 3'])('is a failure and no crash, whichever read it is: %s', async (failing) => {
    const { engine } = engineAt(8);
    const error = new LockstepError('ENGINE_TIMEOUT');
    engine.beforeCall = (call) => {
      if (call === failing) throw error;
    };
    const { engine: shown } = await observe(engine, seen(sourceView(A, 3)), null, NONE, NEVER);
    expect(shown).toEqual({ kind: 'failed', error });
  });

  it.each([
    ['a stop', new LockstepError('ABORTED'), 'ABORTED'],
    ['a bug', new TypeError('oops'), 'oops'],
  ])('because of %s ends the turn', async (_why, thrown, text) => {
    const { engine } = engineAt(8);
    engine.beforeCall = () => {
      throw thrown;
    };
    const observing = observe(engine, { kind: 'pending' }, null, NONE, NEVER);
    await expect(observing).rejects.toThrow(thrown instanceof LockstepError ? thrown.message : text);
  });
});
