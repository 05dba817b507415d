import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../devnet/wait-until.js';
import { createHealth } from '../../src/status/health.js';
import { serveMetrics, type MetricsServer } from '../../src/status/server.js';
import { metricsOf } from './metrics-of.js';

const METRICS = metricsOf({ version: '1.2.3' });
const CALL_TIMEOUT_MS = 15_000;
let nowMs = 0;
const HEALTH = createHealth(() => nowMs, CALL_TIMEOUT_MS);
let servers: MetricsServer[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function serve(port = 0): Promise<MetricsServer> {
  const server = await serveMetrics(
    { registry: METRICS.registry, health: HEALTH, version: '1.2.3' },
    { host: '127.0.0.1', port },
  );
  servers.push(server);
  return server;
}

async function connected(port: number, host: string): Promise<Socket> {
  const socket = connect(port, host);
  await once(socket, 'connect');
  return socket;
}

describe('the metrics server', () => {
  it('serves the exposition format of the registry', async () => {
    const { url } = await serve();
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/);
    expect(await response.text()).toContain(
      'lockstep_info{version="1.2.3",node="v20",source_kind="execution",chain_id="unknown"} 1',
    );
  });

  it('answers one of a crowd per turn of the event loop, so that the following gets in between', async () => {
    let turn = 0;
    let counting = true;
    const count = (): void => {
      turn += 1;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const answeredIn: number[] = [];
    const live = (): ReturnType<typeof HEALTH.live> => {
      answeredIn.push(turn);
      return HEALTH.live();
    };
    const { registry } = METRICS;
    const server = await serveMetrics(
      { registry, health: { ...HEALTH, live }, version: '1' },
      { host: '127.0.0.1', port: 0 },
    );
    servers.push(server);
    const { hostname, port } = new URL(server.url);
    const callers = await Promise.all(Array.from({ length: 60 }, () => connected(Number(port), hostname)));
    const ask = async (): Promise<void> => {
      const answers = callers.map((caller) => once(caller, 'data'));
      for (const caller of callers) caller.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
      await Promise.all(answers);
    };
    // Connections are accepted one per turn: only those that are open already can ask all at once.
    await ask();
    answeredIn.length = 0;
    await ask();
    for (const caller of callers) caller.destroy();
    counting = false;
    expect(answeredIn).toHaveLength(60);
    expect(new Set(answeredIn).size).toBe(60);
  });

  it('writes the text once for a crowd, and again for who asks later', async () => {
    const WRITING_MS = 50;
    let written = 0;
    const metrics = async (): Promise<string> => {
      written += 1;
      const text = `text ${written}`;
      await delay(WRITING_MS);
      return text;
    };
    const registry = Object.assign(Object.create(METRICS.registry) as typeof METRICS.registry, { metrics });
    const server = await serveMetrics({ registry, health: HEALTH, version: '1' }, { host: '127.0.0.1', port: 0 });
    servers.push(server);
    const ask = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();
    const crowd = await Promise.all(Array.from({ length: 40 }, ask));
    expect(crowd).toContain('text 1');
    expect(written).toBeLessThan(10);
    const before = written;
    await waitUntil('it is written again', async () => (await ask()) !== `text ${before}`, 10_000);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/metrics/x'],
    ['POST', '/metrics'],
    ['POST', '/healthz'],
    ['PUT', '/readyz'],
    ['GET', '/livez/x'],
  ])('answers %s %s with 404', async (method, path) => {
    const { url } = await serve();
    expect((await fetch(`${url}${path}`, { method })).status).toBe(404);
  });

  it('serves the version at /healthz, whatever the state', async () => {
    const { url } = await serve();
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.text()).toBe('{"version":"1.2.3"}');
  });

  it('serves liveness and readiness apart, and neither may be kept', async () => {
    const { url } = await serve();
    const [live, ready] = await Promise.all([fetch(`${url}/livez`), fetch(`${url}/readyz`)]);
    expect([live.status, ready.status]).toEqual([200, 503]);
    expect(await ready.json()).toMatchObject({ ready: false, state: 'starting' });
    expect(ready.headers.get('cache-control')).toBe('no-store');
  });

  it('judges readiness by the limits of the query, at /ready and /readyz', async () => {
    const { url } = await serve();
    for (const path of ['/ready', '/readyz']) {
      const response = await fetch(`${url}${path}?max_lag=5&max_age=30`);
      const { criteria } = (await response.json()) as { criteria: { name: string; limit: unknown }[] };
      const limits = Object.fromEntries(criteria.map(({ name, limit }) => [name, limit]));
      expect({ status: response.status, limits }).toMatchObject({ status: 503, limits: { lag: 5, age: 30 } });
    }
  });

  it.each([
    'max_lag=',
    'max_lag=-1',
    'max_lag=1e3',
    'max_age=1&max_age=2',
    'max_age=9999999999',
    'maxlag=1',
    '__proto__=1',
  ])('refuses ?%s with what it takes, and repeats nothing of it', async (query) => {
    const { url } = await serve();
    const response = await fetch(`${url}/readyz?${query}`);
    const { error } = (await response.json()) as { error: string };
    expect(response.status).toBe(400);
    expect(error).toMatch(/^(max_(lag|age) takes one whole number|the parameters are max_lag and max_age)/);
  });

  it('answers 503 at /livez when the loop no longer moves', async () => {
    const { url } = await serve();
    const silent = { onTurn: () => undefined, onOutcome: () => undefined, onBlock: () => undefined };
    HEALTH.watch({
      ...silent,
      onPlanning: () => undefined,
      onLabels: () => undefined,
      onHeadNews: () => undefined,
      onStatus: () => undefined,
    }).onOutcome({ of: 'wait' });
    nowMs += 4 * CALL_TIMEOUT_MS + 1;
    const response = await fetch(`${url}/livez`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ live: false, reason: 'loop-stalled' });
  });

  it('rejects when its port is taken', async () => {
    const { url } = await serve();
    await expect(serve(Number(new URL(url).port))).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes although a connection is open', async () => {
    const server = await serve();
    servers = [];
    const url = `${server.url}/metrics`;
    const idle = request(url, { headers: { 'content-length': '10' }, method: 'GET' });
    const ended = new Promise((resolve) => idle.once('error', resolve).once('response', resolve));
    await new Promise((resolve) => idle.once('socket', (socket) => socket.once('connect', resolve)));
    idle.flushHeaders();
    await server.close();
    await ended;
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
