import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../devnet/wait-until.js';
import type { BlockRef } from '../../src/chain/block.js';
import { createHeadFeed, type HeadFeedOptions } from '../../src/source/head-feed.js';
import type { LockstepError } from '../../src/util/errors.js';
import type { JsonValue } from '../../src/util/json.js';
import { SUBSCRIPTION, WsServer } from '../rig/ws-server.js';
import { block, failure, hash, refOf } from './fixture.js';

let server: WsServer;
const stops: AbortController[] = [];

beforeEach(async () => {
  server = await WsServer.start();
});

afterEach(async () => {
  for (const stop of stops.splice(0)) stop.abort();
  await server.close();
});

interface Subscribed {
  readonly heads: BlockRef[];
  readonly calls: string[];
  readonly opened: () => number;
  readonly ended: Promise<LockstepError>;
  readonly stop: AbortController;
}

function subscribe(options: Partial<HeadFeedOptions> = {}): Subscribed {
  const stop = new AbortController();
  stops.push(stop);
  const heads: BlockRef[] = [];
  const calls: string[] = [];
  let opened = 0;
  const feed = createHeadFeed({
    url: options.url ?? server.url,
    headers: {},
    openTimeoutMs: 10_000,
    onCall: ({ method, error }) => void calls.push(`${method} ${error?.code ?? 'ok'}`),
    ...options,
  });
  const listener = { onOpen: () => void (opened += 1), onHead: (head: BlockRef) => void heads.push(head) };
  const ended = failure(feed.subscribe(listener, stop.signal));
  return { heads, calls, opened: () => opened, ended, stop };
}

async function untilOpen(options: Partial<HeadFeedOptions> = {}): Promise<Subscribed> {
  const subscribed = subscribe(options);
  await waitUntil('the subscription is open', () => Promise.resolve(subscribed.opened() === 1), 10_000);
  return subscribed;
}

async function untilHeads({ heads }: Subscribed, count: number): Promise<void> {
  await waitUntil(`${count} heads came`, () => Promise.resolve(heads.length >= count), 10_000);
}

describe('a subscription to new heads', () => {
  it('asks once, and gives every head with known fields only', async () => {
    const subscribed = await untilOpen();
    server.push(block(5, { extra: 'x' }));
    server.push(block(6));
    await untilHeads(subscribed, 2);
    expect(subscribed.heads).toEqual([refOf(5), refOf(6)]);
    expect(server.messages).toEqual([{ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }]);
    expect(subscribed.calls).toEqual(['eth_subscribe ok']);
  });

  it('takes two heads at one height as two hints', async () => {
    const subscribed = await untilOpen();
    server.push(block(5));
    server.push(block(5, { hash: hash(0xbeef) }));
    await untilHeads(subscribed, 2);
    expect(subscribed.heads.map((head) => head.hash)).toEqual([refOf(5).hash, hash(0xbeef)]);
  });

  it('sends path, headers and user-info as the source gets them, and names none of them', async () => {
    const url = new URL(`/v1/${'k'.repeat(32)}?key=secret`, server.url);
    url.username = 'user';
    url.password = 'p%40ss';
    const subscribed = await untilOpen({ url: url.href, headers: { 'X-Key': 'canary' } });
    const [peer] = server.peers;
    expect(peer?.path).toBe(`/v1/${'k'.repeat(32)}?key=secret`);
    expect(peer?.headers['x-key']).toBe('canary');
    expect(peer?.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    server.cut();
    const { message } = await subscribed.ended;
    expect(message).toContain(`ws://127.0.0.1:${server.port}`);
    for (const secret of ['user', 'p@ss', 'kkkk', 'secret', 'canary']) expect(message).not.toContain(secret);
  });

  it('passes over a notification that comes before the reply', async () => {
    server.script = (_message, { socket }) => {
      server.push(block(4));
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, result: SUBSCRIPTION }));
      server.push(block(5));
    };
    const subscribed = await untilOpen();
    await untilHeads(subscribed, 1);
    expect(subscribed.heads).toEqual([refOf(5)]);
  });

  it('ends with ABORTED as the signal says, and closes its connection', async () => {
    const subscribed = await untilOpen();
    subscribed.stop.abort();
    expect((await subscribed.ended).code).toBe('ABORTED');
    await waitUntil('the server sees it', () => Promise.resolve(server.peers[0]?.socket.readyState === 3), 10_000);
  });

  it('ends at once where the signal has aborted before', async () => {
    const feed = createHeadFeed({ url: server.url, headers: {}, openTimeoutMs: 1_000 });
    const listener = { onOpen: () => undefined, onHead: () => undefined };
    expect((await failure(feed.subscribe(listener, AbortSignal.abort()))).code).toBe('ABORTED');
    expect(server.peers).toHaveLength(0);
  });
});

