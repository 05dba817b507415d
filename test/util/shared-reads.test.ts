import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { connectWithSharedReads } from '../../src/util/shared-reads.js';
import { send } from '../rig/http-server.js';
import { closeAll, connect, never, reply, serve } from './rpc-fixture.js';

const servers: Server[] = [];

afterEach(async () => {
  await closeAll();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(serveOne: (socket: Socket) => void): Promise<number> {
  const server = createServer(serveOne);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const MEBIBYTE = 1024 * 1024;

/** Text that is another one at every place and for every seed. */
function longText(seed: number, length: number): string {
  let text = '';
  for (let at = 0; text.length < length; at += 1) text += `${seed}:${at};`;
  return text;
}

describe('replies that are read into one memory', () => {
  it.each([
    ['of known length', true],
    ['of unknown length', false],
  ])('arrive as they were sent, many large ones at the same time, %s', async (_, announced) => {
    const server = await serve((received, response) => {
      const { id, params } = received.calls[0]!;
      const body = reply(id, JSON.stringify(longText(Number(params[0]), MEBIBYTE)));
      response.setHeader('content-type', 'application/json');
      if (announced) response.setHeader('content-length', body.length);
      // In pieces of all sizes, so that the connections take turns in the middle of them.
      for (let at = 0, size = 1; at < body.length; at += size, size = (size * 7) % 200_003) {
        response.write(body.slice(at, at + size));
      }
      response.end();
    });
    const transport = connect(server.url, { maxConnections: 8, maxResponseBytes: 2 * MEBIBYTE });
    const seeds = Array.from({ length: 24 }, (_unused, seed) => seed);
    const results = await Promise.all(
      seeds.map((seed) => transport.call({ method: 'text', params: [seed] }, { signal: never() })),
    );
    expect(seeds.filter((seed) => results[seed] !== longText(seed, MEBIBYTE))).toEqual([]);
  });

  it('keep headers that come in pieces, while other connections read', async () => {
    const body = reply(1, '"a"');
    const dripping = await listen((socket) => {
      socket.once('data', () => {
        const headers = `Date: Thu, 26 Nov 2026 00:00:00 GMT\r\nContent-Length: ${body.length}`;
        const text = `HTTP/1.1 200 OK\r\n${headers}\r\n\r\n${body}`;
        let at = 0;
        const drip = setInterval(() => {
          socket.write(text.slice(at, (at += 7)));
          if (at >= text.length) clearInterval(drip);
        }, 2);
      });
    });
    const busy = await serve((received, response) =>
      send(response, reply(received.calls[0]?.id, JSON.stringify('z'.repeat(MEBIBYTE)))),
    );
    const slow = connect(`http://127.0.0.1:${dripping}`).post('{}', { signal: never() });
    const others = connect(busy.url, { maxResponseBytes: 2 * MEBIBYTE });
    for (let call = 0; call < 10; call += 1) await others.call({ method: 'z', params: [] }, { signal: never() });
    const { date, body: received } = await slow;
    expect([date, received.toString()]).toEqual(['Thu, 26 Nov 2026 00:00:00 GMT', body]);
  });
});

describe('a connection whose bytes nobody takes', () => {
  it('is cut, since the next read of any connection would overwrite them', async () => {
    const port = await listen((socket) => {
      socket.on('error', () => undefined);
      socket.write('x'.repeat(MEBIBYTE));
    });
    const cut = await new Promise<Error>((resolve, reject) => {
      const target = { hostname: '127.0.0.1', port: String(port), protocol: 'http:' };
      connectWithSharedReads(1_000)(target, (error, socket) => {
        if (error !== null) reject(error);
        else socket.once('error', resolve);
      });
    });
    expect(cut.message).toBe('bytes were read that nobody took');
  });
});
