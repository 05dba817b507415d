import { getEventListeners, once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../devnet/wait-until.js';
import { send } from '../rig/http-server.js';
import { CALL, closeAll, connect, echo, failure, never, reply, serve } from './rpc-fixture.js';

afterEach(closeAll);

describe('a deadline', () => {
  it('ends a call whose headers do not come, and closes the connection', async () => {
    const server = await serve(() => undefined);
    const thrown = await failure(connect(server.url, { timeoutMs: 60 }).call(CALL, { signal: never() }));
    expect([thrown.code, thrown.data]).toEqual(['SOURCE_TIMEOUT', { phase: 'exchange' }]);
    await server.disconnected();
  });

  it('covers a body that drips', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10_000 });
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
    });
    const thrown = await failure(connect(server.url, { timeoutMs: 100 }).call(CALL, { signal: never() }));
    expect(thrown.code).toBe('SOURCE_TIMEOUT');
    await server.disconnected();
  });

  it('covers waiting for a free connection, after which the request is never sent', async () => {
    let release = (): void => undefined;
    const server = await serve((received, response) => {
      if (received.calls[0]?.method === 'slow') release = () => send(response, reply(received.calls[0]?.id, '1'));
      else void echo(received, response);
    });
    const transport = connect(server.url, { maxConnections: 1 });
    const slow = transport.call({ method: 'slow', params: [] }, { signal: never() });
    const thrown = await failure(transport.call(CALL, { signal: never(), timeoutMs: 60 }));
    expect([thrown.code, thrown.data]).toEqual(['SOURCE_TIMEOUT', { phase: 'connect' }]);
    release();
    await slow;
    await transport.call({ method: 'last', params: [] }, { signal: never() });
    expect(server.methods).toEqual(['slow', 'last']);
  });
});

describe('an abort', () => {
  it('keeps a call from being sent at all', async () => {
    const server = await serve(echo);
    const thrown = await failure(connect(server.url).call(CALL, { signal: AbortSignal.abort() }));
    expect([thrown.code, thrown.data]).toEqual(['ABORTED', { phase: 'connect' }]);
    expect(server.received).toHaveLength(0);
  });

  it('ends a call under way and closes its connection', async () => {
    const controller = new AbortController();
    const server = await serve(() => controller.abort());
    const thrown = await failure(connect(server.url).call(CALL, { signal: controller.signal }));
    expect([thrown.code, thrown.data]).toEqual(['ABORTED', { phase: 'exchange' }]);
    await server.disconnected();
  });

  it('comes of closing the transport too', async () => {
    const server = await serve(() => void transport.close());
    const transport = connect(server.url);
    expect((await failure(transport.call(CALL, { signal: never() }))).code).toBe('ABORTED');
    expect((await failure(transport.call(CALL, { signal: never() }))).code).toBe('ABORTED');
  });

  it('leaves no listener on a signal that served a thousand calls, failed ones included', async () => {
    const server = await serve((received, response) => {
      const call = received.calls[0];
      if (call !== undefined && call.id % 10 === 0) response.socket?.resetAndDestroy();
      else void echo(received, response);
    });
    const warnings: Error[] = [];
    const onWarning = (warning: Error): number => warnings.push(warning);
    process.on('warning', onWarning);
    const { signal } = new AbortController();
    const transport = connect(server.url, { maxConnections: 8 });
    for (let round = 0; round < 50; round++) {
      await Promise.allSettled(Array.from({ length: 20 }, () => transport.call(CALL, { signal })));
    }
    process.off('warning', onWarning);
    expect(server.received).toHaveLength(1000);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(warnings).toEqual([]);
  });
});

describe('a peer that closes connections', () => {
  const hangUpsOf = (url: string, counted: { hangUps: number }): ReturnType<typeof connect> =>
    connect(url, { onHangUp: () => (counted.hangUps += 1) });

  it('has hung up when the last one is gone while nothing was asked', async () => {
    const [server, counted] = [await serve(echo), { hangUps: 0 }];
    const transport = hangUpsOf(server.url, counted);
    await Promise.all([transport.call(CALL, { signal: never() }), transport.call(CALL, { signal: never() })]);
    const [first, ...others] = server.sockets;
    expect(others.length).toBe(1);
    first?.destroy();
    await waitUntil('one is left', () => server.sockets.size === 1, 5_000);
    await transport.call(CALL, { signal: never() });
    expect(counted.hangUps).toBe(0);
    for (const socket of server.sockets) socket.destroy();
    await waitUntil('it is told', () => counted.hangUps > 0, 5_000);
    expect(await transport.call(CALL, { signal: never() })).toEqual([CALL.method]);
  });

  it('has not where a call was under way, which tells by itself, nor where we closed', async () => {
    const [server, counted] = [await serve((_, response) => void response.destroy()), { hangUps: 0 }];
    const transport = hangUpsOf(server.url, counted);
    expect((await failure(transport.call(CALL, { signal: never() }))).code).toBe('SOURCE_UNREACHABLE');
    await server.disconnected();
    server.script = echo;
    await transport.call(CALL, { signal: never() });
    await transport.close();
    await server.disconnected();
    expect(counted.hangUps).toBe(0);
  });
});

describe('a connection that fails', () => {
  it('is certainly before sending when it is refused, unknown by name, or no TLS', async () => {
    const server = await serve(echo);
    const urls = [await unusedUrl(), 'http://nowhere.invalid', `https://127.0.0.1:${server.port}`];
    for (const url of urls) {
      const thrown = await failure(connect(url).call(CALL, { signal: never() }));
      expect([thrown.code, thrown.data]).toEqual(['SOURCE_UNREACHABLE', { phase: 'connect' }]);
    }
    expect(server.received).toHaveLength(0);
  });

  it('may be after sending when it is reset before the reply', async () => {
    const server = await serve((_, response) => void response.socket?.resetAndDestroy());
    const thrown = await failure(connect(server.url).call(CALL, { signal: never() }));
    expect([thrown.code, thrown.data]).toEqual(['SOURCE_UNREACHABLE', { phase: 'exchange' }]);
    expect(server.received).toHaveLength(1);
  });

  it('may be after sending when a kept-alive one is reset on reuse, and nothing is sent again', async () => {
    const server = await serve((received, response) => {
      if (received.calls[0]?.method === 'second') response.socket?.resetAndDestroy();
      else void echo(received, response);
    });
    const transport = connect(server.url, { peer: 'ENGINE', maxConnections: 1 });
    await transport.call(CALL, { signal: never() });
    const thrown = await failure(transport.call({ method: 'second', params: [] }, { signal: never() }));
    expect([thrown.code, thrown.data]).toEqual(['ENGINE_UNREACHABLE', { phase: 'exchange' }]);
    expect(server.methods).toEqual(['eth_chainId', 'second']);
    expect(server.received.map(({ connection }) => connection)).toEqual([1, 1]);
  });

  it('is replaced by a new one when the peer closed it while it was idle', async () => {
    const server = await serve(echo);
    const transport = connect(server.url);
    await transport.call(CALL, { signal: never() });
    server.sockets.forEach((socket) => socket.end());
    await server.disconnected();
    await transport.call(CALL, { signal: never() });
    expect(server.received.map(({ connection }) => connection)).toEqual([1, 2]);
  });
});

async function unusedUrl(): Promise<string> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
