import { describe, expect, it } from '@jest/globals';
import { EngineClient } from '../../src/engine/client.js';
import { forgets } from '../../src/engine/forgets.js';
import { createTokenSigner } from '../../src/engine/jwt.js';
import { RpcTransport } from '../../src/util/rpc.js';
import type { FakeAnswer } from '../rig/fake-engine.js';
import { A, NEVER, SECRET, startPair } from './fixture.js';

const METHOD = 'engine_getPayloadBodiesByHashV1';
const HELD: FakeAnswer = { result: [{ transactions: [], withdrawals: [] }] };
const GONE: FakeAnswer = { result: [null] };

describe('the wait until an EL has forgotten a block', () => {
  it('asks for the body of that block until there is none', async () => {
    const { fake, engine } = await startPair();
    fake.script(METHOD, HELD, HELD, HELD, GONE);
    expect(await engine.forgets(A[5]!.hash, NEVER)).toBe(true);
    expect(fake.callsOf(METHOD).map(({ params }) => params)).toEqual(Array(4).fill([[A[5]!.hash]]));
  });

  it('is short and ends well where the EL does not know the method', async () => {
    const { fake, engine } = await startPair();
    expect(await engine.forgets(A[5]!.hash, NEVER)).toBe(true);
    expect(fake.callsOf(METHOD)).toHaveLength(1);
  });

  it('is given up where the block stays', async () => {
    const { fake } = await startPair();
    fake.script(METHOD, ...Array.from({ length: 100 }, () => HELD));
    const limits = { timeoutMs: 20_000, maxResponseBytes: 10_000, maxConnections: 1 };
    const transport = new RpcTransport({ peer: 'ENGINE', url: fake.url, headers: {}, ...limits });
    const client = new EngineClient(transport, createTokenSigner(SECRET, Date.now), { ...limits, drainMs: 0 });
    expect(await forgets(client, A[5]!.hash, NEVER, 100)).toBe(false);
    await client.close();
  });

  it('ends with a stop', async () => {
    const { fake, engine } = await startPair();
    fake.script(METHOD, ...Array.from({ length: 100 }, () => HELD));
    const stop = new AbortController();
    const waiting = engine.forgets(A[5]!.hash, stop.signal);
    await fake.received(METHOD, 2);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it.each<[string, FakeAnswer, string]>([
    ['another error', { error: { code: -38004, message: 'too large request' } }, 'ENGINE_RPC_ERROR'],
    ['no list', { result: null }, 'ENGINE_SCHEMA'],
    ['an empty list', { result: [] }, 'ENGINE_SCHEMA'],
  ])('is an error where the EL answers %s', async (_what, answer, code) => {
    const { fake, engine } = await startPair();
    fake.script(METHOD, answer);
    await expect(engine.forgets(A[5]!.hash, NEVER)).rejects.toMatchObject({ code });
  });
});
