import { describe, expect, it } from '@jest/globals';
import type { PayloadVersion } from '../../src/payload/payload.js';
import { A, B, NEVER, payloadOf, startPair } from './fixture.js';

describe('newPayload', () => {
  it.each<PayloadVersion>([2, 3, 4])('goes out as engine_newPayloadV%d', async (version) => {
    const { fake, engine } = await startPair();
    expect(await engine.newPayload(payloadOf(A[5]!, version), NEVER)).toEqual({ status: 'VALID' });
    expect(fake.calls.map((call) => call.method)).toEqual([`engine_newPayloadV${version}`]);
  });

  it('goes out as the text that was made for it', async () => {
    const { fake, engine } = await startPair();
    const payload = payloadOf(A[5]!, 4);
    await engine.newPayload(payload, NEVER);
    expect(JSON.parse(payload.request.toString())).toMatchObject({ params: fake.calls[0]!.params });
  });
});

describe('newPayloads', () => {
  const PAYLOADS = A.slice(5, 9).map((ref) => payloadOf(ref));

  it('go out as one batch, each as its own text with an id of its own', async () => {
    const { fake, engine } = await startPair();
    const answers = await engine.newPayloads(PAYLOADS, NEVER);
    expect(answers).toEqual(PAYLOADS.map(() => ({ status: 'VALID' })));
    expect(fake.httpRequests).toBe(1);
    const sent = fake.callsOf('engine_newPayloadV3');
    expect(sent.map(({ params }) => params)).toEqual(
      PAYLOADS.map(({ request }) => (JSON.parse(request.toString()) as { params: unknown }).params),
    );
  });

  it('may be of different versions, as where a fork activates', async () => {
    const { fake, engine } = await startPair();
    await engine.newPayloads([payloadOf(A[5]!, 3), payloadOf(A[6]!, 4)], NEVER);
    expect(fake.calls.map(({ method }) => method)).toEqual(['engine_newPayloadV3', 'engine_newPayloadV4']);
  });

  it('have each an answer of its own', async () => {
    const { fake, engine } = await startPair();
    fake.script('engine_newPayloadV4', { error: { code: -38005, message: 'unsupported fork' } });
    const answers = await engine.newPayloads([payloadOf(A[5]!), payloadOf(B[5]!, 4), payloadOf(A[6]!)], NEVER);
    expect(answers).toMatchObject([{ status: 'VALID' }, { status: 'REJECTED', code: -38005 }, { status: 'VALID' }]);
  });

  it('are told apart by their ids, in whatever order the EL answers', async () => {
    const { fake, engine } = await startPair();
    const reply = (id: number, status: string) => ({ jsonrpc: '2.0', id, result: { status, latestValidHash: null } });
    fake.fault('engine_newPayloadV3', { kind: 'body', body: JSON.stringify([reply(2, 'SYNCING'), reply(1, 'VALID')]) });
    const answers = await engine.newPayloads(PAYLOADS.slice(0, 2), NEVER);
    expect(answers).toEqual([{ status: 'VALID' }, { status: 'SYNCING' }]);
  });

  it('are one state-changing call: no other may be under way', async () => {
    const { engine } = await startPair();
    const sending = engine.newPayloads(PAYLOADS, NEVER);
    await expect(engine.newPayload(PAYLOADS[0]!, NEVER)).rejects.toMatchObject({ code: 'INTERNAL' });
    await sending;
  });

  it('are not sent after a stop', async () => {
    const { fake, engine } = await startPair();
    await expect(engine.newPayloads(PAYLOADS, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    expect(fake.calls).toEqual([]);
  });

  it('are all unknown when the connection breaks, and none is sent again', async () => {
    const { fake, engine } = await startPair();
    fake.fault('engine_newPayloadV3', { kind: 'lost', how: 'reset', applied: true });
    const answers = await engine.newPayloads(PAYLOADS, NEVER);
    expect(answers.map(({ status }) => status)).toEqual(PAYLOADS.map(() => 'UNKNOWN'));
    expect(fake.callsOf('engine_newPayloadV3').length).toBeLessThanOrEqual(PAYLOADS.length);
  });

  it.each([
    ['an array of one error', [{ jsonrpc: '2.0', id: null, error: { code: -32600, message: 'batch too large' } }]],
    ['one error', { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'batch too large' } }],
  ])('are all rejected by a server that refuses the batch with %s', async (_shape, reply) => {
    const { fake, engine } = await startPair();
    fake.fault('engine_newPayloadV3', { kind: 'body', body: JSON.stringify(reply) });
    const answers = await engine.newPayloads(PAYLOADS, NEVER);
    expect(answers).toMatchObject(PAYLOADS.map(() => ({ status: 'REJECTED', code: -32600 })));
  });

  it.each([
    ['fewer replies than calls', [{ jsonrpc: '2.0', id: 1, result: { status: 'VALID', latestValidHash: null } }]],
    ['no JSON', 'not json'],
  ])('are all unknown after %s: the EL has acted by then', async (_shape, reply) => {
    const { fake, engine } = await startPair();
    fake.fault('engine_newPayloadV3', {
      kind: 'body',
      body: typeof reply === 'string' ? reply : JSON.stringify(reply),
    });
    const answers = await engine.newPayloads(PAYLOADS, NEVER);
    expect(answers.map(({ status }) => status)).toEqual(PAYLOADS.map(() => 'UNKNOWN'));
  });
});
