import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { send, type Script } from '../rig/http-server.js';
import { CALL, closeAll, connect, echo, failure, never, reply, serve } from './rpc-fixture.js';

afterEach(closeAll);

describe('a body', () => {
  it.each<[string, Script]>([
    [
      'short of its content-length',
      (_, response) => {
        response.writeHead(200, { 'content-length': 99 }).write('{"jso');
        setImmediate(() => response.destroy());
      },
    ],
    [
      'cut within a chunk',
      (_, response) => {
        response.writeHead(200).write('{"jsonrpc":');
        setImmediate(() => response.destroy());
      },
    ],
    [
      'cut where closing ends it',
      (_, response) => void response.socket?.end('HTTP/1.1 200 OK\r\n\r\n{"jsonrpc":"2.0","i'),
    ],
    ['that is no HTTP', (_, response) => void response.socket?.end('hello\r\n\r\n')],
    ['that is empty', (_, response) => send(response, '')],
    ['of a web page', (_, response) => send(response, '<html>busy</html>', 200, { 'content-type': 'text/html' })],
    [
      'inflated without being asked',
      (_, response) => send(response, gzipSync('{}'), 200, { 'content-encoding': 'gzip' }),
    ],
  ])('%s is no reply', async (_, script) => {
    const server = await serve(script);
    expect((await failure(connect(server.url).call(CALL, { signal: never() }))).code).toBe('SOURCE_BAD_BODY');
    expect(server.received).toHaveLength(1);
  });

  it('is quoted in the error by at most its first 200 characters, escaped', async () => {
    const server = await serve((_, response) => send(response, `<p>\u001b[2J${'x'.repeat(5000)}tail`));
    const { message } = await failure(connect(server.url).call(CALL, { signal: never() }));
    expect(message).toContain('"<p>\\u001b[2Jxxx');
    expect(message).not.toContain('tail');
    expect(message.length).toBeLessThan(400);
  });

  it('over the cap is refused by its announced length, and the connection closed', async () => {
    const server = await serve((_, response) => response.writeHead(200, { 'content-length': 1001 }).flushHeaders());
    const thrown = await failure(connect(server.url, { maxResponseBytes: 1000 }).call(CALL, { signal: never() }));
    expect([thrown.code, thrown.data]).toEqual(['SOURCE_OVERSIZE', { phase: 'exchange' }]);
    await server.disconnected();
  });

  it('without end is refused as soon as the cap is passed, and the connection closed', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16 * 1024)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const thrown = await failure(connect(server.url).call(CALL, { signal: never() }));
    expect(thrown.code).toBe('SOURCE_OVERSIZE');
    await server.disconnected();
  });

  it('of exactly the cap is read', async () => {
    const body = '{"a":1}';
    const server = await serve((_, response) => send(response, body));
    const reply = await connect(server.url, { maxResponseBytes: body.length }).post('{}', { signal: never() });
    expect(reply.body.toString()).toBe(body);
  });
});

describe('compression', () => {
  const coders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

  it('is asked for only where it is wanted', async () => {
    const server = await serve(echo);
    await connect(server.url).call(CALL, { signal: never() });
    await connect(server.url).call(CALL, { signal: never(), gzip: true });
    const asked = server.received.map(({ headers }) => headers['accept-encoding']);
    expect(asked).toEqual([undefined, 'gzip, deflate, br']);
  });

  it.each(Object.entries(coders))('with %s is undone', async (encoding, compress) => {
    const server = await serve(({ calls }, response) =>
      send(response, compress(reply(calls[0]?.id, '"0x1"')), 200, { 'content-encoding': encoding }),
    );
    expect(await connect(server.url).call(CALL, { signal: never(), gzip: true })).toBe('0x1');
  });

  it.each(Object.entries(coders))('with %s cannot pass the cap', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(64 * 1024 * 1024, 0x20));
    const server = await serve((_, response) => send(response, bomb, 200, { 'content-encoding': encoding }));
    const thrown = await failure(connect(server.url).call(CALL, { signal: never(), gzip: true }));
    expect([thrown.code, thrown.data]).toEqual(['SOURCE_OVERSIZE', { phase: 'exchange' }]);
  });

  it.each([
    ['cut short', gzipSync('{"jsonrpc":"2.0"}').subarray(0, 20), 'gzip'],
    ['of something else', Buffer.from('{}'), 'gzip'],
    ['in an unknown way', Buffer.from('{}'), 'zstd'],
    ['in two ways', gzipSync(gzipSync('{}')), 'gzip, gzip'],
  ])('%s is no reply', async (_, body, encoding) => {
    const server = await serve((_received, response) => send(response, body, 200, { 'content-encoding': encoding }));
    const thrown = await failure(connect(server.url).call(CALL, { signal: never(), gzip: true }));
    expect([thrown.code, thrown.data]).toEqual(['SOURCE_BAD_BODY', { phase: 'exchange' }]);
  });
});

