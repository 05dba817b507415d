import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { LoopTurns } from '../../src/util/loop-turns.js';

describe('callers that want to go on in the event loop', () => {
  it('do so one per turn of it, in their order, and what waits besides gets in between', async () => {
    const turns = new LoopTurns();
    const seen: (number | 'loop')[] = [];
    for (const caller of [1, 2, 3]) turns.take(() => seen.push(caller));
    expect(seen).toEqual([]);
    for (let turn = 0; turn < 3; turn += 1) {
      await nextTurn();
      seen.push('loop');
    }
    expect(seen).toEqual([1, 'loop', 2, 'loop', 3, 'loop']);
  });

  it('wait for those before them also where they come while one goes on', async () => {
    const turns = new LoopTurns();
    const seen: string[] = [];
    turns.take(() => {
      seen.push('first');
      turns.take(() => seen.push('third'));
    });
    turns.take(() => seen.push('second'));
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    expect(seen).toEqual(['first', 'second', 'third']);
  });
});
