import { afterEach, describe, expect, it } from '@jest/globals';
import { LARGE_BUFFERS } from '../../src/util/buffer-pool.js';
import { LockstepError } from '../../src/util/errors.js';
import { answering, send } from '../rig/http-server.js';
import { CALL, closeAll, connect, echo, failure, never, reply, serve } from './rpc-fixture.js';

afterEach(closeAll);

describe('a request', () => {
  it('keeps path and query, and turns user-info into a Basic authorization header', async () => {
    const server = await serve(echo);
    const url = `http://us%40er:p%3Ass@127.0.0.1:${server.port}/v3/key?tier=1`;
    const transport = connect(url, { headers: { 'X-Team': 'blue' } });
    await transport.call(CALL, { signal: never() });
    const [request] = server.received;
    expect(request?.path).toBe('/v3/key?tier=1');
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('us@er:p:ss').toString('base64')}`);
    expect(request?.headers['x-team']).toBe('blue');
    expect(request?.headers.host).toBe(`127.0.0.1:${server.port}`);
    expect(transport.name).toBe(server.url);
  });

  it('takes headers per call over those of the transport', async () => {
    const server = await serve(echo);
    const transport = connect(server.url, { headers: { Authorization: 'one' } });
    await transport.call(CALL, { signal: never(), headers: { authorization: 'two' } });
    expect(server.received[0]?.headers.authorization).toBe('two');
  });

  it('uses one connection for calls in a row', async () => {
    const server = await serve(echo);
    const transport = connect(server.url, { maxConnections: 1 });
    for (let call = 0; call < 5; call++) await transport.call(CALL, { signal: never() });
    expect(server.received.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 1]);
  });

  it('never has more connections than allowed', async () => {
    const server = await serve(echo);
    const transport = connect(server.url, { maxConnections: 2 });
    await Promise.all(Array.from({ length: 20 }, () => transport.call(CALL, { signal: never() })));
    expect(new Set(server.received.map(({ connection }) => connection)).size).toBeLessThanOrEqual(2);
    expect(server.received).toHaveLength(20);
  });

  it('gives the Date header with the reply', async () => {
    const server = await serve((_, response) => send(response, '{}', 200, { date: 'Sun, 06 Nov 1994 08:49:37 GMT' }));
    const reply = await connect(server.url).post('{}', { signal: never() });
    expect(reply.date).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
  });

  it('refuses a URL or header that cannot be used, without repeating it', () => {
    const attempts = [
      () => connect('ftp://user:secret@host'),
      () => connect('secret'),
      () => connect('http://127.0.0.1', { headers: { 'x-key': 'secret\r\nhost: other' } }),
      () => connect('http://127.0.0.1', { headers: { 'secret name': 'x' } }),
    ];
    for (const attempt of attempts) {
      expect(attempt).toThrow(LockstepError);
      expect(attempt).toThrow(/configuration is not usable: (?!.*secret)/);
    }
  });
});

describe('a call', () => {
  it('throws an error object with its code and method, and its text made safe', async () => {
    const error = { code: -32000, message: 'a\r\nb\u001b[31mc\u2028d\u0000' };
    const server = await serve(answering(() => ({ error })));
    const thrown = await failure(connect(server.url).call(CALL, { signal: never() }));
    expect(thrown.code).toBe('SOURCE_RPC_ERROR');
    expect(thrown.data).toEqual({ rpcCode: -32000, method: 'eth_chainId' });
    expect(thrown.message).toContain('a\\u000d\\u000ab\\u001b[31mc\\u2028d\\u0000');
  });

  it.each([-32005, -32029, 429])('takes the error code %d of a source as a rate limit', async (code) => {
    const server = await serve(answering(() => ({ error: { code, message: 'slow down' } })));
    const ofSource = await failure(connect(server.url).call(CALL, { signal: never() }));
    const ofEngine = await failure(connect(server.url, { peer: 'ENGINE' }).call(CALL, { signal: never() }));
    expect([ofSource.code, ofEngine.code]).toEqual(['SOURCE_THROTTLED', 'ENGINE_RPC_ERROR']);
  });

  it('refuses the reply to another call', async () => {
    const server = await serve(({ calls }, response) => send(response, reply((calls[0]?.id ?? 0) + 1, '"0x1"')));
    expect((await failure(connect(server.url).call(CALL, { signal: never() }))).code).toBe('SOURCE_SCHEMA');
  });

  it('reads a JSON-RPC error that comes with an HTTP error status', async () => {
    for (const status of [400, 403, 404, 500, 503]) {
      const server = await serve(({ calls }, response) => {
        const error = { code: -32601, message: 'no' };
        send(response, JSON.stringify({ jsonrpc: '2.0', id: calls[0]?.id, error }), status);
      });
      const thrown = await failure(connect(server.url).call(CALL, { signal: never() }));
      expect([thrown.code, thrown.data['rpcCode']]).toEqual(['SOURCE_RPC_ERROR', -32601]);
    }
  });
});

describe('the memory of a large reply', () => {
  const text = 'x'.repeat(100_000);
  const one = (id: number): unknown => ({ jsonrpc: '2.0', id, result: text });

  it('serves the next one, and nothing that was read is changed by that', async () => {
    const server = await serve(({ calls, batch }, response) => {
      const replies = calls.map(({ id }) => one(id));
      send(response, JSON.stringify(batch ? replies : replies[0]));
    });
    const transport = connect(server.url);
    const result = await transport.call(CALL, { signal: never() });
    const outcomes = await transport.batch([CALL], { signal: never() });
    const memory = LARGE_BUFFERS.take(100_000).fill(0);
    LARGE_BUFFERS.giveBack(memory);
    expect([result, outcomes]).toEqual([text, [{ ok: true, result: text }]]);
    await transport.call(CALL, { signal: never() });
    await transport.batch([CALL], { signal: never() });
    expect(LARGE_BUFFERS.take(100_000).buffer).toBe(memory.buffer);
  });
});

describe('a batch', () => {
  const calls = [1, 2, 3].map((n) => ({ method: 'm', params: [n] }));

  it('gives outcomes in the order of the calls, whatever the order of the replies', async () => {
    const server = await serve((received, response) => {
      const replies = received.calls.map(({ id, params: [n] }) =>
        n === 2 ? { jsonrpc: '2.0', id, error: { code: 5, message: 'two' } } : { jsonrpc: '2.0', id, result: n },
      );
      send(response, JSON.stringify(replies.reverse()));
    });
    expect(await connect(server.url).batch(calls, { signal: never() })).toEqual([
      { ok: true, result: 1 },
      { ok: false, code: 5, message: 'two' },
      { ok: true, result: 3 },
    ]);
    expect(server.received).toHaveLength(1);
  });

  it.each([
    ['an array of one error', '[{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}]'],
    ['one error', '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}'],
    ['one error without id', '{"jsonrpc":"2.0","error":{"code":-32600,"message":"batch too large"}}'],
  ])('is refused as a whole by %s', async (_, body) => {
    const server = await serve((_received, response) => send(response, body));
    const thrown = await failure(connect(server.url).batch(calls, { signal: never() }));
    expect([thrown.code, thrown.data]).toEqual(['SOURCE_RPC_ERROR', { rpcCode: -32600, method: 'batch' }]);
  });

  it.each([
    ['a reply is missing', (ids: number[]) => ids.slice(1)],
    ['a reply comes twice', (ids: number[]) => [ids[0], ids[0], ids[1]]],
    ['a reply is of another call', (ids: number[]) => [ids[0], ids[1], 999]],
    ['there is one reply too many', (ids: number[]) => [...ids, 999]],
    ['there is none', () => []],
  ])('is refused when %s', async (_, change) => {
    const server = await serve((received, response) => {
      const ids = change(received.calls.map(({ id }) => id));
      send(response, `[${ids.map((id) => reply(id, '1')).join(',')}]`);
    });
    expect((await failure(connect(server.url).batch(calls, { signal: never() }))).code).toBe('SOURCE_SCHEMA');
  });
});