describe('an HTTP status', () => {
  it.each([
    [301, 'SOURCE_REDIRECT', 'ENGINE_BAD_BODY'],
    [307, 'SOURCE_REDIRECT', 'ENGINE_BAD_BODY'],
    [401, 'SOURCE_AUTH', 'ENGINE_AUTH'],
    [403, 'SOURCE_AUTH', 'ENGINE_FORBIDDEN'],
    [404, 'SOURCE_BAD_BODY', 'ENGINE_BAD_BODY'],
    [413, 'SOURCE_BAD_BODY', 'ENGINE_OVERSIZE'],
    [415, 'SOURCE_BAD_BODY', 'ENGINE_BAD_BODY'],
    [429, 'SOURCE_THROTTLED', 'ENGINE_BAD_BODY'],
    [502, 'SOURCE_BAD_BODY', 'ENGINE_BAD_BODY'],
    [503, 'SOURCE_BAD_BODY', 'ENGINE_BAD_BODY'],
  ])('of %d is %s and %s', async (status, ofSource, ofEngine) => {
    const server = await serve((_, response) => send(response, 'no', status));
    for (const [peer, code] of [
      ['SOURCE', ofSource],
      ['ENGINE', ofEngine],
    ] as const) {
      const thrown = await failure(connect(server.url, { peer }).call(CALL, { signal: never() }));
      expect([thrown.code, thrown.data]).toMatchObject([code, { status, phase: 'exchange' }]);
    }
  });

  it('of a refused token tells how far the clocks are apart', async () => {
    const server = await serve((_, response) =>
      send(response, 'stale token', 401, { date: new Date(0).toUTCString() }),
    );
    const thrown = await failure(connect(server.url, { peer: 'ENGINE' }).call(CALL, { signal: never() }));
    expect(thrown.data['clockSkewMs']).toBeGreaterThan(1_000_000_000);
  });

  it('that redirects is not followed, and nothing reaches the other place', async () => {
    const other = await serve(echo);
    const server = await serve((_, response) => send(response, '', 307, { location: other.url }));
    const transport = connect(server.url, { headers: { authorization: 'secret' } });
    expect((await failure(transport.call(CALL, { signal: never() }))).code).toBe('SOURCE_REDIRECT');
    expect(other.received).toHaveLength(0);
  });

  it.each([
    ['seconds', () => '7', 7000, 7000],
    ['nothing to wait for', () => '0', 0, 0],
    ['a date', () => new Date(Date.now() + 30_000).toUTCString(), 20_000, 30_000],
    ['a date in the past', () => new Date(0).toUTCString(), 0, 0],
    ['a time beyond the cap', () => '86400', 60_000, 60_000],
  ])('that limits the rate brings Retry-After as %s', async (_, header, low, high) => {
    for (const status of [429, 503]) {
      const server = await serve((_received, response) => send(response, '', status, { 'retry-after': header() }));
      const thrown = await failure(connect(server.url).call(CALL, { signal: never() }));
      expect(thrown.code).toBe('SOURCE_THROTTLED');
      expect(thrown.data['retryAfterMs']).toBeGreaterThanOrEqual(low);
      expect(thrown.data['retryAfterMs']).toBeLessThanOrEqual(high);
    }
  });

  it('that limits the rate with an unreadable Retry-After says nothing of the time', async () => {
    const server = await serve((_, response) => send(response, '', 429, { 'retry-after': 'soon' }));
    const thrown = await failure(connect(server.url).call(CALL, { signal: never() }));
    expect(thrown.data).toEqual({ status: 429, phase: 'exchange' });
  });
});
