import { request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createHealth } from '../../src/status/health.js';
import { createMetrics } from '../../src/status/metrics.js';
import { serveMetrics, type MetricsServer } from '../../src/status/server.js';

const METRICS = createMetrics({ version: '1.2.3', node: 'v20', now: () => 0 });
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

describe('the metrics server', () => {
  it('serves the exposition format of the registry', async () => {
    const { url } = await serve();
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/);
    expect(await response.text()).toContain('lockstep_info{version="1.2.3",node="v20"} 1');
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
