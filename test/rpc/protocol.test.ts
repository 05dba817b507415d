import { afterEach, describe, expect, it } from '@jest/globals';
import { JsonRpcProvider } from 'ethers/providers';
import fc from 'fast-check';
import type { JsonValue } from '../../src/util/json.js';
import { closeAll, startRpcRig } from './fixture.js';
import { l2Ref } from './op-chain.js';

afterEach(closeAll);

const VERSION = 'lockstep/v1.2.3';
const call = (id: JsonValue, method = 'optimism_version', params: JsonValue = []): JsonValue => ({
  ...{ jsonrpc: '2.0', id, method, params },
});

describe('a request', () => {
  it.each<[string, JsonValue]>([
    ['a number', 7],
    ['a fraction', 1.5],
    ['text', 'a "b"'],
    ['no text', ''],
    ['null', null],
  ])('gets its id back: %s', async (_what, id) => {
    const { post } = await startRpcRig();
    expect(await post(call(id))).toEqual({ status: 200, body: { jsonrpc: '2.0', id, result: VERSION } });
  });

  it('without an id is a notification and gets no answer, whatever it asks for', async () => {
    const { post, ordered } = await startRpcRig({ admin: true });
    for (const method of ['follow_pause', 'optimism_version', 'no_such', 'admin_stopSequencer']) {
      expect(await post({ jsonrpc: '2.0', method })).toEqual({ status: 204, body: undefined });
    }
    expect(ordered).toEqual(['pause']);
  });

  it('needs no params', async () => {
    const { post } = await startRpcRig();
    for (const params of [{}, { params: null }, { params: [] }]) {
      const { body } = await post({ jsonrpc: '2.0', id: 1, method: 'optimism_version', ...params });
      expect(body).toMatchObject({ result: VERSION });
    }
  });

  it.each<[string, JsonValue]>([
    ['null', null],
    ['a number', 1],
    ['text', 'optimism_version'],
    ['true', true],
    ['nothing in it', {}],
    ['no version', { id: 1, method: 'optimism_version' }],
    ['version 1', { jsonrpc: '1.0', id: 1, method: 'optimism_version' }],
    ['version 2 as a number', { jsonrpc: 2, id: 1, method: 'optimism_version' }],
    ['no method', { jsonrpc: '2.0', id: 1 }],
    ['a method that is a number', { jsonrpc: '2.0', id: 1, method: 1 }],
    ['a method that is a list', { jsonrpc: '2.0', id: 1, method: ['optimism_version'] }],
    ['an id that is a list', call([1])],
    ['an id that is an object', call({})],
    ['an id that is true', call(true)],
  ])('is invalid as %s', async (_what, body) => {
    const { post } = await startRpcRig();
    expect(await post(body)).toMatchObject({ status: 200, body: { jsonrpc: '2.0', error: { code: -32600 } } });
  });

  it('that is an answer itself changes nothing', async () => {
    const { post } = await startRpcRig();
    expect((await post({ jsonrpc: '2.0', id: 1, result: 1 })).body).toMatchObject({ error: { code: -32600 } });
  });

  it('does not get a long name of a method back', async () => {
    const { refused } = await startRpcRig();
    const { message } = await refused(`x${'y'.repeat(50_000)}`);
    expect(JSON.stringify(message).length).toBeLessThan(150);
  });
});

describe('a batch', () => {
  it('gets an answer for each request that has an id, and for each that is none', async () => {
    const { post } = await startRpcRig();
    const { body } = await post([call(1), { jsonrpc: '2.0', method: 'optimism_version' }, 1, call(2, 'no_such')]);
    expect(body).toMatchObject([
      { id: 1, result: VERSION },
      { id: null, error: { code: -32600 } },
      { id: 2, error: { code: -32601 } },
    ]);
  });

  it('of one is answered by a list of one', async () => {
    const { post } = await startRpcRig();
    expect((await post([call(1)])).body).toEqual([{ jsonrpc: '2.0', id: 1, result: VERSION }]);
  });

  it('of notifications gets no answer', async () => {
    const { post } = await startRpcRig();
    expect(await post([{ jsonrpc: '2.0', method: 'optimism_version' }])).toEqual({ status: 204, body: undefined });
  });

  it('of none, of lists, and of too many is invalid', async () => {
    const { post } = await startRpcRig();
    expect((await post([])).body).toMatchObject({ id: null, error: { code: -32600 } });
    expect((await post([[call(1)]])).body).toMatchObject([{ id: null, error: { code: -32600 } }]);
    const many = Array.from({ length: 51 }, (_, id) => call(id));
    expect((await post(many)).body).toMatchObject({ id: null, error: { code: -32600 } });
    expect((await post(many.slice(1))).body).toHaveLength(50);
  });
});

describe('any JSON at all', () => {
  it('is answered by the rules of JSON-RPC 2.0: an answer for each request with an id, and no bug', async () => {
    const { post, bugs } = await startRpcRig();
    const names = ['optimism_version', 'optimism_outputAtBlock', 'follow_events', 'no_such'];
    const request = fc.record(
      {
        jsonrpc: fc.oneof(fc.constant('2.0'), fc.jsonValue()),
        id: fc.oneof(fc.integer(), fc.string(), fc.jsonValue()),
        method: fc.oneof(fc.constantFrom(...names), fc.jsonValue()),
        params: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(request, fc.array(request, { maxLength: 5 }), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        const { status, body: answer } = await post(sent as JsonValue);
        if (status === 204) return;
        expect(status).toBe(200);
        for (const one of Array.isArray(answer) ? answer : [answer]) {
          expect(one).toMatchObject({ jsonrpc: '2.0' });
          expect(Object.hasOwn(one as object, 'result')).not.toBe(Object.hasOwn(one as object, 'error'));
        }
      }),
      { numRuns: 300 },
    );
    expect(bugs).toEqual([]);
  });
});

describe('a library that speaks JSON-RPC', () => {
  it('works (ethers, one by one and in batches)', async () => {
    const { url } = await startRpcRig();
    const provider = new JsonRpcProvider(url, 901, { staticNetwork: true });
    try {
      const [version, output] = await Promise.all([
        provider.send('optimism_version', []) as Promise<unknown>,
        provider.send('optimism_outputAtBlock', ['0xb']) as Promise<unknown>,
      ]);
      expect(version).toBe(VERSION);
      expect(output).toMatchObject({ blockRef: l2Ref(11) });
      await expect(provider.send('optimism_safeHeadAtL1Block', ['0xb'])).rejects.toMatchObject({
        error: { code: -32004 },
      });
    } finally {
      provider.destroy();
    }
  });
});
