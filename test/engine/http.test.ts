import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { forkchoice } from '../../src/chain/forkchoice.js';
import { createEngine } from '../../src/engine/http.js';
import type { FakeFault } from '../rig/fake-engine.js';
import { A, connect, NEVER, payloadOf, SECRET, startPair } from './fixture.js';

/** Everything a log or a crash report could show of a value, causes included. */
function shown(value: unknown): string {
  const causes: unknown[] = [];
  for (let each = value; each instanceof Error; each = each.cause)
    causes.push(each.stack, each.message, Object.entries(each));
  return [JSON.stringify(value), inspect(value, { depth: Infinity, showHidden: true }), inspect(causes)].join('\n');
}

describe('the engine', () => {
  it('is named by scheme and host alone', () => {
    expect(connect('http://user:pass@127.0.0.1:8551/path?key=1').name).toBe('http://127.0.0.1:8551');
  });

  it.each(['not a url', 'ftp://127.0.0.1/', '/var/run/engine.ipc'])('is not made for %s', (url) => {
    const options = { url, jwtSecret: SECRET, timeoutMs: 1_000, version: '0' };
    expect(() => createEngine(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('asks for no compression', async () => {
    const { fake, engine } = await startPair();
    await engine.heads(NEVER);
    expect(fake.calls[0]!.headers['accept-encoding']).toBeUndefined();
  });

  it('uses at most two connections', async () => {
    const { fake, engine } = await startPair();
    await Promise.all([0, 1, 2, 3, 4].map((number) => engine.refAt(number, NEVER)));
    expect(fake.connections).toBeLessThanOrEqual(2);
  });

  it('refuses a reply larger than 64 MiB', async () => {
    const { fake, engine } = await startPair();
    const headers = { 'content-length': String(64 * 1024 * 1024 + 1) };
    fake.fault('eth_syncing', { kind: 'status', status: 200, body: '', headers });
    await expect(engine.syncing(NEVER)).rejects.toMatchObject({ code: 'ENGINE_OVERSIZE' });
  });

  it('does not take a reply that is too large for a request that was not read', async () => {
    const { fake, engine } = await startPair();
    const headers = { 'content-length': String(64 * 1024 * 1024 + 1) };
    fake.fault('engine_newPayloadV3', { kind: 'status', status: 200, body: '', headers });
    const answer = await engine.newPayload(payloadOf(A[5]!), NEVER);
    expect(answer).toMatchObject({ status: 'UNKNOWN', error: { code: 'ENGINE_OVERSIZE' } });
  });
});

describe('the secret', () => {
  const faults: readonly FakeFault[] = [
    { kind: 'status', status: 401, body: 'signature is invalid' },
    { kind: 'status', status: 403, body: '' },
    { kind: 'status', status: 413, body: '' },
    { kind: 'status', status: 500, body: 'oops' },
    { kind: 'lost', how: 'reset', applied: false },
    { kind: 'lost', how: 'hang', applied: false },
    { kind: 'body', body: '{' },
    { kind: 'body', body: '[]' },
  ];

  it('is shown by neither the engine nor any error or answer, and no token is', async () => {
    const { fake, engine } = await startPair({ timeoutMs: 500 });
    const everything: unknown[] = [engine];
    for (const fault of faults) {
      fake.fault('eth_syncing', fault, fault);
      everything.push(await engine.syncing(NEVER).catch((error: unknown) => error));
      fake.fault('engine_newPayloadV3', fault, fault);
      everything.push(await engine.newPayload(payloadOf(A[5]!), NEVER));
      fake.fault('engine_forkchoiceUpdatedV3', fault, fault);
      const fc = forkchoice(A[5]!, { safe: null, finalized: null });
      const applied = await engine.applyForkchoice(fc, NEVER);
      everything.push(applied, 'error' in applied.answer && applied.answer.error);
    }
    const text = everything.map(shown).join('\n');
    const tokens = fake.calls.map(({ headers }) => headers.authorization!.slice('Bearer '.length));
    expect(tokens.length).toBeGreaterThan(faults.length);
    const secrets = [SECRET.toString('hex'), SECRET.toString('base64'), inspect(SECRET).slice(8, 40)];
    for (const secret of [...secrets, ...tokens, ...tokens.map((token) => token.split('.')[2]!)]) {
      expect(text).not.toContain(secret);
    }
    expect(text).toContain('ENGINE_AUTH');
  });
});
