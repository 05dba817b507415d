import { gzipSync } from 'node:zlib';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SourceBudget } from '../../src/source/budget.js';
import { createConsensusClient } from '../../src/source/consensus-client.js';
import { LockstepError } from '../../src/util/errors.js';
import { type HttpServer, type Script, send } from '../rig/http-server.js';
import { block, closeAll, failure, never, open, refOf, result, serve, sourceOf, sourceOptions } from './fixture.js';

afterEach(closeAll);

/** Everything that lockstep asks a source for, one after the other. */
const EVERYTHING = ['eth_chainId', 'head', 'labels', 'a ref', 'refs', 'a block', 'evidence'] as const;

const METHODS = {
  eth_chainId: () => result('0x1'),
  eth_getBlockByNumber: (tag: unknown) =>
    result(block(typeof tag === 'string' && tag.startsWith('0x') ? Number(tag) : 5)),
  eth_getBlockReceipts: () => result([]),
  eth_call: () => result('0x'),
  debug_getRawBlock: () => result(`0x${'ab'.repeat(64 * 1024)}`),
};

async function scripted(): Promise<Script> {
  return (await sourceOf(METHODS)).server.script;
}

function askEverything(url: string, budget: SourceBudget, signal = never()): Promise<unknown>[] {
  const source = open(url, { budget });
  return EVERYTHING.map((what) => {
    switch (what) {
      case 'eth_chainId':
        return source.chainId(signal);
      case 'head':
        return source.head(signal);
      case 'labels':
        return source.labels(signal);
      case 'a ref':
        return source.refAt({ number: 5 }, signal);
      case 'refs':
        return source.refsAt([5, 6], signal);
      case 'a block':
        return source.block({ number: 5 }, signal);
      case 'evidence':
        return source.requestEvidence(refOf(5), signal);
    }
  });
}

/** A server that answers a while later, and how many requests it had at a time. */
async function slowServer(): Promise<{ server: HttpServer; most: () => number }> {
  const script = await scripted();
  let [underWay, most] = [0, 0];
  const server = await serve(async (received, response) => {
    most = Math.max(most, ++underWay);
    await setTimeout(5);
    underWay -= 1;
    void script(received, response);
  });
  return { server, most: () => most };
}

describe('a budget of calls', () => {
  it.each([1, 2])('of %s at a time holds for everything that goes to the source', async (maxConcurrency) => {
    const { server, most } = await slowServer();
    await Promise.all(askEverything(server.url, new SourceBudget({ maxConcurrency })));
    expect(most()).toBe(maxConcurrency);
  });

  it('holds for a consensus client at the same host as well', async () => {
    const { server, most } = await slowServer();
    const budget = new SourceBudget({ maxConcurrency: 1 });
    const client = createConsensusClient(sourceOptions(server.url, { budget }));
    try {
      await Promise.allSettled([
        client.syncStatus(never()),
        client.chain(never()),
        ...askEverything(server.url, budget),
      ]);
      expect(most()).toBe(1);
    } finally {
      await client.close();
    }
  });

  it.each([
    [1, 1],
    [3, 2],
    [6, 5],
    [100, 11],
  ])('of %s in a second holds for everything, each call of a batch counted', async (callsPerSecond, sent) => {
    const server = await serve(await scripted());
    // On this clock the second is never over.
    const budget = new SourceBudget({ maxConcurrency: 8, callsPerSecond }, () => 0);
    const stop = new AbortController();
    const asking = Promise.allSettled(askEverything(server.url, budget, stop.signal));
    while (server.methods.length < sent) await setTimeout(5);
    await setTimeout(50);
    expect(server.methods).toHaveLength(sent);
    stop.abort();
    const codes = (await asking).filter((each) => each.status === 'rejected').map(({ reason }) => code(reason));
    expect(new Set(codes)).toEqual(new Set(sent < 11 ? ['ABORTED'] : []));
  });

  it('sends in the order in which it was asked, and what gives up leaves no gap', async () => {
    const server = await serve(await scripted());
    const source = open(server.url, { budget: new SourceBudget({ maxConcurrency: 1 }) });
    const stop = new AbortController();
    const asking = [1, 2, 3, 4].map((number) =>
      source.refAt({ number }, number === 2 ? stop.signal : never()).then(() => number, code),
    );
    stop.abort();
    expect(await Promise.all(asking)).toEqual([1, 'ABORTED', 3, 4]);
    expect(server.received.map(({ calls }) => calls[0]?.params[0])).toEqual(['0x1', '0x3', '0x4']);
  });
});

describe('a source that asks for a pause', () => {
  const busy =
    (seconds: string): Script =>
    (_, response) =>
      send(response, '', 429, { 'retry-after': seconds });

  it('gets nothing of any kind meanwhile, and who cannot wait so long is told for how long it is', async () => {
    const server = await serve(busy('30'));
    const budget = new SourceBudget({ maxConcurrency: 4 });
    await failure(open(server.url, { budget }).head(never()));
    const refused = await Promise.allSettled(askEverything(server.url, budget));
    for (const each of refused) {
      const { code: why, data } = (each as PromiseRejectedResult).reason as LockstepError;
      expect([why, Number(data['retryAfterMs']) > 10_000]).toEqual(['SOURCE_THROTTLED', true]);
    }
    expect(server.received).toHaveLength(1);
  });

  it('gets what waited for its turn when the pause is over, each once', async () => {
    const script = await scripted();
    const faults = [busy('1')];
    const server = await serve((received, response) => (faults.shift() ?? script)(received, response));
    await Promise.all(askEverything(server.url, new SourceBudget({ maxConcurrency: 1 })));
    expect(server.methods).toHaveLength(12);
  });

  it('counts each refusal and each request that timed out as a setback, and nothing else', async () => {
    const script = await scripted();
    const page: Script = (_, response) => send(response, '<html>', 502);
    const faults: Script[] = [busy('0'), page, () => undefined];
    const server = await serve((received, response) => (faults.shift() ?? script)(received, response));
    const source = open(server.url, { rpcTimeoutMs: 400, retry: { attempts: 4, baseDelayMs: 1, totalMs: 60_000 } });
    await source.head(never());
    expect([server.received.length, source.setbacks]).toEqual([4, 2]);
  });
});

describe('replies of a source', () => {
  /** Answers compressed where that is asked for; otherwise the body comes in pieces, with pauses between them. */
  const narrow: Script = async ({ calls, headers }, response) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: calls[0]?.id, result: `0x${'ab'.repeat(64 * 1024)}` });
    if (headers['accept-encoding'] !== undefined) {
      return send(response, gzipSync(body), 200, { 'content-encoding': 'gzip' });
    }
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.write(body.slice(0, 1_000));
    await setTimeout(30);
    response.end(body.slice(1_000));
  };

  it('are asked for compressed once large ones were slow to come', async () => {
    const server = await serve(narrow);
    const source = open(server.url);
    for (let number = 1; number <= 20; number += 1)
      expect((await source.block({ number }, never())).kind).toBe('found');
    const asked = server.received.map(({ headers }) => headers['accept-encoding'] !== undefined);
    expect(asked).toEqual([...new Array<boolean>(16).fill(false), ...new Array<boolean>(4).fill(true)]);
  });

  it('are asked for compressed from the beginning outside of private networks', async () => {
    const server = await serve(narrow);
    await open(server.url.replace('127.0.0.1', '0.0.0.0')).block({ number: 1 }, never());
    expect(server.received[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });
});

function code(thrown: unknown): string {
  return thrown instanceof LockstepError ? thrown.code : String(thrown);
}
