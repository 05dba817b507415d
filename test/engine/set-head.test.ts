import { afterEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import type { EngineOptions } from '../../src/engine/http.js';
import type { FakeAnswer, FakeEngine } from '../rig/fake-engine.js';
import { type Answer, answering, HttpServer } from '../rig/http-server.js';
import { A, makeGate, NEVER, payloadOf, startPair } from './fixture.js';

const MODULES: FakeAnswer = { result: { debug: '1.0', engine: '1.0', eth: '1.0' } };
const NO_DEBUG: FakeAnswer = { result: { engine: '1.0', eth: '1.0' } };
/** As geth and op-geth answer debug_dbGet where the state is stored by path, and where by hash. */
const BY_PATH: FakeAnswer = { result: '0xf901d1a0' };
const BY_HASH: FakeAnswer = { error: { code: -32000, message: 'pebble: not found' } };

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** An engine that takes the fake for an EL of that name. */
async function pairOf(name: string, options: Partial<EngineOptions> = {}, opStack = true) {
  const pair = await startPair(options);
  const { fake, engine } = pair;
  const listed = opStack ? ['engine_signalSuperchainV1'] : [];
  fake.script('engine_exchangeCapabilities', { result: listed });
  fake.script('engine_getClientVersionV1', { result: [{ code: 'XX', name, version: '1', commit: '0x00000000' }] });
  await engine.identify(NEVER);
  fake.calls.splice(0);
  return pair;
}

async function adminRpc(answers: Readonly<Record<string, Answer>>): Promise<HttpServer> {
  const unknown: Answer = { error: { code: -32601, message: 'the method is not available' } };
  const server = await HttpServer.start(answering(({ method }) => answers[method] ?? unknown));
  servers.push(server);
  return server;
}

function script(fake: FakeEngine, answers: Readonly<Record<string, FakeAnswer>>, times = 1): void {
  for (const [method, answer] of Object.entries(answers)) {
    for (let time = 0; time < times; time++) fake.script(method, answer);
  }
}

describe('whether debug_setHead can be tried', () => {
  it.each<[string, boolean, string, boolean]>([
    ['go-ethereum', true, 'op-geth', true],
    ['go-ethereum', false, 'geth', true],
    ['OP-Reth', true, 'op-reth', false],
    ['Reth', false, 'reth', false],
    ['Nethermind', false, 'unknown', false],
  ])('depends on the EL: %s with the OP Stack %j is %s and gives %j', async (name, opStack, kind, possible) => {
    const { fake, engine } = await pairOf(name, {}, opStack);
    script(fake, { rpc_modules: MODULES, debug_dbGet: BY_PATH });
    expect(engine.profile.kind).toBe(kind);
    expect(await engine.canSetHead(NEVER)).toBe(possible);
    if (!possible) expect(fake.calls).toEqual([]);
  });

  it('is not known before the EL said what it is', async () => {
    const { fake, engine } = await startPair();
    expect(engine.profile.kind).toBe('unknown');
    expect(await engine.canSetHead(NEVER)).toBe(false);
    expect(fake.calls).toEqual([]);
  });

  it.each<[string, FakeAnswer]>([
    ['lists no debug', NO_DEBUG],
    ['does not know rpc_modules', { error: { code: -32601, message: 'unknown' } }],
    ['answers no list', { result: 'debug' }],
  ])('is no where the engine port %s and no other RPC is named', async (_what, modules) => {
    const { fake, engine } = await pairOf('go-ethereum');
    script(fake, { rpc_modules: modules });
    expect(await engine.canSetHead(NEVER)).toBe(false);
  });

  it('is no where the state is stored by hash, and the reason is told once', async () => {
    const told: string[] = [];
    const { fake, engine } = await pairOf('go-ethereum', { onSetHeadRefused: (why) => told.push(why) });
    script(fake, { rpc_modules: MODULES, debug_dbGet: BY_HASH }, 2);
    expect(await engine.canSetHead(NEVER)).toBe(false);
    expect(await engine.canSetHead(NEVER)).toBe(false);
    expect(told).toEqual([expect.stringContaining('stores its state by hash')]);
  });

  it('is asked of the named RPC where the engine port does not serve it, without a token', async () => {
    const admin = await adminRpc({ rpc_modules: MODULES, debug_dbGet: BY_PATH });
    const url = admin.url.replace('http://', 'http://user:pass@');
    const { fake, engine } = await pairOf('go-ethereum', { adminRpcUrl: url }, false);
    script(fake, { rpc_modules: NO_DEBUG });
    expect(await engine.canSetHead(NEVER)).toBe(true);
    expect(admin.methods).toEqual(['rpc_modules', 'debug_dbGet']);
    expect(admin.received.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill(`Basic ${Buffer.from('user:pass').toString('base64')}`),
    );
    expect(fake.callsOf('debug_dbGet')).toEqual([]);
  });

  it('is no where the named RPC cannot be used, and the reason shows nothing but its address', async () => {
    const told: string[] = [];
    const options = { onSetHeadRefused: (why: string) => told.push(why) };
    const closed = { ...options, adminRpcUrl: 'http://user:pass@127.0.0.1:1/key' };
    const { fake, engine } = await pairOf('go-ethereum', closed, false);
    script(fake, { rpc_modules: NO_DEBUG });
    expect(await engine.canSetHead(NEVER)).toBe(false);
    const admin = await adminRpc({ rpc_modules: NO_DEBUG });
    const without = await pairOf('go-ethereum', { ...options, adminRpcUrl: `${admin.url}/key` }, false);
    script(without.fake, { rpc_modules: NO_DEBUG });
    expect(await without.engine.canSetHead(NEVER)).toBe(false);
    await pairOf('Reth', { ...options, adminRpcUrl: admin.url }, false).then(({ engine: reth }) =>
      reth.canSetHead(NEVER),
    );
    expect(told).toEqual([
      expect.stringContaining('http://127.0.0.1:1 cannot be asked'),
      `${new URL(admin.url).origin} does not serve debug`,
      'debug_setHead of reth is not known to work',
    ]);
    expect(told.join() + inspect(engine, { depth: 6, showHidden: true })).not.toMatch(/pass|\/key/);
  });

  it('is an error where the engine port cannot be read', async () => {
    const { fake, engine } = await pairOf('go-ethereum', { timeoutMs: 500 });
    fake.fault('rpc_modules', { kind: 'lost', how: 'hang', applied: false });
    await expect(engine.canSetHead(NEVER)).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    await expect(engine.canSetHead(AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('debug_setHead', () => {
  /** An op-geth that serves it on its engine port; what it answers to the call itself is the test's. */
  async function served(answer: FakeAnswer, options: Partial<EngineOptions> = {}) {
    const pair = await pairOf('go-ethereum', options);
    script(pair.fake, { rpc_modules: MODULES, debug_dbGet: BY_PATH, debug_setHead: answer });
    return pair;
  }

  const NULL: FakeAnswer = { result: null };

  it('is sent to the engine port, with the height as a quantity', async () => {
    const { fake, engine } = await served(NULL);
    expect(await engine.setHead(A[3]!, NEVER)).toEqual({ status: 'VALID' });
    const [call] = fake.callsOf('debug_setHead');
    expect(call?.params).toEqual(['0x3']);
    expect(call?.headers.authorization).toMatch(/^Bearer /);
  });

  it('is sent to the named RPC where the engine port does not serve it', async () => {
    const admin = await adminRpc({ rpc_modules: MODULES, debug_dbGet: BY_PATH, debug_setHead: { result: null } });
    const { fake, engine } = await pairOf('go-ethereum', { adminRpcUrl: admin.url }, false);
    script(fake, { rpc_modules: NO_DEBUG });
    expect(await engine.setHead(A[3]!, NEVER)).toEqual({ status: 'VALID' });
    expect(admin.methods).toEqual(['rpc_modules', 'debug_dbGet', 'debug_setHead']);
    expect(fake.callsOf('debug_setHead')).toEqual([]);
  });

  it('is REJECTED by an EL that answers an error', async () => {
    const message = 'not allowed to rewind to a future block';
    const { engine } = await served({ error: { code: -32000, message } });
    const answer = await engine.setHead(A[3]!, NEVER);
    expect(answer).toMatchObject({ status: 'REJECTED', code: -32000, reason: expect.stringContaining(message) });
  });

  it('is UNSENT where nobody serves it, or the engine port cannot be read', async () => {
    const { fake, engine } = await pairOf('go-ethereum', { timeoutMs: 500 });
    script(fake, { rpc_modules: NO_DEBUG });
    expect(await engine.setHead(A[3]!, NEVER)).toMatchObject({ status: 'UNSENT', error: { code: 'ENGINE_RPC_ERROR' } });
    fake.fault('rpc_modules', { kind: 'lost', how: 'hang', applied: false });
    expect(await engine.setHead(A[3]!, NEVER)).toMatchObject({ status: 'UNSENT', error: { code: 'ENGINE_TIMEOUT' } });
    expect(fake.callsOf('debug_setHead')).toEqual([]);
  });

  it('is UNKNOWN where the reply is lost, or the EL gives up its own reply and works on', async () => {
    const { fake, engine } = await served(NULL);
    fake.fault('debug_setHead', { kind: 'lost', how: 'reset', applied: true });
    expect(await engine.setHead(A[3]!, NEVER)).toMatchObject({ status: 'UNKNOWN' });
    const given: FakeAnswer = { error: { code: -32002, message: 'request timed out' } };
    script(fake, { rpc_modules: MODULES, debug_dbGet: BY_PATH, debug_setHead: given });
    expect(await engine.setHead(A[3]!, NEVER)).toMatchObject({ status: 'UNKNOWN', error: { code: 'ENGINE_TIMEOUT' } });
    expect(fake.callsOf('debug_setHead')).toHaveLength(2);
  });

  it('has longer than other calls, and is one of those of which only one is under way', async () => {
    const { fake, engine } = await served(NULL, { timeoutMs: 300 });
    const gate = makeGate();
    fake.fault('debug_setHead', { kind: 'delay', until: gate.opened });
    const setting = engine.setHead(A[3]!, NEVER);
    await fake.received('debug_setHead');
    await expect(engine.newPayload(payloadOf(A[5]!), NEVER)).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(engine.setHead(A[2]!, NEVER)).rejects.toMatchObject({ code: 'INTERNAL' });
    fake.fault('eth_syncing', { kind: 'lost', how: 'hang', applied: false });
    await expect(engine.syncing(NEVER)).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    gate.open();
    expect(await setting).toEqual({ status: 'VALID' });
  });

  it('is not sent after a stop; under way, it is given the time to drain and is then UNKNOWN', async () => {
    const { fake, engine } = await served(NULL, { drainMs: 20 });
    await expect(engine.setHead(A[3]!, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    expect(fake.calls).toEqual([]);
    const stop = new AbortController();
    fake.fault('debug_setHead', { kind: 'lost', how: 'hang', applied: true });
    const setting = engine.setHead(A[3]!, stop.signal);
    await fake.received('debug_setHead');
    stop.abort();
    expect(await setting).toMatchObject({ status: 'UNKNOWN', error: { code: 'ABORTED' } });
  });
});
