import { beforeEach, describe, expect, it } from '@jest/globals';
import { LedChain } from '../../src/follow/led-chain.js';
import { A, at, B } from './examples.js';
import type { BlockRef } from '../../src/chain/block.js';

describe('the chain that an EL was led along', () => {
  let led: LedChain;

  beforeEach(() => {
    led = new LedChain();
    for (const number of [6, 7, 8]) led.ledTo(at(A, number));
  });

  it('has each block that it was led to, and no other', () => {
    expect([5, 6, 7, 8, 9].map((number) => led.at(number))).toEqual([
      undefined,
      ...[6, 7, 8].map((number) => at(A, number)),
      undefined,
    ]);
  });

  it('stays what it is where the EL is led to its head once more', () => {
    led.ledTo(at(A, 8));
    expect(led.at(7)).toEqual(at(A, 7));
  });

  it.each<[string, BlockRef]>([
    ['over several blocks', at(A, 10)],
    ['back', at(A, 7)],
    ['to another branch', at(B, 8)],
  ])('begins anew where the EL is led %s', (_where, head) => {
    led.ledTo(head);
    expect(led.at(6)).toBeUndefined();
    expect(led.at(head.number)).toEqual(head);
  });

  it('is empty once it is forgotten', () => {
    led.forget();
    expect(led.at(8)).toBeUndefined();
    led.ledTo(at(A, 9));
    expect(led.at(8)).toBeUndefined();
  });

  it('keeps the newest 1,024 blocks', () => {
    const hash = (number: number): `0x${string}` => `0x${number.toString(16).padStart(64, '0')}`;
    for (let number = 9; number <= 2_000; number++)
      led.ledTo({
        number,
        hash: hash(number),
        parentHash: number === 9 ? at(A, 8).hash : hash(number - 1),
        timestamp: 0,
      });
    const kept = Array.from({ length: 2_001 }, (_, number) => led.at(number)).filter((block) => block !== undefined);
    expect(kept.map(({ number }) => number)).toEqual(Array.from({ length: 1_024 }, (_, index) => 977 + index));
  });
});
