import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../src/follow/action.js';
import { LED_HEAD_STANDS_MS, WHOLE_LOOK_BEHIND_BLOCK_MS } from '../../src/follow/limits.js';
import type { Phase } from '../../src/follow/state.js';
import { A, at, B, labels, seen, sourceView } from './examples.js';
import { blockAt, Looking, NONE, reached, WAITED, WHOLE } from './looking.js';

describe('after a forkchoice', () => {
  const LED = { unsafe: at(A, 9), ...labels(A, 5, 3) };

  it('that did what it says, nothing is asked: the read-back shows it', async () => {
    const looking = await Looking.atRest();
    looking.leads(LED);
    expect(await looking.look(reached(9))).toMatchObject({ engine: { value: { heads: LED } } });
    expect(looking.calls).toEqual([]);
  });

  it('that did what it says, nothing is asked for a while, and then for the head', async () => {
    const looking = await Looking.atRest();
    looking.leads(LED);
    const observation = await looking.look(reached(9));
    looking.nowMs += LED_HEAD_STANDS_MS - 1;
    expect(await looking.look()).toEqual({ ...observation, outcome: WAITED });
    expect(looking.calls).toEqual([]);
    looking.nowMs += 1;
    await looking.look();
    expect(looking.calls).toEqual(['head']);
    looking.leads(LED);
    await looking.look(reached(9));
    looking.engine.hangUps += 1;
    await looking.look();
    expect(looking.calls).toEqual(expect.arrayContaining(WHOLE));
  });

  it('nothing is asked about a block that it was led to, while it stands above it', async () => {
    const looking = await Looking.atRest();
    for (const height of [9, 10, 11]) {
      looking.leads({ ...LED, unsafe: at(A, height) });
      await looking.look(reached(height));
    }
    looking.source = seen(sourceView(A, 11, labels(A, 10, 9)));
    const observation = await looking.look();
    expect([blockAt(observation, 10), blockAt(observation, 9)]).toEqual([at(A, 10), at(A, 9)]);
    expect(looking.calls).toEqual([]);
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
    looking.nowMs += LED_HEAD_STANDS_MS;
    looking.source = seen(sourceView(A, 10, labels(A, 9, 3)));
    await looking.look();
    expect(looking.calls).toContain('ref 9');
  });

  it('and right behind it the EL is looked at as a whole sooner than before the next block', async () => {
    const looking = await Looking.atRest();
    looking.nowMs += WHOLE_LOOK_BEHIND_BLOCK_MS;
    await looking.look();
    expect(looking.calls).toEqual(['head']);
    looking.leads(LED);
    await looking.look(reached(9));
    expect(looking.calls).toEqual(WHOLE);
    await looking.look();
    expect(looking.calls).toEqual([]);
  });

  it.each([true, null])(
    'that found it moved by others (%s: null is not known), its head is asked for before the next',
    async (foreignMove) => {
      const looking = await Looking.atRest();
      looking.leads(LED, { foreignMove });
      expect(await looking.look(reached(9))).toMatchObject({
        engine: { value: { foreignMove: foreignMove === true } },
      });
      expect(await looking.look()).toMatchObject({ engine: { value: { foreignMove: false } } });
      expect(looking.calls).toEqual(['head']);
    },
  );

  it('for labels alone, it stands as long as it would have without it', async () => {
    const looking = await Looking.atRest();
    looking.leads(LED);
    await looking.look(reached(9));
    looking.nowMs += LED_HEAD_STANDS_MS - 1;
    looking.leads({ ...LED, safe: at(A, 6) }, { foreignMove: null });
    await looking.look({ of: 'forkchoice', effect: 'moved', answer: { status: 'VALID' } });
    await looking.look();
    expect(looking.calls).toEqual([]);
    looking.nowMs += 1;
    await looking.look();
    expect(looking.calls).toEqual(['head']);
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
    looking.leads({ unsafe: at(A, 9), ...NONE }, { effect: 'head-only' });
    expect(await looking.look(reached(9))).toMatchObject({ engine: { value: { heads: NONE } } });
  });

  it.each<Phase>([{ kind: 'starting' }, { kind: 'syncing' }, { kind: 'holding', reason: { kind: 'engine-syncing' } }])(
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
