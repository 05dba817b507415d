import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Command } from '../rig/command.js';
import { textOf } from '../rig/episode.js';
import type { Fault } from '../../devnet/proxy/faults.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { FollowWorld } from '../rig/follow-world.js';
import { HttpServer, send, type Received } from '../rig/http-server.js';

const USER = 'canary-user';
const PASSWORD = 'canary-password';
const PATH = 'canary-path';
const QUERY = 'canary-query';
const HEADER = 'canary-header';
/** The start of every token: {"alg":"HS256" in base64url. */
const TOKEN = 'eyJhbGciOiJIUzI1NiI';
const REFUSED: Fault = { kind: 'status', code: 401 };

const DEADLINE_MS = 20_000;

type Side = 'source' | 'engine';

let world: FollowWorld;
/** Before the source's proxy: keeps the headers and paths that reached it. */
let gate: HttpServer;
let lockstep: Command;
let runs = 0;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'secrets', txsPerBlock: 1 });
  await world.rig.producer.produce(3);
  gate = await HttpServer.start(async ({ body }: Received, response) => {
    try {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(world.source.url, {
        method: 'POST',
        body: new Uint8Array(body),
        headers,
        redirect: 'manual',
      });
      send(response, Buffer.from(await reply.arrayBuffer()), reply.status);
    } catch {
      response.destroy();
    }
  });
  lockstep = await command('run', ['--metrics.enabled', '--metrics.port', '0', '--log.level', 'trace']);
  await world.untilEqual();
});

afterAll(async () => {
  await lockstep.stop();
  await world.close();
  await gate.close();
});

function secretOfJwt(): string {
  return readFileSync(world.jwtSecretFile, 'utf8').trim();
}

/** The command with every secret in its environment, as in a compose file. */
function command(
  word: string,
  flags: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<Command> {
  runs += 1;
  const { host } = new URL(gate.url);
  const env = {
    LOCKSTEP_L2_FOLLOW_SOURCE: `http://${USER}:${PASSWORD}@${host}/${PATH}?key=${QUERY}`,
    LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: `X-Api-Key: ${HEADER}`,
    LOCKSTEP_L2_ENGINE_AUTH_ENCODED: secretOfJwt(),
    LOCKSTEP_L2_ENGINE_RPC: world.engine.url.replace('//', `//${USER}:${PASSWORD}@`),
    LOCKSTEP_BOOT_TIMEOUT: '1s',
    LOCKSTEP_LOG_FORMAT: 'json',
    LOCKSTEP_L2_FOLLOW_POLL_INTERVAL: '100ms',
    LOCKSTEP_L2_FOLLOW_SAFETY_INTERVAL: '200ms',
    ...more,
  };
  return Command.start([word, ...flags], { cwd: world.rig.dir, name: `secrets-${runs}`, env });
}

function expectNoSecret(where: string, text: string): void {
  const basic = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
  const jwt = secretOfJwt();
  const secrets = [USER, PASSWORD, PATH, QUERY, HEADER, basic, jwt, jwt.toUpperCase(), TOKEN];
  expect(secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${where}`)).toEqual([]);
}

describe('secrets', () => {
  it('are what the source is asked with', () => {
    const [first] = gate.received;
    expect(first?.path).toBe(`/${PATH}?key=${QUERY}`);
    expect(first?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`,
      'x-api-key': HEADER,
    });
  });

  it('show in no argument list', () => {
    const argv = readFileSync(`/proc/${lockstep.pid}/cmdline`, 'utf8');
    expect(argv).toContain('lockstep.js');
    expectNoSecret('argv', argv);
  });

  it.each<[string, Side, Fault]>([
    ['SOURCE_AUTH', 'source', REFUSED],
    ['SOURCE_REDIRECT', 'source', { kind: 'redirect', location: 'http://127.0.0.1:1/' }],
    ['SOURCE_BAD_BODY', 'source', { kind: 'html' }],
    ['SOURCE_UNREACHABLE', 'source', { kind: 'drop-before' }],
    ['ENGINE_AUTH', 'engine', REFUSED],
    ['ENGINE_UNREACHABLE', 'engine', { kind: 'drop-before' }],
  ])('show in no line about %s', async (code, side, fault) => {
    world[side].inject({ match: {}, fault });
    await lockstep.until({ msg: 'Holding: nothing changes in the EL', code });
    world[side].heal();
    await world.rig.producer.produce(1);
    await world.untilEqual();
    expectNoSecret('log', lockstep.output);
  });

  it.each<[Side]>([['source'], ['engine']])('show in no check that finds the %s refusing them', async (side) => {
    world[side].inject({ match: {}, fault: REFUSED });
    const check = await command('check');
    expect(await check.ended()).not.toBe(0);
    world[side].heal();
    expectNoSecret('check', check.output);
  });

  it.each([['text'], ['logfmt']])('show in no start that is refused, as %s', async (format) => {
    const second = await command('run', [], { LOCKSTEP_LOG_FORMAT: format });
    expect(await second.ended()).toBe(78);
    expectNoSecret(format, second.output);
  });

  it.each([[['--json']], [['--metrics.port', '99999']]])('show in no configuration (%j)', async (flags) => {
    const config = await command('config', flags);
    await config.ended();
    expect(config.output).toContain('[redacted]');
    expectNoSecret('config', config.output);
  });

  it('show in no metric', async () => {
    const url = textOf(await lockstep.until({ msg: 'Metrics are served' }), 'url');
    const text = await (await fetch(url)).text();
    expect(text).toContain('lockstep_up 1');
    expectNoSecret('metrics', text);
  });

  it('show in no answer of the RPC and on no page, also while both sides refuse them', async () => {
    const rpc = textOf(await lockstep.until({ msg: 'RPC is served' }), 'url');
    const methods = ['follow_status', 'follow_events', 'optimism_syncStatus', 'optimism_rollupConfig', 'no_such'];
    const batch = methods.map((method, id) => ({ jsonrpc: '2.0', id, method, params: [] }));
    const ask = async (): Promise<string> => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(rpc, { method: 'POST', headers, body: JSON.stringify(batch) });
      const page = await Promise.all(['.json', '/bundle.json'].map((route) => fetch(`${rpc}/status${route}`)));
      return (await Promise.all([answer, ...page].map((each) => each.text()))).join('\n');
    };
    const texts = [await ask()];
    for (const side of ['source', 'engine'] as const) {
      world[side].inject({ match: {}, fault: REFUSED });
      await waitUntil('the hold shows', async () => (await ask()).includes('"holding"'), DEADLINE_MS);
      texts.push(await ask());
      world[side].heal();
      await world.rig.producer.produce(1);
      await world.untilEqual();
    }
    expect(texts.join()).toContain('SOURCE_AUTH');
    expect(texts.join()).toContain('ENGINE_AUTH');
    expectNoSecret('rpc', texts.join());
  });

  it('show in no line of the stop', async () => {
    expect(await lockstep.stop()).toBe(0);
    expectNoSecret('log', lockstep.output);
  });
});
