import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { giveOrder, serveControl, type Order } from '../../devnet/stack/control.js';

let folder: string;
let server: Server;
let carriedOut: Order[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
  carriedOut = [];
  server = await serveControl(folder, (order) => {
    if (order.order === 'start') return Promise.reject(new Error(`${order.part} does not come back`));
    carriedOut.push(order);
    return Promise.resolve();
  });
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

describe('the control socket of a devnet', () => {
  it('has each order carried out, and says when it is', async () => {
    const orders: Order[] = [
      { order: 'end', part: 'follower', signal: 'SIGKILL' },
      { order: 'restart', part: 'source', signal: 'SIGTERM' },
      { order: 'reorg', depth: 4 },
    ];
    for (const order of orders) await giveOrder(folder, order);
    expect(carriedOut).toEqual(orders);
  });

  it('brings back why an order was not carried out', async () => {
    await expect(giveOrder(folder, { order: 'start', part: 'op-node' })).rejects.toThrow('op-node does not come back');
  });

  it.each([
    [{ order: 'end', part: 'follower', signal: 'SIGHUP' }, 'SIGTERM or SIGKILL'],
    [{ order: 'restart', signal: 'SIGTERM' }, 'names a part'],
    [{ order: 'reorg', depth: 0 }, 'from 1 to'],
    [{ order: 'reorg', depth: 1_001 }, 'from 1 to'],
    [{ order: 'burn', part: 'source' }, 'no order "burn"'],
    [['end'], 'JSON object'],
    [{ order: 'start', part: 'x'.repeat(2_000) }, 'too long'],
  ])('refuses %j', async (order, reason) => {
    await expect(giveOrder(folder, order as unknown as Order)).rejects.toThrow(reason);
    expect(carriedOut).toEqual([]);
  });
});
