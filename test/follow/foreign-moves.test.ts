import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../src/follow/action.js';
import { learn } from '../../src/follow/learn.js';
import type { EngineView } from '../../src/follow/state.js';
import { A, at, engineView, NOW, seen, SETTLED, TICK } from './examples.js';
import { unsettled, VIEW } from './learning.js';

const WAITED: Outcome = { of: 'wait' };
const EXTENDED: Outcome = { of: 'extend', head: at(A, 8), blocks: 1, stop: { why: 'reached' } };
const AT_7 = { ...SETTLED, standing: at(A, 7) };

/** How many moves of the EL by others are known once it shows block 8. */
function moves(outcome: Outcome, shown: Partial<EngineView>, state = AT_7): number {
  return learn(state, { ...VIEW, outcome, engine: seen({ ...engineView(A, 8), ...shown }) }, TICK).foreign.count;
}

describe("a move of the EL's head by somebody else", () => {
  it('counts where it shows, unless a write of ours came before', () => {
    expect(moves(WAITED, {})).toBe(1);
    expect(moves(EXTENDED, {})).toBe(0);
  });

  it('counts where a write of ours found it', () => {
    expect(moves(EXTENDED, { foreignMove: true })).toBe(1);
    expect(moves(EXTENDED, { foreignMove: true }, { ...AT_7, foreign: { count: 2, lastAt: NOW } })).toBe(3);
  });

  it('does not count while a call is unsettled, or the EL syncs', () => {
    expect(moves(WAITED, { foreignMove: true }, { ...AT_7, unsettled: unsettled(8_000) })).toBe(0);
    expect(moves(EXTENDED, { foreignMove: true, syncing: { busy: true, underway: true, at: 8, work: 8 } })).toBe(0);
  });
});
