import { describe, expect, it } from '@jest/globals';
import { Orders } from '../../src/follow/orders.js';
import { SETTLED } from './examples.js';

describe('an order', () => {
  it.each([
    ['pause', (orders: Orders): void => orders.pause()],
    ['recheck', (orders: Orders): void => orders.recheck()],
  ])('waits until a turn was told of it: %s', (_name, give) => {
    const orders = new Orders();
    orders.applyTo(SETTLED);
    expect(orders.waiting).toBe(false);
    give(orders);
    expect(orders.waiting).toBe(true);
    orders.applyTo(SETTLED);
    expect(orders.waiting).toBe(false);
  });

  it('to resume waits as well, and has both sides proved anew', () => {
    const orders = new Orders();
    orders.pause();
    const paused = orders.applyTo(SETTLED);
    orders.resume();
    expect(orders.waiting).toBe(true);
    expect(orders.applyTo(paused)).toMatchObject({ paused: false, sourceIdentified: false });
    expect(orders.waiting).toBe(false);
  });

  it('that was taken back before a turn was told of it is none', () => {
    const orders = new Orders();
    orders.applyTo(SETTLED);
    orders.pause();
    orders.resume();
    expect(orders.applyTo(SETTLED)).toMatchObject({ paused: false, session: { identified: false } });
  });
});
