import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { NOT_SYNCING } from '../../src/engine/engine.js';
import { forkchoice } from '../../src/chain/forkchoice.js';
import type { FakeEngine, FakeFault } from '../rig/fake-engine.js';
import { A, connect, makeGate, NEVER, payloadOf, SECRET, startPair } from './fixture.js';

const STALE: FakeFault = { kind: 'status', status: 401, body: 'stale token' };
const RESET: FakeFault = { kind: 'lost', how: 'reset', applied: false };
const TO_5 = forkchoice(A[5]!, { safe: null, finalized: null });

/** The iat of each request that carried the method. */
function issuedAt(fake: FakeEngine, method: string): (number | undefined)[] {
  return fake.callsOf(method).map(({ headers }) => decodeJwt(headers.authorization!.slice('Bearer '.length)).iat);
}

/** A clock that starts at the present and is moved by hand. */
function handClock() {
  const clock = { ms: Date.now(), now: () => clock.ms };
  return clock;
}

describe('authentication', () => {
  it('puts a token on every request', async () => {
    const { fake, engine } = await startPair();
    await engine.identify(NEVER);
    await engine.heads(NEVER);
    await engine.newPayload(payloadOf(A[5]!), NEVER);
    await engine.applyForkchoice(TO_5, NEVER);
    expect(fake.calls.every(({ headers }) => headers.authorization?.startsWith('Bearer ') === true)).toBe(true);
  });

  it.each(['read', 'newPayload', 'forkchoice'])('makes a %s again with a fresh token after one 401', async (call) => {
    const clock = handClock();
    const { fake, engine } = await startPair({ now: clock.now });
    await engine.heads(NEVER);
    clock.ms += 10_000;
    const methods = ['eth_syncing', 'engine_newPayloadV3', 'engine_forkchoiceUpdatedV3'];
    for (const method of methods) fake.fault(method, STALE);
    if (call === 'read') expect(await engine.syncing(NEVER)).toEqual(NOT_SYNCING);
    if (call === 'newPayload') expect(await engine.newPayload(payloadOf(A[5]!), NEVER)).toEqual({ status: 'VALID' });
    if (call === 'forkchoice') expect(await engine.applyForkchoice(TO_5, NEVER)).toMatchObject({ effect: 'moved' });
    const [refused, accepted] = methods.flatMap((method) => issuedAt(fake, method));
    expect(accepted! - refused!).toBe(10);
  });

  it('gives up after the second 401', async () => {
    const { fake, engine } = await startPair();
    fake.fault('eth_syncing', STALE, STALE, STALE);
    await expect(engine.syncing(NEVER)).rejects.toMatchObject({ code: 'ENGINE_AUTH' });
    expect(fake.callsOf('eth_syncing')).toHaveLength(2);
  });

  it('is refused under another key', async () => {
    const { fake } = await startPair();
    const engine = connect(fake.url, { jwtSecret: Buffer.alloc(32, 7) });
    await expect(engine.heads(NEVER)).rejects.toMatchObject({ code: 'ENGINE_AUTH' });
  });

  it.each([61_500, -61_500])('is refused by an EL whose clock is %d ms off', async (offsetMs) => {
    const { fake } = await startPair();
    fake.clockOffsetMs = offsetMs;
    const engine = connect(fake.url, { jwtSecret: SECRET });
    await expect(engine.heads(NEVER)).rejects.toMatchObject({ code: 'ENGINE_AUTH' });
  });
});

