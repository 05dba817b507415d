import { describe, expect, it } from '@jest/globals';
import type { BlockRef, Heads } from '../../src/chain/block.js';
import { Rate } from '../../devnet/view/rate.js';
import { renderLine, renderTable } from '../../devnet/view/render.js';
import { agree, verdict, type Snapshot } from '../../devnet/view/snapshot.js';

function block(number: number, branch = 'aa'): BlockRef {
  const hash = (height: number): `0x${string}` => `0x${branch}${height.toString(16).padStart(62, '0')}`;
  return { number, hash: hash(number), parentHash: hash(number - 1), timestamp: number };
}

function heads(number: number): Heads {
  return { unsafe: block(number), safe: block(number - 2), finalized: block(number - 4) };
}

function snapshot(parts: Partial<Snapshot>): Snapshot {
  const local = heads(10);
  return {
    source: heads(10),
    local,
    sourceAtLocal: block(10),
    sourceRate: 1,
    localRate: 2.04,
    lockstep: 'running',
    ...parts,
  };
}

describe('the verdict', () => {
  it.each<[string, Partial<Snapshot>, string]>([
    ['equal', {}, 'in agreement'],
    ['one block behind', { source: heads(11) }, 'in agreement'],
    ['far behind', { source: heads(110) }, 'on the chain of the source, 100 blocks behind'],
    ['on another branch', { sourceAtLocal: block(10, 'bb') }, 'DIVERGED at 10'],
    ['ahead', { source: heads(9), sourceAtLocal: null }, 'the local EL is ahead of the source at 10'],
    ['away', { local: null }, 'the local EL is away'],
  ])('on a local EL that is %s', (_, parts, expected) => {
    expect(verdict(snapshot(parts))).toBe(expected);
  });
});

describe('agreement', () => {
  it('means the same three blocks', () => {
    expect(agree(heads(10), heads(10))).toBe(true);
    expect(agree(heads(10), { ...heads(10), finalized: block(5) })).toBe(false);
    expect(agree(heads(10), { ...heads(10), safe: null })).toBe(false);
  });
});

describe('the view', () => {
  it('shows both sides, their lag and the verdict as a table', () => {
    expect(renderTable(snapshot({ source: heads(12), local: { ...heads(10), safe: null } }))).toEqual([
      '           source                  local                   lag',
      'unsafe     12 0xaa000000           10 0xaa000000           2',
      'safe       10 0xaa000000           -                       -',
      'finalized  8 0xaa000000            6 0xaa000000            2',
      'blocks/s   1.0                     2.0',
      '',
      'on the chain of the source, 2 blocks behind; lockstep is running',
    ]);
  });

  it('shows the same as one line, also without a local EL', () => {
    expect(renderLine(snapshot({ local: null, sourceAtLocal: null }))).toBe(
      'source unsafe 10 0xaa000000 safe 8 0xaa000000 finalized 6 0xaa000000 | local away | lag - | 2.0 blocks/s | the local EL is away',
    );
  });
});

describe('the rate', () => {
  it('is the growth over the last seconds', () => {
    const rate = new Rate();
    expect(rate.sample(100, 0)).toBe(0);
    expect(rate.sample(104, 2_000)).toBe(2);
    for (let second = 3; second <= 20; second++) rate.sample(104 + (second - 2) * 10, second * 1_000);
    expect(rate.sample(294, 21_000)).toBe(10);
  });

  it('starts anew when the height falls', () => {
    const rate = new Rate();
    rate.sample(100, 0);
    rate.sample(200, 1_000);
    expect(rate.sample(10, 2_000)).toBe(0);
    expect(rate.sample(11, 3_000)).toBe(1);
  });
});
