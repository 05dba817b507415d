import { describe, expect, it } from '@jest/globals';
import { forkchoice } from '../../src/chain/forkchoice.js';
import { A, makeGate, NEVER, payloadOf, startPair } from './fixture.js';

const TO_5 = forkchoice(A[5]!, { safe: null, finalized: null });

describe('state-changing calls', () => {
  it('are refused while a newPayload is under way, and taken after it', async () => {
    const { fake, engine } = await startPair();
    const gate = makeGate();
    fake.fault('engine_newPayloadV3', { kind: 'delay', until: gate.opened });
    const first = engine.newPayload(payloadOf(A[5]!), NEVER);
    await expect(engine.newPayload(payloadOf(A[6]!), NEVER)).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(engine.applyForkchoice(TO_5, NEVER)).rejects.toMatchObject({ code: 'INTERNAL' });
    gate.open();
    expect(await first).toEqual({ status: 'VALID' });
    expect(await engine.newPayload(payloadOf(A[6]!), NEVER)).toEqual({ status: 'VALID' });
    expect(fake.callsOf('engine_newPayloadV3')).toHaveLength(2);
    expect(fake.callsOf('engine_forkchoiceUpdatedV3')).toHaveLength(0);
  });

  it('are refused until a forkchoice is read back', async () => {
    const { fake, engine } = await startPair();
    const gate = makeGate();
    fake.fault('eth_getBlockByNumber', { kind: 'delay', until: gate.opened });
    const applying = engine.applyForkchoice(TO_5, NEVER);
    await fake.received('eth_getBlockByNumber');
    await expect(engine.newPayload(payloadOf(A[6]!), NEVER)).rejects.toMatchObject({ code: 'INTERNAL' });
    gate.open();
    expect(await applying).toMatchObject({ effect: 'moved' });
    expect(await engine.newPayload(payloadOf(A[6]!), NEVER)).toEqual({ status: 'VALID' });
  });

  it('are taken again after one that failed or was stopped', async () => {
    const { fake, engine } = await startPair();
    fake.fault('engine_newPayloadV3', { kind: 'lost', how: 'reset', applied: false });
    expect(await engine.newPayload(payloadOf(A[5]!), NEVER)).toMatchObject({ status: 'UNKNOWN' });
    await expect(engine.newPayload(payloadOf(A[5]!), AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await engine.newPayload(payloadOf(A[5]!), NEVER)).toEqual({ status: 'VALID' });
  });
});
