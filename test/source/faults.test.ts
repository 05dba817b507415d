import { afterEach, describe, expect, it } from '@jest/globals';
import { detectConsensusClient } from '../../src/source/consensus-client.js';
import { type HttpServer, type Script, send } from '../rig/http-server.js';
import {
  block,
  closeAll,
  error,
  failure,
  type Methods,
  never,
  open,
  refOf,
  result,
  serve,
  sourceOf,
  sourceOptions,
} from './fixture.js';

afterEach(closeAll);

/** Answers the head after these faults, one per request. */
async function faultyHead(...faults: Script[]): Promise<HttpServer> {
  const { script } = (await sourceOf({ eth_getBlockByNumber: () => result(block(5)) })).server;
  return serve((received, response) => (faults.shift() ?? script)(received, response));
}

const reset: Script = (_, response) => void response.socket?.resetAndDestroy();
const page: Script = (_, response) => send(response, '<html>Bad Gateway</html>', 502);
const busy =
  (seconds: string): Script =>
  (_, response) =>
    send(response, '', 429, { 'retry-after': seconds });
const silence: Script = () => undefined;
const wrongId: Script = ({ calls }, response) =>
  send(response, JSON.stringify({ jsonrpc: '2.0', id: -1 - (calls[0]?.id ?? 0), result: block(5) }));
const truncated: Script = (_, response) => send(response, '{"jsonrpc":"2.0","id":1,"resu');

describe('a fault of the source that passes', () => {
  it.each<[string, Script]>([
    ['a reset connection', reset],
    ['an error page', page],
    ['a rate limit', busy('0')],
    ['a reply to another call', wrongId],
    ['a cut reply', truncated],
  ])('is overcome by asking again: %s', async (_, fault) => {
    const server = await faultyHead(fault);
    expect(await open(server.url).head(never())).toEqual(refOf(5));
    expect(server.received).toHaveLength(2);
  });

  it('is overcome on a new connection when a kept-alive one is reset on reuse', async () => {
    const server = await faultyHead();
    const source = open(server.url, { maxConcurrency: 1 });
    await source.head(never());
    const { script } = server;
    server.script = (received, response) => {
      server.script = script;
      void reset(received, response);
    };
    expect(await source.head(never())).toEqual(refOf(5));
    expect(server.received.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });
});

describe('a fault of the source that stays', () => {
  it('is reported after three requests', async () => {
    const server = await faultyHead(page, page, page, page);
    expect((await failure(open(server.url).head(never()))).code).toBe('SOURCE_BAD_BODY');
    expect(server.received).toHaveLength(3);
  });

  it('is reported after one request when that took the whole time', async () => {
    const server = await faultyHead(silence, silence);
    const source = open(server.url, { rpcTimeoutMs: 500 });
    expect((await failure(source.head(never()))).code).toBe('SOURCE_TIMEOUT');
    expect(server.received).toHaveLength(1);
  });

  it('is reported at once, with the time to wait, when the source asks for longer than a call may take', async () => {
    const server = await faultyHead(busy('30'));
    const thrown = await failure(open(server.url).head(never()));
    expect([thrown.code, thrown.data['retryAfterMs']]).toEqual(['SOURCE_THROTTLED', 30_000]);
    expect(server.received).toHaveLength(1);
  });

  it('is reported at once when it is about our credentials', async () => {
    const server = await faultyHead((_, response) => send(response, 'who are you?', 401));
    expect((await failure(open(server.url).head(never()))).code).toBe('SOURCE_AUTH');
    expect(server.received).toHaveLength(1);
  });

  it('is reported at once when it is an answer', async () => {
    const { server, source } = await sourceOf({ eth_getBlockByNumber: () => error(-32603) });
    await failure(source.head(never()));
    expect(server.received).toHaveLength(1);
  });

  it('never shows a credential', async () => {
    const server = await faultyHead(page, page, page);
    const url = `http://user:hunter2@127.0.0.1:${server.port}/key-hunter2?k=hunter2`;
    const source = open(url, { headers: { 'x-key': 'hunter2' } });
    const thrown = await failure(source.head(never()));
    expect(JSON.stringify([thrown, thrown.message, String(thrown.cause), source.name])).not.toContain('hunter2');
  });

  it('ends with an abort while it waits to ask again', async () => {
    const controller = new AbortController();
    const server = await faultyHead((_, response) => {
      send(response, '', 429, { 'retry-after': '9' });
      response.on('close', () => setTimeout(() => controller.abort(), 20));
    });
    expect((await failure(open(server.url).head(controller.signal))).code).toBe('ABORTED');
    expect(server.received).toHaveLength(1);
  });
});

describe('the calls', () => {
  it('are all told, each attempt and each of a batch', async () => {
    const { script } = (
      await sourceOf({
        eth_getBlockByNumber: (tag) => (tag === 'finalized' ? error(-32000) : result(block(5))),
      })
    ).server;
    const faults: Script[] = [page, busy('0')];
    const server = await serve((received, response) => (faults.shift() ?? script)(received, response));
    const told: string[] = [];
    const source = open(server.url, {
      onCall: ({ method, error }) => told.push(`${method} ${error?.code ?? 'ok'}`),
    });
    await source.head(never());
    await source.labels(never());
    await failure(source.chainId(never()));
    expect(told).toEqual([
      'eth_getBlockByNumber SOURCE_BAD_BODY',
      'eth_getBlockByNumber SOURCE_THROTTLED',
      'eth_getBlockByNumber ok',
      'eth_getBlockByNumber ok',
      'eth_getBlockByNumber SOURCE_RPC_ERROR',
      'eth_chainId SOURCE_RPC_ERROR',
    ]);
    expect(server.methods).toHaveLength(told.length);
  });

  it('under way at once are no more than allowed', async () => {
    let underWay = 0;
    let most = 0;
    const { script } = (await sourceOf({ eth_getBlockByNumber: () => result(block(5)) })).server;
    const server = await serve((received, response) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay -= 1;
        void script(received, response);
      }, 5);
    });
    const source = open(server.url, { maxConcurrency: 3 });
    await Promise.all(Array.from({ length: 15 }, () => source.head(never())));
    expect(most).toBe(3);
  });
});

describe('a consensus client', () => {
  it.each<[boolean, string, Methods]>([
    [true, 'knows optimism_ and no eth_', { optimism_syncStatus: () => result({ head_l1: {} }) }],
    [false, 'knows eth_ too', { optimism_syncStatus: () => result({}), eth_chainId: () => result('0x1') }],
    [false, 'knows eth_ only', { eth_chainId: () => result('0x1') }],
    [false, 'knows neither', {}],
    [false, 'is at a loss', { eth_chainId: () => error(-32603), optimism_syncStatus: () => result({}) }],
  ])('is %s for a peer that %s', async (expected, _, methods) => {
    const { server } = await sourceOf(methods);
    expect(await detectConsensusClient(sourceOptions(server.url), never())).toBe(expected);
  });

  it('leaves no connection open', async () => {
    const { server } = await sourceOf({});
    await detectConsensusClient(sourceOptions(server.url), never());
    await server.disconnected();
    expect(server.sockets.size).toBe(0);
  });
});
