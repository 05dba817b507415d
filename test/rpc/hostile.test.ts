import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeAll, type RpcRig, startRpcRig } from './fixture.js';

afterEach(closeAll);

const BODY = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'optimism_version', params: [] });
const HEAD = `Host: 127.0.0.1\r\nContent-Type: application/json\r\n`;

/** Sends bytes as they are, and gives back all that comes until the server closes, or has answered. */
function raw({ url }: RpcRig, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (got += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(got));
  });
}

const statuses = (got: string): readonly string[] =>
  [...got.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, code]) => code ?? '');

/** The server goes on to answer. */
async function stillServes({ call }: RpcRig): Promise<void> {
  expect(await call('optimism_version')).toBe('lockstep/v1.2.3');
}

describe('a body', () => {
  it.each([
    ['no JSON', '{"jsonrpc"'],
    ['nothing', ''],
    ['a web form', 'method=optimism_version'],
    ['bytes that are no text', '\u0000\u0001'],
    ['brackets without end', '['.repeat(100_000)],
  ])('that is %s is answered with -32700', async (_what, body) => {
    const rig = await startRpcRig();
    const response = await fetch(rig.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect([400, 200]).toContain(response.status);
    expect(await response.json()).toMatchObject({ id: null, error: { code: -32700 } });
    await stillServes(rig);
  });

  it('of nested lists is answered as the invalid batch that it is', async () => {
    const rig = await startRpcRig();
    const body = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
    const response = await fetch(rig.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(await response.json()).toMatchObject([{ error: { code: -32600 } }]);
  });

  it('with __proto__ and doubled keys changes nothing', async () => {
    const rig = await startRpcRig();
    const body = `{"__proto__":{"method":"x"},"jsonrpc":"2.0","id":9,"id":1,"method":"optimism_version","constructor":{"prototype":{"polluted":1}}}`;
    const response = await fetch(rig.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(await response.json()).toMatchObject({ id: 1, result: 'lockstep/v1.2.3' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('that is too large is refused with 413 before it is read, told or not', async () => {
    const rig = await startRpcRig();
    const told = await raw(rig, `POST / HTTP/1.1\r\n${HEAD}Content-Length: 999999999\r\n\r\n`);
    expect(statuses(told)).toEqual(['413']);
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const untold = await raw(rig, `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}`);
    expect(statuses(untold)).toEqual(['413']);
    await stillServes(rig);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/json; charset=x, y'])(
    'of another type than JSON is refused: %s',
    async (type) => {
      const rig = await startRpcRig();
      const response = await fetch(rig.url, { method: 'POST', headers: { 'content-type': type }, body: BODY });
      if (type.startsWith('application/json')) expect(response.status).toBe(200);
      else expect(response.status).toBe(415);
    },
  );

  it('from a page in a browser is refused, whatever the page', async () => {
    const rig = await startRpcRig({ admin: true });
    for (const origin of ['https://evil.example', rig.url, 'null']) {
      const body = { jsonrpc: '2.0', id: 1, method: 'follow_pause' };
      expect((await rig.post(body, { origin })).status).toBe(403);
    }
    expect(rig.ordered).toEqual([]);
  });
});

describe('a path', () => {
  it.each([
    ['GET', '/'],
    ['PUT', '/'],
    ['POST', '/x'],
    ['POST', '/healthz'],
    ['POST', '//'],
    ['GET', '/../../etc/passwd'],
    ['GET', '/%2e%2e/%2e%2e/etc/passwd'],
    ['GET', '/healthz/'],
    ['GET', '/healthz%00'],
    ['GET', '/admin'],
    ['GET', '/metrics'],
    ['TRACE', '/'],
    ['CONNECT', 'evil.example:443'],
    ['POST', 'http://evil.example/x'],
  ])('that is not served is refused, and does not come back: %s %s', async (verb, path) => {
    const rig = await startRpcRig();
    const got = await raw(rig, `${verb} ${path} HTTP/1.1\r\n${HEAD}Connection: close\r\nContent-Length: 0\r\n\r\n`);
    expect(statuses(got).every((status) => ['400', '404', '405'].includes(status))).toBe(true);
    expect(got).not.toContain('passwd');
    await stillServes(rig);
  });

  it.each([
    ['/healthz', 200],
    ['/livez', 200],
    ['/readyz', 503],
  ])('of health is served beside RPC: %s', async (path, status) => {
    const { url } = await startRpcRig();
    expect((await fetch(`${url}${path}`)).status).toBe(status);
  });
});

describe('HTTP that two programs may read in two ways', () => {
  const second = `POST / HTTP/1.1\r\n${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;

  it.each([
    ['both lengths', `Content-Length: ${BODY.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`],
    ['two lengths', `Content-Length: ${BODY.length}\r\nContent-Length: 0\r\n\r\n${BODY}`],
    ['a length with a sign', `Content-Length: +${BODY.length}\r\n\r\n${BODY}`],
    ['a length in hex', `Content-Length: 0x10\r\n\r\n${BODY}`],
    ['an encoding that does not exist', `Transfer-Encoding: xchunked\r\n\r\n${BODY}`],
    [
      'an encoding in two headers',
      `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${second}`,
    ],
    ['a space before the colon', `Content-Length : ${BODY.length}\r\n\r\n${BODY}`],
    ['a folded header', `X-A: 1\r\n b\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`],
    ['a bare line feed', `X-A: 1\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`],
    ['a chunk size with a sign', `Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n`],
    ['a header of 20 kB', `X-A: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('is refused and its connection closed: %s', async (_what, rest) => {
    const rig = await startRpcRig();
    const got = await raw(rig, `POST / HTTP/1.1\r\n${HEAD}${rest}`);
    expect(statuses(got)).toEqual([expect.stringMatching(/^4\d\d$/)]);
    expect(got).not.toContain('lockstep/v');
    await stillServes(rig);
  });

  it.each([
    'GET / HTTP/9.9\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'hello\r\n\r\n',
  ])('that is no HTTP/1.1 is refused: %j', async (text) => {
    const rig = await startRpcRig();
    expect(statuses(await raw(rig, text)).every((status) => status.startsWith('4') || status.startsWith('5'))).toBe(
      true,
    );
    await stillServes(rig);
  });
});

describe('a caller that is slow', () => {
  it('with its request is cut off, while others are served', async () => {
    const rig = await startRpcRig();
    const slow = raw(rig, `POST / HTTP/1.1\r\n${HEAD}Content-Length: ${BODY.length}\r\n\r\n{`);
    await stillServes(rig);
    expect(statuses(await slow)).toEqual(['408']);
  }, 60_000);

  it('keeps nothing from closing', async () => {
    const rig = await startRpcRig();
    const idle = raw(rig, 'POST / HTTP/1.1\r\n').catch(() => '');
    await stillServes(rig);
    await closeAll();
    expect(await idle).not.toContain('lockstep');
  });
});

describe('a crowd', () => {
  it('of calls that wait for the EL is answered or refused, and health all the while', async () => {
    const rig = await startRpcRig();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    rig.el.beforeAnswer = () => held;
    const calls = Array.from({ length: 300 }, (_, id) =>
      rig.post({ jsonrpc: '2.0', id, method: 'optimism_outputAtBlock', params: ['0x5'] }).catch(() => null),
    );
    expect((await fetch(`${rig.url}/healthz`).catch(() => null))?.status ?? 200).toBe(200);
    release();
    const replies = await Promise.all(calls);
    const answered = replies.filter((reply) => reply?.status === 200);
    expect(answered.length).toBeGreaterThan(0);
    expect(replies.filter((reply) => reply !== null && ![200, 503].includes(reply.status))).toEqual([]);
    rig.el.beforeAnswer = () => undefined;
    await stillServes(rig);
  });
});
