import { describe, expect, it } from '@jest/globals';
import type { PayloadVersion } from '../../src/payload/payload.js';
import { A, NEVER, payloadOf, startPair } from './fixture.js';

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