describe('reads', () => {
  it('are sent again once when the EL closes a kept connection on them', async () => {
    const { fake, engine } = await startPair();
    await engine.heads(NEVER);
    fake.fault('eth_syncing', RESET);
    expect(await engine.syncing(NEVER)).toEqual(NOT_SYNCING);
    fake.fault('eth_syncing', RESET, RESET);
    await expect(engine.syncing(NEVER)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect(fake.callsOf('eth_syncing')).toHaveLength(4);
  });

  it.each<[string, FakeFault, string]>([
    ['a deadline', { kind: 'lost', how: 'hang', applied: false }, 'ENGINE_TIMEOUT'],
    ['a server error', { kind: 'status', status: 500, body: '' }, 'ENGINE_BAD_BODY'],
    ['a redirect', { kind: 'status', status: 302, body: '', headers: { location: '/' } }, 'ENGINE_BAD_BODY'],
    ['a foreign Host', { kind: 'status', status: 403, body: 'invalid host specified' }, 'ENGINE_FORBIDDEN'],
  ])('are not sent again after %s', async (_what, fault, code) => {
    const { fake, engine } = await startPair({ timeoutMs: 500 });
    fake.fault('eth_syncing', fault);
    await expect(engine.syncing(NEVER)).rejects.toMatchObject({ code });
    expect(fake.callsOf('eth_syncing')).toHaveLength(1);
  });

  it('are cut at once when their signal aborts', async () => {
    const { fake, engine } = await startPair();
    const stop = new AbortController();
    fake.fault('eth_syncing', { kind: 'lost', how: 'hang', applied: false });
    const reading = engine.syncing(stop.signal);
    await fake.received('eth_syncing');
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('overlap a state-changing call', async () => {
    const { fake, engine } = await startPair();
    const gate = makeGate();
    fake.fault('engine_newPayloadV3', { kind: 'delay', until: gate.opened });
    const writing = engine.newPayload(payloadOf(A[5]!), NEVER);
    await fake.received('engine_newPayloadV3');
    expect(await engine.refAt(4, NEVER)).toEqual(A[4]);
    gate.open();
    expect(await writing).toEqual({ status: 'VALID' });
  });
});

describe('after its signal has aborted, a state-changing call', () => {
  it('is not sent', async () => {
    const { fake, engine } = await startPair();
    const stopped = AbortSignal.abort();
    await expect(engine.newPayload(payloadOf(A[5]!), stopped)).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(engine.applyForkchoice(TO_5, stopped)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(fake.calls).toEqual([]);
  });

  it('is not repeated', async () => {
    const { fake, engine } = await startPair({ repeatDelaysMs: [20_000] });
    const stop = new AbortController();
    fake.forkchoiceMode = { kind: 'never-moves' };
    const applying = engine.applyForkchoice(TO_5, stop.signal);
    await fake.received('eth_getBlockByNumber');
    stop.abort();
    await expect(applying).rejects.toMatchObject({ code: 'ABORTED' });
    expect(fake.callsOf('engine_forkchoiceUpdatedV3')).toHaveLength(1);
  });

  it('is not sent again with a fresh token', async () => {
    const { fake, engine } = await startPair();
    const stop = new AbortController();
    const gate = makeGate();
    fake.fault('engine_newPayloadV3', { ...STALE, until: gate.opened });
    const sending = engine.newPayload(payloadOf(A[5]!), stop.signal);
    await fake.received('engine_newPayloadV3');
    stop.abort();
    gate.open();
    expect(await sending).toMatchObject({ status: 'UNSENT', error: { code: 'ABORTED' } });
    expect(fake.callsOf('engine_newPayloadV3')).toHaveLength(1);
  });

  it('is answered when it was under way and the EL is quick enough', async () => {
    const { fake, engine } = await startPair({ drainMs: 15_000 });
    const stop = new AbortController();
    const gate = makeGate();
    fake.fault('engine_newPayloadV3', { kind: 'delay', until: gate.opened });
    const sending = engine.newPayload(payloadOf(A[5]!), stop.signal);
    await fake.received('engine_newPayloadV3');
    stop.abort();
    gate.open();
    expect(await sending).toEqual({ status: 'VALID' });
  });

  it('is UNKNOWN when it was under way and the EL takes longer than the drain', async () => {
    const { fake, engine } = await startPair({ drainMs: 20 });
    const stop = new AbortController();
    fake.fault('engine_newPayloadV3', { kind: 'lost', how: 'hang', applied: true });
    const sending = engine.newPayload(payloadOf(A[5]!), stop.signal);
    await fake.received('engine_newPayloadV3');
    stop.abort();
    expect(await sending).toMatchObject({ status: 'UNKNOWN', error: { code: 'ABORTED' } });
  });

  it('is not sent when it was still waiting for a connection', async () => {
    const { fake, engine } = await startPair({ drainMs: 15_000 });
    const stop = new AbortController();
    const gate = makeGate();
    const busy: FakeFault = { kind: 'delay', until: gate.opened };
    fake.fault('eth_syncing', busy, busy);
    const reads = [engine.syncing(NEVER), engine.syncing(NEVER)];
    await fake.received('eth_syncing', 2);
    const sending = engine.newPayload(payloadOf(A[5]!), stop.signal);
    stop.abort();
    expect(await sending).toMatchObject({ status: 'UNSENT', error: { code: 'ABORTED' } });
    gate.open();
    await Promise.all(reads);
    await engine.heads(NEVER);
    expect(fake.callsOf('engine_newPayloadV3')).toEqual([]);
  });
});
