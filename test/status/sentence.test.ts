import { describe, expect, it } from '@jest/globals';
import type { BlockRef } from '../../src/chain/block.js';
import { sentenceOf, type ToldStatus } from '../../src/status/sentence.js';
import { durationText } from '../../src/util/duration-text.js';
import { A, at, B } from '../follow/examples.js';

const side = (unsafe: BlockRef): NonNullable<ToldStatus['local']> => ({
  unsafe,
  safe: null,
  finalized: null,
});

const STATUS: ToldStatus = {
  ...{ version: '1.2.3', state: 'following', ready: true, reason: null, meaning: 'a meaning', ends: null, error: null },
  ...{ stateSeconds: 7, elSession: 1, source: side(at(A, 9)), local: side(at(A, 9)), lagBlocks: 0 },
  ...{ blocksPerSecond: 0.5, etaSeconds: null, elSync: null, l1Origin: null, sourceCurrentL1: null, lastEvent: 0 },
  ...{ dryRun: false, would: null },
};

describe('the sentence of a status', () => {
  it.each<[Partial<ToldStatus>, string]>([
    [{}, 'Following: in step with the source at block 9.'],
    [{ local: side(at(A, 8)), lagBlocks: 1 }, 'Following: 1 block behind the source.'],
    [{ source: side(at(A, 6)), lagBlocks: -3 }, 'Following: 3 blocks ahead of the source.'],
    [{ local: side(at(B, 9)) }, 'Following: at block 9 as the source, which shows another one there.'],
    [{ ready: false, local: side(at(A, 4)), lagBlocks: 5 }, 'Following, but not ready: 5 blocks behind the source.'],
    [
      { state: 'starting', ready: false, local: null },
      'Starting: both sides are identified and compared, and nothing is written yet.',
    ],
    [{ state: 'syncing', source: null, lagBlocks: null }, 'Syncing: not both sides were read yet.'],
    [
      { state: 'syncing', lagBlocks: 5_000, etaSeconds: 200 },
      'Syncing: 5000 blocks behind the source, 3 min 20 s to go.',
    ],
    [
      { state: 'syncing', lagBlocks: 5_000, elSync: { at: 40, of: 5_009, by: 'latest' } },
      'Syncing: the EL syncs with its own peers, at 40 of 5009.',
    ],
    [{ state: 'recovering' }, 'Recovering: the EL is on another branch than the source, and is brought back.'],
    [
      { state: 'holding', reason: 'source-unavailable' },
      'Holding for 7 s (source-unavailable): nothing changes in the EL.',
    ],
    [{ state: 'halted', reason: 'FINALIZED_DIVERGENCE' }, 'Halted (FINALIZED_DIVERGENCE): a person is needed.'],
    [{ state: 'dreaming', reason: 'night' }, 'In the state dreaming for 7 s (night).'],
  ])('of %j is: %s', (change, sentence) => {
    expect(sentenceOf({ ...STATUS, ...change })).toBe(sentence);
  });
});

describe('a duration', () => {
  it.each([
    [-4, '0 s'],
    [0.4, '0 s'],
    [59.6, '1 min'],
    [200, '3 min 20 s'],
    [3_605, '1 h 5 s'],
    [3 * 86_400 + 4 * 3_600 + 59, '3 d 4 h'],
  ])('of %d s is told in two units at most: %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
