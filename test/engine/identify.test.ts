import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '../../src/util/json.js';
import { A, NEVER, startPair } from './fixture.js';

const UNKNOWN_METHOD = { error: { code: -32601, message: 'the method does not exist' } };
const BLOCK_1 = { number: '0x1', hash: A[1]!.hash, parentHash: A[0]!.hash, timestamp: '0x1' };

describe('identify', () => {
  it('tells chain, genesis, capabilities and client of the EL, and writes nothing', async () => {
    const { fake, engine } = await startPair();
    fake.script('engine_exchangeCapabilities', { result: ['engine_newPayloadV4', 'engine_otherV1'] });
    fake.script('engine_getClientVersionV1', {
      result: [
        { code: 'GE', name: 'go-ethereum', version: '1.17.7-stable', commit: 'd2bc2b9e' },
        { code: 'XX', name: 'second', version: '1', commit: '00000000' },
      ],
    });
    const identity = await engine.identify(NEVER);
    expect(identity).toMatchObject({
      chainId: 0x539,
      genesis: A[0],
      capabilities: ['engine_newPayloadV4'],
      clientVersion: 'go-ethereum 1.17.7-stable',
    });
    const methods = fake.calls.map((call) => call.method);
    expect(methods.filter((name) => /newPayload|forkchoice/.test(name))).toEqual([]);
  });

  it('tells the EL who we are, and lists methods without engine_exchangeCapabilities', async () => {
    const { fake, engine } = await startPair({ version: '1.2.3' });
    await engine.identify(NEVER);
    const [listed] = fake.callsOf('engine_exchangeCapabilities')[0]!.params;
    expect(listed).toContain('engine_newPayloadV4');
    expect(listed).not.toContain('engine_exchangeCapabilities');
    const [us] = fake.callsOf('engine_getClientVersionV1')[0]!.params;
    expect(us).toEqual({ code: 'LS', name: 'lockstep', version: '1.2.3', commit: '0x00000000' });
  });

  it('has no client version and no capabilities where the EL lacks both methods', async () => {
    const { fake, engine } = await startPair();
    fake.script('engine_exchangeCapabilities', UNKNOWN_METHOD);
    fake.script('engine_getClientVersionV1', UNKNOWN_METHOD);
    expect(await engine.identify(NEVER)).toMatchObject({ clientVersion: null, capabilities: [] });
  });

  it('escapes what the EL says of itself', async () => {
    const { fake, engine } = await startPair();
    fake.script('engine_getClientVersionV1', { result: [{ name: 'a\u001b[31m', version: '1' }] });
    expect((await engine.identify(NEVER)).clientVersion).toBe('a\\u001b[31m 1');
  });

  it.each([30_000, -30_000])('measures an EL clock that is %d ms off ours', async (offsetMs) => {
    const { fake, engine } = await startPair();
    fake.clockOffsetMs = offsetMs;
    const { clockSkewMs } = await engine.identify(NEVER);
    expect(Math.abs((clockSkewMs ?? Infinity) + offsetMs)).toBeLessThan(10_000);
  });

  it.each<[string, string | null, number | null]>([
    ['the date of the reply', 'Sun, 06 Nov 1994 08:49:37 GMT', 1_000],
    ['no date', null, null],
    ['a date that is none', 'yesterday', null],
  ])('computes the skew from %s', async (_what, date, skewMs) => {
    const now = Date.now;
    const { fake, engine } = await startPair({ now: () => 784_111_778_000 });
    fake.clockOffsetMs = 784_111_778_000 - now();
    fake.date = date;
    expect((await engine.identify(NEVER)).clockSkewMs).toBe(skewMs);
  });

  it.each<[string, string, JsonValue]>([
    ['a chain id that is no quantity', 'eth_chainId', 1337],
    ['no genesis block', 'eth_getBlockByNumber', null],
    ['a genesis block of another height', 'eth_getBlockByNumber', BLOCK_1],
    ['capabilities that are no list', 'engine_exchangeCapabilities', 'all'],
    ['a client version that is no list', 'engine_getClientVersionV1', { name: 'x', version: '1' }],
    ['a client without a name', 'engine_getClientVersionV1', [{ version: '1' }]],
  ])('refuses %s', async (_what, method, result) => {
    const { fake, engine } = await startPair();
    fake.script(method, { result });
    await expect(engine.identify(NEVER)).rejects.toMatchObject({ code: 'ENGINE_SCHEMA' });
  });

  it('refuses an EL that lists no usable newPayload', async () => {
    const { fake, engine } = await startPair();
    fake.script('engine_exchangeCapabilities', { result: ['engine_newPayloadV1'] });
    await expect(engine.identify(NEVER)).rejects.toMatchObject({ code: 'ENGINE_CAPABILITY' });
  });
});
