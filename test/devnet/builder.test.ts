import { describe, expect, it } from '@jest/globals';
import { type BuildRequest, createBuilder } from '../../devnet/producer/builder.js';
import type { EngineDriver } from '../../devnet/producer/engine-driver.js';
import { RpcError, type RpcClient } from '../../devnet/rpc.js';

const STALE = 'state read failed while building block: missing trie node dd0a (path 0a01) layer stale';
const REQUEST = {
  parent: { hash: '0x1' },
  attributes: {},
  transactions: [],
  fork: 'prague',
} as unknown as BuildRequest;

/** An EL that refuses to build with these messages first, one after the other. */
function geth(...refusals: readonly string[]): { build: () => Promise<unknown>; asked: () => number } {
  let asked = 0;
  const http: RpcClient = {
    call: (method) => {
      const refusal = refusals[asked++];
      if (refusal !== undefined) return Promise.reject(new RpcError(method, -32_000, refusal));
      return Promise.resolve({ executionPayload: { transactions: [] } });
    },
    batch: () => Promise.resolve([]),
  };
  const builder = createBuilder('geth', http, {} as EngineDriver);
  return { build: () => builder(REQUEST), asked: () => asked };
}

describe('a geth that is asked for a block', () => {
  it('is asked again while it moves the state that it reads', async () => {
    const { build, asked } = geth(STALE, STALE);
    expect(await build()).toMatchObject({ payload: { transactions: [] } });
    expect(asked()).toBe(3);
  });

  it('is believed when it says so five times, and any other refusal at once', async () => {
    const stale = geth(...new Array<string>(5).fill(STALE));
    await expect(stale.build()).rejects.toThrow('layer stale');
    expect(stale.asked()).toBe(5);
    const refusing = geth('unknown parent');
    await expect(refusing.build()).rejects.toThrow('unknown parent');
    expect(refusing.asked()).toBe(1);
  });
});
