import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
/** The source answers every call with an error that repeats all it was told in confidence. */
let repeats = false;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'secrets', txsPerBlock: 1 });
  await world.rig.producer.produce(3);
  gate = await HttpServer.start(async ({ body, path, headers }: Received, response) => {
    if (repeats) {
      const { id } = JSON.parse(body.toString()) as { readonly id?: number };
      const message = `no access: ${path} ${JSON.stringify(headers)} ${USER}:${PASSWORD}`;
      send(response, Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message } })), 200);
      return;
    }
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
  const flags = ['--metrics.enabled', '--metrics.port', '0', '--log.level', 'trace', '--record', 'run.record'];
  lockstep = await command('run', flags);
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
    XDG_STATE_HOME: join(world.rig.dir, 'state'),
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

  it('show in no line about a source that repeats them in its errors', async () => {
    repeats = true;
    const line = await lockstep.until({ msg: 'Holding: nothing changes in the EL', code: 'SOURCE_RPC_ERROR' });
    repeats = false;
    expect(textOf(line, 'err')).toContain('[redacted]');
    await world.rig.producer.produce(1);
    await world.untilEqual();
    expectNoSecret('log', lockstep.output);
  });

  it('show in no line about an EL that repeats its token and our credentials in its answers', async () => {
    const message = `bad token ${TOKEN}sInR5cCI6IkpXVCJ9.eyJpYXQiOjE3fQ.c2ln of ${USER}:${PASSWORD}`;
    world.engine.inject({
      match: { method: /^engine_newPayload/ },
      fault: { kind: 'rpc-error', code: -32603, message },
    });
    await world.rig.producer.produce(1);
    await lockstep.until({ msg: 'Holding: nothing changes in the EL', reason: 'engine-stuck' });
    world.engine.heal();
    await world.untilEqual();
    expectNoSecret('log', lockstep.output);
  });

  it('show in no line of a recovery', async () => {
    await world.rig.producer.fork(world.rig.producer.head.number - 2, 4);
    await world.untilEqual();
    await lockstep.until({ msg: 'The EL is on another branch than the source' });
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

  it.each([[['doc', 'flags']], [['version', '--json']], [['--help']], [['healthcheck']]])(
    'show in no output of %j, which has them in its environment',
    async (words) => {
      const [word = '', ...flags] = words;
      const other = await command(word, flags);
      await other.ended();
      expect(other.output).not.toBe('');
      expectNoSecret(word, other.output);
    },
  );

  it.each([[[]], [['--json']]])('show in no status (%j)', async (flags) => {
    const rpc = textOf(await lockstep.until({ msg: 'RPC is served' }), 'url');
    const status = await command('status', [rpc, ...flags]);
    expect(await status.ended()).toBe(0);
    expect(status.output).toContain('SOURCE_AUTH');
    expectNoSecret('status', status.output);
  });

  it.each(['metrics', 'RPC'])('show in no answer about health on the %s port', async (port) => {
    const line = await lockstep.until({ msg: port === 'RPC' ? 'RPC is served' : 'Metrics are served' });
    const { origin } = new URL(textOf(line, 'url'));
    for (const path of ['/healthz', '/livez', '/readyz', '/ready', '/', '/status', '/nowhere']) {
      const reply = await fetch(`${origin}${path}`);
      expectNoSecret(path, `${JSON.stringify([...reply.headers])}${await reply.text()}`);
    }
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

  it('show in no line of a halt, nor of a kill', async () => {
    // Two sides that stand at the same block, behind proxies of one process, look like one node.
    await world.rig.producer.produce(1);
    const killed = await command('run', ['--log.level', 'trace', '--record', 'run.record']);
    await killed.until({ msg: 'Following: the EL keeps up with the source' });
    killed.signal('SIGKILL');
    await killed.ended();
    await world.rig.producer.produce(1);
    const halted = await command('run', ['--log.level', 'trace', '--halt-on-finalized-divergence']);
    await world.rig.producer.produce(8);
    await world.untilEqual();
    const { finalized } = await world.rig.heads('follower');
    await world.rig.producer.fork((finalized?.number ?? 0) - 1, 12);
    expect(await halted.ended()).toBe(80);
    expectNoSecret('log', killed.output + halted.output);
  });

  it('show in no file that lockstep leaves behind, nor in what is told of it', async () => {
    const state = join(world.rig.dir, 'state', 'lockstep');
    const journals = readdirSync(state).map((name) => join(state, name));
    const record = join(world.rig.dir, 'run.record');
    expect(journals).toHaveLength(1);
    const text = readFileSync(record, 'utf8');
    // What was refused is in it, and with what is not.
    for (const code of ['SOURCE_AUTH', 'ENGINE_AUTH', 'SOURCE_RPC_ERROR']) expect(text).toContain(code);
    for (const file of [record, ...journals]) expectNoSecret(file, readFileSync(file, 'utf8'));
    for (const flags of [[record], [record, '--json']]) {
      const explained = await command('explain', flags);
      expect(await explained.ended()).toBe(0);
      expectNoSecret('explain', explained.output);
    }
  });
});
