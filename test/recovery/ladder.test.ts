import { describe, expect, it } from '@jest/globals';
import { engineProfiles } from '../../src/engine/profile.js';
import type { EngineKind } from '../../src/engine/engine.js';
import { ladder, type Footing, type Rung, type RungPolicy } from '../../src/recovery/ladder.js';
import type { Plan } from '../../src/recovery/plan.js';
import { A, at, B } from '../follow/examples.js';

const POLICY: RungPolicy = { reset: 'auto', synthetic: true };

/** The EL on B at block 20, `depth` blocks above the ancestor, as far as the ladder looks at it. */
function planOf(depth: number, source: 'went on' | 'stands at the ancestor'): Plan {
  const ancestor = { ...at(A, 3), number: 2_000 - depth };
  const blocks = source === 'went on' ? [{ ...at(A, 4), number: 2_001 - depth }] : [];
  return { id: 1, ancestor, blocks, engineHead: { ...at(B, 20), number: 2_000 }, replaced: at(B, 4) };
}

function footing(kind: EngineKind, more: Partial<Footing> = {}): Footing {
  const profile = engineProfiles().find((each) => each.kind === kind)!;
  const { maxResetDepth, maxSiblingDepth } = profile;
  return { maxResetDepth, maxSiblingDepth, canSetHead: false, canSync: false, ...more };
}

const rungs = (plan: Plan, of: Footing, policy = POLICY, floor = 0): readonly Rung[] => ladder(plan, floor, of, policy);

describe('the ladder', () => {
  it.each<[EngineKind, number, readonly Rung[]]>([
    ['geth', 5, ['sibling', 'forkchoice', 'copied-sibling']],
    ['geth', 129, ['forkchoice', 'sibling', 'copied-sibling']],
    ['op-geth', 5, ['sibling', 'copied-sibling']],
    ['op-geth', 129, ['sibling', 'copied-sibling']],
    ['reth', 1_000, ['sibling', 'copied-sibling']],
    ['op-reth', 1_000, ['sibling', 'copied-sibling']],
    ['unknown', 1_000, ['sibling', 'forkchoice', 'copied-sibling']],
  ])('of %s, %d blocks deep, begins with what it is known to take', (kind, depth, expected) => {
    expect(rungs(planOf(depth, 'went on'), footing(kind))).toEqual(expected);
  });

  it.each<[EngineKind, readonly Rung[]]>([
    ['geth', ['forkchoice', 'copied-sibling']],
    ['op-geth', ['copied-sibling']],
    ['reth', ['copied-sibling']],
  ])('of %s has no sibling where the source stands at the ancestor', (kind, expected) => {
    expect(rungs(planOf(5, 'stands at the ancestor'), footing(kind))).toEqual(expected);
  });

  it('has debug_setHead before a copy, where it is within reach', () => {
    const reach = footing('op-geth', { canSetHead: true });
    expect(rungs(planOf(5, 'stands at the ancestor'), reach)).toEqual(['set-head', 'copied-sibling']);
    expect(rungs(planOf(129, 'went on'), reach)).toEqual(['set-head', 'sibling', 'copied-sibling']);
  });

  it('leaves the EL to its peers last of all, and only where its height tells that it has arrived', () => {
    const plan = planOf(5, 'went on');
    const higher: Plan = { ...plan, blocks: [...plan.blocks, { ...at(A, 9), number: 2_004 }] };
    expect(rungs(higher, footing('op-geth', { canSync: true })).at(-1)).toBe('el-sync');
    expect(rungs(plan, footing('op-geth', { canSync: true }))).not.toContain('el-sync');
  });

  it.each<[RungPolicy, readonly Rung[]]>([
    [{ reset: 'forkchoice', synthetic: true }, ['sibling', 'forkchoice', 'copied-sibling']],
    [{ reset: 'sethead', synthetic: true }, ['sibling', 'set-head', 'copied-sibling']],
    [{ reset: 'none', synthetic: true }, ['sibling', 'copied-sibling']],
    [{ reset: 'none', synthetic: false }, ['sibling']],
  ])('has only what the operator allows: %j', (policy, expected) => {
    expect(rungs(planOf(5, 'went on'), footing('geth', { canSetHead: true }), policy)).toEqual(expected);
  });

  it.each([1_995, 1_996])('has no copy of a block that is final, nor one below it: final is %d', (floor) => {
    expect(rungs(planOf(5, 'went on'), footing('op-geth'), POLICY, floor)).toEqual(['sibling']);
    expect(rungs(planOf(5, 'went on'), footing('op-geth'), POLICY, 1_994)).toContain('copied-sibling');
  });
});
