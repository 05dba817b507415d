import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Action } from '../../src/follow/action.js';
import type { Rung } from '../../src/recovery/ladder.js';
import { idOf } from './model/recovery-diagram.js';
import { RECOVERY_HOLDS } from './model/transitions.js';
import { TABLE } from './table.js';

const EDGE = /^ {4}(\w+) --> (\w+)$/gm;

/** The steps that the diagram in the document has, and where an arrow leads from each. */
const drawn = [...readFileSync('docs/recovery.md', 'utf8').matchAll(EDGE)].map(([, from, to]) => [from, to] as const);
const reached = new Set(drawn.map(([, to]) => to));
const left = new Set(drawn.map(([from]) => from));

/** A rung or an action that is added does not compile before it is drawn as a step, or said to be none of a recovery. */
const RUNGS: Readonly<Record<Rung, true>> = {
  sibling: true,
  forkchoice: true,
  'copied-sibling': true,
  'set-head': true,
  'el-sync': true,
};
const STEPS: Readonly<Record<Action['do'], readonly string[]>> = {
  wait: ['following'],
  identify: ['identifying'],
  compare: ['comparing'],
  extend: ['following', 'replaying'],
  'el-sync': ['el-sync'],
  forkchoice: ['following'],
  plan: ['planning'],
  climb: Object.keys(RUNGS),
  unmap: ['unmapping'],
  // It ends what there is to draw.
  halt: [],
};

describe('the diagram of recoveries', () => {
  const decided = Object.values(TABLE.recovering).map((cell) => cell.split(' -> ')[0] as Action['do'] | 'unreachable');

  it.each([...new Set(decided)].filter((what) => what !== 'unreachable'))(
    'has the steps that a recovery takes by the action %s',
    (what) => {
      for (const step of STEPS[what]) expect(reached).toContain(idOf(step));
    },
  );

  it.each([...Object.values(STEPS).flat(), ...Object.keys(RECOVERY_HOLDS)])(
    'leads to %s, and on from there',
    (step) => {
      expect(reached).toContain(idOf(step));
      expect(left).toContain(idOf(step));
    },
  );
});
