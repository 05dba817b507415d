import { createServer, type Server, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CliRig, problemsOf } from '../rig/cli.js';

let rig: CliRig;
let servers: Server[] = [];

beforeAll(() => {
  rig = new CliRig();
});

afterEach(async () => {
  await Promise.all(
    servers.map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
  servers = [];
});

afterAll(() => {
  rig.remove();
});

async function listen(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

const answer =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status).end(body);

/** As inside a container: no source, no secret file, only the address of the metrics server. */
function probe(port: number, argv: readonly string[] = [], addr = '127.0.0.1') {
  const env = {
    LOCKSTEP_METRICS_ENABLED: 'true',
    LOCKSTEP_METRICS_PORT: String(port),
    LOCKSTEP_METRICS_ADDR: addr,
    LOCKSTEP_L2_ENGINE_AUTH: 'not-there.hex',
  };
  return rig.run(['healthcheck', ...argv], { env });
}

describe('lockstep healthcheck', () => {
  it('asks /livez and exits 0 for 200', async () => {
    const paths: string[] = [];
    const port = await listen((request, response) => {
      paths.push(request.url ?? '');
      response.end('{"live":true,"state":"syncing"}');
    });
    const run = await probe(port);
    expect(run).toMatchObject({ code: 0, stderr: '', called: null });
    expect(run.stdout).toBe(`healthy: http://127.0.0.1:${port}/livez 200 syncing\n`);
    await probe(port, ['--ready']);
    expect(paths).toEqual(['/livez', '/readyz']);
  });

  it('exits 69 for 503, with state and reason', async () => {
    const port = await listen(answer(503, '{"ready":false,"state":"holding","reason":"divergence"}'));
    const run = await probe(port, ['--ready']);
    expect(run).toMatchObject({ code: 69, stderr: '' });
    expect(run.stdout).toBe(`unhealthy: http://127.0.0.1:${port}/readyz 503 holding, divergence\n`);
  });

  it('names the criteria that are not met, with value and limit', async () => {
    const criteria =
      '[{"name":"loop","ok":true,"value":0,"limit":120},{"name":"lag","ok":false,"value":40,"limit":15},' +
      '{"name":"age","ok":false,"value":null,"limit":3},7]';
    const body = `{"ready":false,"state":"following","reason":"lag","criteria":${criteria}}`;
    const run = await probe(await listen(answer(503, body)), ['--ready']);
    expect(run.stdout).toMatch(/ 503 following, lag 40 \(limit 15\), age unknown \(limit 3\)\n$/);
  });

  it.each<[string, RequestListener]>([
    ['something that is not lockstep', answer(404, '<html>')],
    ['a redirect', (_request, response) => void response.writeHead(302, { location: '/' }).end()],
    ['a flood', (_request, response) => void response.writeHead(503).end('x'.repeat(1_000_000))],
    ['a connection that closes', (request) => void request.socket.destroy()],
  ])('exits 69 with one line for %s', async (_what, listener) => {
    const run = await probe(await listen(listener));
    expect(run).toMatchObject({ code: 69, stderr: '' });
    expect(run.stdout).toMatch(/^unhealthy: [^\n]*\n$/);
  });

  it('exits 69 when nothing listens', async () => {
    const port = await listen(answer(200, '{}'));
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await probe(port)).toMatchObject({ code: 69, stdout: expect.stringContaining('(ECONNREFUSED)') as unknown });
  });

  it('gives up on an answer that does not come', async () => {
    const port = await listen(() => undefined);
    const run = await probe(port);
    expect(run).toMatchObject({ code: 69, stdout: expect.stringContaining('no answer within 3000 ms') as unknown });
  });

  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '[::1]'],
  ])('finds a server that listens on %s at %s', async (addr, host) => {
    const port = await listen(answer(200, '{}'), host === '[::1]' ? '::1' : host);
    expect((await probe(port, [], addr)).stdout).toContain(`http://${host}:${port}/livez 200`);
  });

  it('says how to enable what it asks', async () => {
    const run = await rig.run(['healthcheck']);
    expect(run).toMatchObject({ code: 78, stdout: '' });
    expect(problemsOf(run)).toEqual([
      '--metrics.enabled "false" leaves nothing that could be asked. Set LOCKSTEP_METRICS_ENABLED=true for lockstep and for this command.',
    ]);
  });

  it('cannot know a port that is picked', async () => {
    const run = await probe(0);
    expect(problemsOf(run)).toEqual([expect.stringMatching(/^--metrics\.port "0" picks a port/)]);
    expect(run.code).toBe(78);
  });

  it('names a setting of its own that cannot be read, and no other', async () => {
    const run = await rig.run(['healthcheck', '--metrics.port=99999', '--log.level=loud']);
    expect(run.code).toBe(78);
    expect(problemsOf(run)).toEqual([expect.stringMatching(/^--metrics\.port "99999"/)]);
  });

  it('reads the variables of op-node under the switch', async () => {
    const port = await listen(answer(200, '{}'));
    const env = {
      LOCKSTEP_COMPAT_OP_NODE: 'true',
      OP_NODE_METRICS_ENABLED: 'true',
      OP_NODE_METRICS_PORT: String(port),
    };
    expect((await rig.run(['healthcheck'], { env })).code).toBe(0);
  });
});
