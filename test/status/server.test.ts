import { request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createMetrics } from '../../src/status/metrics.js';
import { serveMetrics, type MetricsServer } from '../../src/status/server.js';

const METRICS = createMetrics({ version: '1.2.3', node: 'v20' });
let servers: MetricsServer[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function serve(port = 0): Promise<MetricsServer> {
  const server = await serveMetrics(METRICS.registry, { host: '127.0.0.1', port });
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
  ])('answers %s %s with 404', async (method, path) => {
    const { url } = await serve();
    expect((await fetch(`${url}${path}`, { method })).status).toBe(404);
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
