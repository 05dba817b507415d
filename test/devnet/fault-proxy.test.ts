import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { JsonValue } from '../../src/util/json.js';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import { type Asked, NamedUpstream } from '../rig/named-upstream.js';
import { postRaw, type RawReply } from '../rig/raw-post.js';

let first: NamedUpstream;
let second: NamedUpstream;
let proxy: FaultProxy;
let agent: Agent;

beforeEach(async () => {
  first = new NamedUpstream('first');
  second = new NamedUpstream('second');
  await Promise.all([first.listen(), second.listen()]);
  proxy = await FaultProxy.start(first.url);
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});

afterEach(async () => {
  agent.destroy();
  await Promise.all([proxy.close(), first.close(), second.close()]);
});

function post(body: JsonValue, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<RawReply> {
  return postRaw(proxy.url, body, { agent, headers, ...(signal === undefined ? {} : { signal }) });
}

let lastId = 0;

function ask(method: string, ...params: JsonValue[]): Asked & { jsonrpc: string } {
  lastId += 1;
  return { jsonrpc: '2.0', id: lastId, method, params };
}

/** Sends a call that gets no answer, and gives it up as soon as `seen`. */
async function abandon(seen: () => boolean, method = 'a'): Promise<void> {
  const stop = new AbortController();
  const call = expect(post(ask(method), {}, stop.signal)).rejects.toThrow('aborted');
  while (!seen()) await nextTurn();
  stop.abort();
  await call;
}

async function answerOf(body: JsonValue): Promise<Record<string, JsonValue>> {
  return JSON.parse((await post(body)).body.toString()) as Record<string, JsonValue>;
}

async function hashOf(tag: string): Promise<JsonValue | undefined> {
  const block = (await answerOf(ask('eth_getBlockByNumber', tag, false)))['result'];
  return (block as Record<string, JsonValue> | null)?.['hash'];
}

describe('a fault proxy without rules', () => {
  it('passes single calls and batches on and logs every element in order', async () => {
    expect((await answerOf(ask('a')))['result']).toEqual({ name: 'first', method: 'a' });
    const batch = await post([ask('b'), ask('a')]);
    expect(JSON.parse(batch.body.toString())).toHaveLength(2);
    expect(proxy.log.counts()).toEqual({ a: 2, b: 1 });
    expect(proxy.log.exchanges).toBe(2);
    expect(proxy.log.calls.map(({ method, exchange }) => `${exchange}${method}`)).toEqual(['1a', '2b', '2a']);
  });

  it('logs state-changing calls with their parameters and the answers of the EL', async () => {
    const block = { blockHash: '0xb1', parentHash: '0xb0', blockNumber: '0x1' };
    const triple = { headBlockHash: '0xb1', safeBlockHash: '0xb0', finalizedBlockHash: '0xb0' };
    await post([ask('engine_newPayloadV4', block), ask('engine_forkchoiceUpdatedV3', triple, null)]);
    expect(proxy.log.payloads).toEqual([{ hash: '0xb1', parentHash: '0xb0', number: '0x1', status: 'VALID' }]);
    expect(proxy.log.forkchoices).toEqual([{ head: '0xb1', safe: '0xb0', finalized: '0xb0', status: 'VALID' }]);
    expect(proxy.log.writes).toHaveLength(2);
    expect(proxy.log.maxConcurrentWrites).toBe(1);
  });

  it('sees state-changing calls that overlap', async () => {
    agent.maxSockets = 2;
    proxy.inject({ match: { method: 'engine_newPayloadV4' }, fault: { kind: 'hang', applied: false } });
    const open = abandon(() => proxy.log.writes.length === 2, 'engine_newPayloadV4');
    await Promise.all([open, abandon(() => proxy.log.writes.length === 2, 'engine_newPayloadV4')]);
    expect(proxy.log.maxConcurrentWrites).toBe(2);
  });
});

describe('the matching of rules', () => {
  it('applies a fault to the nth match only, or for a number of times', async () => {
    proxy.inject({ match: { method: 'a', nth: 2 }, fault: { kind: 'status', code: 500 } });
    proxy.inject({ match: { method: /^b/, times: 1 }, fault: { kind: 'status', code: 501 } });
    const statuses = [];
    for (const method of ['a', 'a', 'a', 'b1', 'b2']) statuses.push((await post(ask(method))).status);
    expect(statuses).toEqual([200, 500, 200, 501, 200]);
  });

  it('matches by tag and by parameters, counts what it applied, and can be removed', async () => {
    const byTag = proxy.inject({ match: { tag: 'safe' }, fault: { kind: 'null-result' } });
    proxy.inject({ match: { where: ({ params }) => params[1] === true }, fault: { kind: 'null-result' } });
    expect(await hashOf('safe')).toBeUndefined();
    expect(await hashOf('latest')).toBe('first-a');
    expect((await answerOf(ask('eth_getBlockByNumber', 'latest', true)))['result']).toBeNull();
    expect(byTag.applied).toBe(1);
    byTag.remove();
    expect(await hashOf('safe')).toBe('first-8');
    proxy.heal();
    expect((await answerOf(ask('eth_getBlockByNumber', 'latest', true)))['result']).not.toBeNull();
  });
});

describe('faults of the connection', () => {
  it('refuses while it is down and serves the same port when it is up', async () => {
    const { url } = proxy;
    await proxy.down();
    await expect(post(ask('a'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.up();
    expect(proxy.url).toBe(url);
    expect((await post(ask('a'))).status).toBe(200);
  });

  it('drops a request before the upstream sees it', async () => {
    proxy.inject({ match: { method: 'a' }, fault: { kind: 'drop-before' } });
    await expect(post(ask('a'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(first.reached).toHaveLength(0);
    expect(proxy.log.count('a')).toBe(1);
  });

  it('drops a request after the upstream has applied it', async () => {
    proxy.inject({ match: { method: 'engine_newPayloadV3' }, fault: { kind: 'drop-after-apply' } });
    await expect(post(ask('engine_newPayloadV3', {}))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(first.reached).toHaveLength(1);
    expect(proxy.log.payloads[0]?.status).toBe('VALID');
  });

  it('resets a request on a reused connection and serves the first one of a connection', async () => {
    proxy.inject({ match: {}, fault: { kind: 'reset-on-reuse' } });
    expect((await post(ask('a'))).status).toBe(200);
    await expect(post(ask('a'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await post(ask('a'))).status).toBe(200);
    expect(first.reached).toHaveLength(2);
  });

  it('half-closes after applying, so that the client sees an end without an answer', async () => {
    proxy.inject({ match: {}, fault: { kind: 'half-close' } });
    await expect(post(ask('a'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(first.reached).toHaveLength(1);
  });

  it.each([true, false])('hangs until the client gives up (applied: %s)', async (applied) => {
    proxy.inject({ match: { method: 'a', times: 1 }, fault: { kind: 'hang', applied } });
    await abandon(() => (applied ? first.reached.length : proxy.log.count('a')) === 1);
    expect(first.reached).toHaveLength(applied ? 1 : 0);
    expect((await post(ask('a'))).status).toBe(200);
  });

  it.each(['before', 'after'] as const)('delays %s the upstream is asked and then answers', async (when) => {
    proxy.inject({ match: { method: 'a' }, fault: { kind: 'delay', ms: 60_000, when } });
    await abandon(() => (when === 'after' ? first.reached.length : proxy.log.count('a')) === 1);
    expect(first.reached).toHaveLength(when === 'after' ? 1 : 0);
    proxy.heal();
    proxy.inject({ match: { method: 'a' }, fault: { kind: 'delay', ms: 1, when } });
    expect((await post(ask('a'))).status).toBe(200);
  });
});

describe('faults of the body', () => {
  it('truncates with a content-length that it breaks', async () => {
    proxy.inject({ match: {}, fault: { kind: 'truncate', contentLength: true } });
    await expect(post(ask('a'))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('truncates without a content-length, so that only the JSON tells', async () => {
    proxy.inject({ match: {}, fault: { kind: 'truncate', contentLength: false } });
    const { status, body } = await post(ask('a'));
    expect(status).toBe(200);
    expect(() => JSON.parse(body.toString()) as unknown).toThrow(SyntaxError);
  });

  it('drips the whole body in pieces', async () => {
    proxy.inject({ match: {}, fault: { kind: 'drip', chunkBytes: 16, everyMs: 1 } });
    expect((await answerOf(ask('a')))['result']).toEqual({ name: 'first', method: 'a' });
  });

  it('answers a status with headers and body, a web page, or a redirect, without asking the upstream', async () => {
    const headers = { 'retry-after': '3' };
    proxy.inject({ match: { method: 'a' }, fault: { kind: 'status', code: 429, headers, body: 'slow down' } });
    proxy.inject({ match: { method: 'b' }, fault: { kind: 'html' } });
    proxy.inject({ match: { method: 'c' }, fault: { kind: 'redirect', location: second.url } });
    const limited = await post(ask('a'));
    expect([limited.status, limited.headers['retry-after'], limited.body.toString()]).toEqual([429, '3', 'slow down']);
    expect((await post(ask('b'))).headers['content-type']).toBe('text/html');
    const redirect = await post(ask('c'));
    expect([redirect.status, redirect.headers.location]).toEqual([307, second.url]);
    expect(first.reached).toHaveLength(0);
  });

  it('sends a gzip body that inflates, and a body that is too large', async () => {
    proxy.inject({ match: { method: 'a' }, fault: { kind: 'gzip-bomb', inflatedBytes: 1_000_000 } });
    proxy.inject({ match: { method: 'b' }, fault: { kind: 'oversize', bytes: 300_000 } });
    const bomb = await post(ask('a'));
    expect(bomb.headers['content-encoding']).toBe('gzip');
    expect(bomb.body.length).toBeLessThan(10_000);
    expect(gunzipSync(bomb.body)).toHaveLength(1_000_000);
    expect((await post(ask('b'))).body).toHaveLength(300_000);
  });

  it('replaces headers of the answer and strips the token of the request', async () => {
    proxy.inject({ match: {}, fault: { kind: 'headers', set: { date: 'Thu, 01 Jan 1970 00:00:00 GMT' } } });
    expect((await post(ask('a'), { authorization: 'Bearer t' })).headers.date).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
    proxy.inject({ match: {}, fault: { kind: 'strip-auth' } });
    await post(ask('a'), { authorization: 'Bearer t' });
    expect(first.reached.map(({ authorization }) => authorization)).toEqual(['Bearer t', undefined]);
  });
});

describe('faults of an answer', () => {
  it('sets a value at a path, in one element of a batch only', async () => {
    const match = { tag: 'safe' };
    proxy.inject({ match, fault: { kind: 'mutate', path: 'transactions.1', value: 'x' } });
    proxy.inject({ match, fault: { kind: 'mutate', path: 'hash', value: (old) => [old] } });
    const batch = ['latest', 'safe'].map((tag) => ask('eth_getBlockByNumber', tag, false));
    const answers = JSON.parse((await post(batch)).body.toString()) as { result: JsonValue }[];
    expect(answers.map(({ result }) => result)).toEqual([
      { number: '0xa', hash: 'first-a', transactions: ['a', 'b'] },
      { number: '0x8', hash: ['first-8'], transactions: ['a', 'x'] },
    ]);
    expect(proxy.log.calls[1]?.answer?.result).toMatchObject({ hash: 'first-8' });
  });

  it('answers an error, or both a result and an error', async () => {
    proxy.inject({ match: { method: 'a' }, fault: { kind: 'rpc-error', code: -38002, message: 'no' } });
    proxy.inject({ match: { method: 'b' }, fault: { kind: 'both' } });
    const failed = await answerOf(ask('a'));
    expect(failed['error']).toEqual({ code: -38002, message: 'no' });
    expect(failed).not.toHaveProperty('result');
    expect(Object.keys(await answerOf(ask('b'))).sort()).toEqual(['error', 'id', 'jsonrpc', 'result']);
  });

  it('swaps ids between the elements of a batch, and gives a single answer a foreign one', async () => {
    proxy.inject({ match: { method: /^[ab]$/ }, fault: { kind: 'id-swap' } });
    expect((await answerOf(ask('a')))['id']).toBe('foreign-id');
    const batch = [ask('a'), ask('b')];
    const answers = JSON.parse((await post(batch)).body.toString()) as { id: number }[];
    expect(answers.map(({ id }) => id)).toEqual([batch[1]?.id, batch[0]?.id]);
  });
});

describe('other upstreams and views', () => {
  it('mixes two replicas and swaps to one of them while it runs', async () => {
    proxy.useUpstreams(first.url, second.url);
    expect([await hashOf('latest'), await hashOf('latest'), await hashOf('latest')]).toEqual([
      'first-a',
      'second-a',
      'first-a',
    ]);
    proxy.useUpstreams(second.url);
    expect(await hashOf('latest')).toBe('second-a');
  });

  it('freezes the chain as it is, even when the upstream moves on or reorganises', async () => {
    await proxy.freeze();
    first.head = 20;
    proxy.useUpstreams(second.url);
    expect([await hashOf('latest'), await hashOf('safe'), await hashOf('0x6')]).toEqual([
      'first-a',
      'first-8',
      'first-6',
    ]);
    expect(await hashOf('0xb')).toBeUndefined();
    expect((await answerOf(ask('eth_blockNumber')))['result']).toBe('0xa');
    proxy.unview();
    expect(await hashOf('latest')).toBe('second-a');
  });

  it('shows labels lower than they are and hides the blocks above them', async () => {
    proxy.rewind({ latest: 5 });
    expect([await hashOf('latest'), await hashOf('safe'), await hashOf('finalized')]).toEqual([
      'first-5',
      'first-5',
      'first-5',
    ]);
    expect(await hashOf('0x6')).toBeUndefined();
    expect((await answerOf(ask('eth_getBlockByHash', 'first-6', false)))['result']).toBeNull();
    expect((await answerOf(ask('eth_getBlockByHash', 'first-5', false)))['result']).not.toBeNull();
    proxy.rewind({ finalized: 3 });
    expect([await hashOf('latest'), await hashOf('finalized')]).toEqual(['first-a', 'first-3']);
  });

  it('passes on that an upstream is gone by breaking the connection', async () => {
    proxy.useUpstreams(second.url);
    await second.close();
    await expect(post(ask('a'))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
