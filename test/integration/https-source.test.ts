import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/util/json.js';
import { Command } from '../rig/command.js';

/** For localhost alone, until 2126. */
const CERTIFICATE = fileURLToPath(new URL('tls/localhost.crt', import.meta.url));
const KEY = fileURLToPath(new URL('tls/localhost.key', import.meta.url));

let folder: string;
let server: Server;
/** The version of HTTP of each request. */
const spoken: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-https-'));
  writeFileSync(join(folder, 'jwt.hex'), '5a'.repeat(32), { mode: 0o600 });
  server = createServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) }, (request, response) => {
    spoken.push(request.httpVersion);
    response.setHeader('content-type', 'application/json').end('{"jsonrpc":"2.0","id":1,"result":"0x385"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What `lockstep check` says of the source; no EL is there. */
async function sourceRow(name: string, env: Readonly<Record<string, string>>): Promise<JsonObject | undefined> {
  const source = `https://localhost:${(server.address() as AddressInfo).port}`;
  const sides = [
    '--l2.follow.source',
    source,
    '--l2',
    'http://127.0.0.1:1',
    '--l2.jwt-secret',
    join(folder, 'jwt.hex'),
  ];
  const command = await Command.start(['check', '--json', ...sides], { cwd: folder, name, env });
  await command.ended();
  const [report] = command.lines();
  const rows = report?.['checks'];
  return Array.isArray(rows) ? (rows as JsonObject[]).find((row) => row['name'] === 'source') : undefined;
}

describe('a source with https', () => {
  it('is asked over TLS by the program as it is built', async () => {
    const row = await sourceRow('trusted', { NODE_EXTRA_CA_CERTS: CERTIFICATE });
    expect(row).toMatchObject({ result: 'pass', detail: expect.stringContaining('answers for chain 901') });
    expect(new Set(spoken)).toEqual(new Set(['1.1']));
  });

  it('is told nothing where nobody vouches for its certificate', async () => {
    spoken.length = 0;
    const row = await sourceRow('unknown', {});
    expect(row).toMatchObject({
      ...{ result: 'fail', code: 'SOURCE_UNREACHABLE', fix: expect.stringContaining('NODE_EXTRA_CA_CERTS') },
      detail: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    });
    expect(spoken).toEqual([]);
  });
});