describe('a hostile or broken server', () => {
  const REPLIES: readonly [what: string, reply: JsonValue, code: string][] = [
    ['an error object', { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'no\u0000' } }, 'SOURCE_RPC_ERROR'],
    ['the reply to another call', { jsonrpc: '2.0', id: 2, result: '0x1' }, 'SOURCE_SCHEMA'],
    ['a number as the id of the subscription', { jsonrpc: '2.0', id: 1, result: 5 }, 'SOURCE_SCHEMA'],
    ['an id without end', { jsonrpc: '2.0', id: 1, result: 'x'.repeat(1_000) }, 'SOURCE_SCHEMA'],
    ['an array', [], 'SOURCE_SCHEMA'],
  ];

  it.each(REPLIES)('that answers %s takes no subscription', async (_what, reply, code) => {
    server.script = (_message, { socket }) => socket.send(JSON.stringify(reply));
    const subscribed = subscribe();
    expect((await subscribed.ended).code).toBe(code);
    expect(subscribed.opened()).toBe(0);
    expect(subscribed.calls).toEqual([`eth_subscribe ${code}`]);
  });

  const NOTIFICATIONS: readonly [what: string, text: string | Buffer, code: string][] = [
    ['what is no JSON', '{"jsonrpc":"2.0",', 'SOURCE_BAD_BODY'],
    ['a binary message', Buffer.from([1, 2, 3]), 'SOURCE_BAD_BODY'],
    ['null', 'null', 'SOURCE_SCHEMA'],
    ['another method', notification(block(5), SUBSCRIPTION, 'eth_other'), 'SOURCE_SCHEMA'],
    ['another subscription', notification(block(5), '0xother'), 'SOURCE_SCHEMA'],
    ['no params', '{"jsonrpc":"2.0","method":"eth_subscription"}', 'SOURCE_SCHEMA'],
    ['a head that is null', notification(null), 'SOURCE_SCHEMA'],
    ['a head without a hash', notification(block(5, { hash: 'x' })), 'SOURCE_SCHEMA'],
    ['an absurd height', notification(block(5, { number: '0xfffffffffffff' })), 'SOURCE_SCHEMA'],
    ['a message of 2 MiB', notification(block(5, { extra: 'x'.repeat(2 ** 21) })), 'SOURCE_UNREACHABLE'],
  ];

  it.each(NOTIFICATIONS)('that sends %s loses the subscription, and its connection', async (_what, text, code) => {
    const subscribed = await untilOpen();
    server.send(text);
    expect((await subscribed.ended).code).toBe(code);
    expect(subscribed.heads).toEqual([]);
    await waitUntil('the connection is gone', () => Promise.resolve(server.peers[0]?.socket.readyState === 3), 10_000);
  });

  it('that floods loses the subscription', async () => {
    const subscribed = await untilOpen();
    const large = notification(block(5, { extra: 'x'.repeat(900_000) }));
    for (let sent = 0; sent < 40; sent += 1) server.send(large);
    expect((await subscribed.ended).code).toBe('SOURCE_OVERSIZE');
    expect(subscribed.heads.length).toBeLessThan(40);
  });

  it('that announces a frame of 2 GB is cut before it is read', async () => {
    const subscribed = await untilOpen();
    const socket = (server.peers[0]!.socket as unknown as { _socket: { write(data: Buffer): void } })._socket;
    socket.write(Buffer.from([0x81, 127, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]));
    expect((await subscribed.ended).code).toBe('SOURCE_UNREACHABLE');
  });

  it('that cuts the connection ends the subscription', async () => {
    const subscribed = await untilOpen();
    server.cut();
    expect((await subscribed.ended).code).toBe('SOURCE_UNREACHABLE');
  });

  it('that takes the connection and never answers is given up after the deadline', async () => {
    server.script = () => undefined;
    const subscribed = subscribe({ openTimeoutMs: 200 });
    expect((await subscribed.ended).code).toBe('SOURCE_TIMEOUT');
  });

  it('that speaks no WebSocket at all is given up after the deadline, or refused', async () => {
    const mute: Server = createServer((socket) => void socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const subscribed = subscribe({ url, openTimeoutMs: 200 });
    expect(['SOURCE_TIMEOUT', 'SOURCE_UNREACHABLE']).toContain((await subscribed.ended).code);
    await new Promise((resolve) => mute.close(resolve));
  });

  it('that is not there is named with the reason', async () => {
    const { url } = server;
    await server.close();
    const error = await subscribe({ url }).ended;
    expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') });
  });
});

function notification(result: JsonValue, subscription = SUBSCRIPTION, method = 'eth_subscription'): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params: { subscription, result } });
}
