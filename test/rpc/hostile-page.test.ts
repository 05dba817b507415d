import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../devnet/wait-until.js';
import { STREAM_LIMITS } from '../../src/status/live/streams.js';
import { closeAll, type RpcRig, startRpcRig } from './fixture.js';

afterEach(closeAll);

const DEADLINE_MS = 20_000;
const ROUTES = ['/status', '/status/page.js', '/status/style.css', '/status.json', '/status/bundle.json'];
const STREAM = '/status/events';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What came within the first message. */
  readonly text: string;
}

/** One request with exactly these headers, which fetch would not send. */
function ask(
  { url }: RpcRig,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers }, (response) => {
      let text = '';
      const done = (): void => resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      response.setEncoding('utf8');
      response.on('end', done);
      response.on('data', (chunk: string) => {
        text += chunk;
        if (path !== STREAM || !text.includes('\n\n')) return;
        done();
        sent.destroy();
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Sends bytes as they are, and gives all that comes until the server closes. */
function raw({ url }: RpcRig, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (got += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(got));
  });
}

/** The server goes on to answer. */
async function stillServes(rig: RpcRig): Promise<void> {
  expect(await rig.call('optimism_version')).toBe('lockstep/v1.2.3');
  expect((await ask(rig, '/status.json')).status).toBe(200);
}

describe('a route of the page', () => {
  it.each([...ROUTES, STREAM])('is read with GET, by nothing else, and lets no other host in: %s', async (path) => {
    const rig = await startRpcRig();
    const { status, headers } = await ask(rig, path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self'; style-src 'self'; /),
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']) {
      expect((await ask(rig, path, {}, method)).status).toBe(404);
    }
    await stillServes(rig);
  });

  it.each(['/status.json', '/status/bundle.json', STREAM])('tells URLs as scheme and host: %s', async (path) => {
    const { text } = await ask(await startRpcRig(), path);
    expect(text).not.toContain('secret');
    expect(text).toContain('https://host.example');
  });

  it('leads a browser from / to the page, and tells others nothing', async () => {
    const rig = await startRpcRig();
    const browser = await ask(rig, '/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect([browser.status, browser.headers['location']]).toEqual([302, '/status']);
    for (const accept of ['*/*', 'application/json']) expect((await ask(rig, '/', { accept })).status).toBe(404);
  });
});

describe('a path beside them', () => {
  it.each([
    ...['/status/', '/status//events', '/status/index.html', '/status/page.js/', '/STATUS', '/status%00', '/status/x'],
    ...['/status/../package.json', '/status/%2e%2e/lockstep.js', '/status/..%2flockstep.js', '/status/page.js%2f..'],
    ...['/page/index.html', '/dist/page/page.js', '/status/page.js.map', '/favicon.ico', '/status;a=1'],
  ])('is not served: %s', async (path) => {
    const rig = await startRpcRig();
    const got = await raw(rig, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    expect(got).toMatch(/^HTTP\/1.1 40[04] /);
    expect(got).toMatch(/\r\n\r\n{"error":"[^"]*"}$/);
    await stillServes(rig);
  });
});

describe('another site in the browser of the operator', () => {
  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', origin: 'http://127.0.0.1:1' },
  ])('reads nothing: %j', async (headers) => {
    const rig = await startRpcRig();
    for (const path of [...ROUTES, STREAM]) {
      const { status, text } = await ask(rig, path, headers);
      expect([status, text]).toEqual([403, '{"error":"not for other sites"}']);
    }
  });

  it.each([
    'evil.example',
    'evil.example:9545',
    '127.0.0.1.evil.example',
    'a b',
    '[::::]',
    'user@127.0.0.1',
    '127.0.0.1:99999',
  ])('reads nothing under a name of its own for this machine: %j', async (host) => {
    const rig = await startRpcRig();
    for (const path of [...ROUTES, STREAM]) expect((await ask(rig, path, { host })).status).toBe(403);
  });

  it.each([
    'localhost:9545',
    '127.0.0.1',
    '[::1]:9545',
    '203.0.113.7',
    'lockstep',
    'lockstep.default.svc',
    'box.lan:80',
  ])('is not suspected of an address or a private name: %s', async (host) => {
    expect((await ask(await startRpcRig(), '/status.json', { host })).status).toBe(200);
  });

  it('reads nothing without a name at all', async () => {
    const rig = await startRpcRig();
    expect(await raw(rig, 'GET /status.json HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
    await stillServes(rig);
  });

  it('may link to the page, and the page may read its own data', async () => {
    const rig = await startRpcRig();
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask(rig, '/status', link)).status).toBe(200);
    const { host } = new URL(rig.url);
    for (const own of [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, { origin: `http://${host}` }])
      expect((await ask(rig, STREAM, own)).status).toBe(200);
  });
});

describe('a crowd', () => {
  it('of readers is let in up to a number, and RPC is served all the while', async () => {
    const rig = await startRpcRig();
    const stop = new AbortController();
    const open = Array.from({ length: STREAM_LIMITS.streams }, () =>
      fetch(`${rig.url}${STREAM}`, { signal: stop.signal }),
    );
    expect((await Promise.all(open)).every(({ status }) => status === 200)).toBe(true);
    const { status, headers } = await ask(rig, STREAM);
    expect([status, headers['retry-after']]).toEqual([503, '10']);
    await stillServes(rig);
    stop.abort();
    await waitUntil('there is room again', async () => (await ask(rig, STREAM)).status === 200, DEADLINE_MS);
  });

  it('of questions is answered by what was put together once', async () => {
    const rig = await startRpcRig();
    const texts = await Promise.all(Array.from({ length: 200 }, async () => (await ask(rig, '/status.json')).text));
    expect(new Set(texts).size).toBe(1);
    rig.advance(1_000);
    const { timeMs } = JSON.parse((await ask(rig, '/status.json')).text) as { readonly timeMs: number };
    expect(timeMs).toBe(1_000);
    await stillServes(rig);
  });

  it('of open streams keeps nothing from closing', async () => {
    const rig = await startRpcRig();
    const streams = [1, 2, 3].map(() => raw(rig, `GET ${STREAM} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`).catch(() => ''));
    await stillServes(rig);
    await closeAll();
    expect((await Promise.all(streams)).every((text) => text.includes('event: whole'))).toBe(true);
  });
});
