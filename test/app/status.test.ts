import { afterEach, beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import type { FollowHooks, Phase } from '../../src/follow/state.js';
import type { JsonObject, JsonValue } from '../../src/util/json.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, engineView, observation, SETTLED, sourceView } from '../follow/examples.js';
import { CliRig, problemsOf } from '../rig/cli.js';
import { answering, HttpServer, type Script, send } from '../rig/http-server.js';
import { closeAll, startRpcRig } from '../rpc/fixture.js';
import { status, told } from './told-status.js';

let rig: CliRig;
let servers: HttpServer[] = [];

beforeAll(() => {
  rig = new CliRig();
});

afterEach(async () => {
  await closeAll();
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

afterAll(() => {
  rig.remove();
});

async function serve(script: Script): Promise<string> {
  const server = await HttpServer.start(script);
  servers.push(server);
  return server.url;
}

const FOLLOWING: Phase = { kind: 'following' };
const HOLDING: Phase = {
  kind: 'holding',
  reason: {
    kind: 'source-unavailable',
    error: new LockstepError('SOURCE_TIMEOUT', { detail: 'http://source.example' }),
  },
};

/** A turn of the loop that ends in this phase, with the EL at 5 and the source at 9. */
function turn(hooks: FollowHooks, phase: Phase): void {
  hooks.onTurn({
    before: { ...SETTLED, phase: FOLLOWING },
    state: { ...SETTLED, phase },
    observation: observation(engineView(A, 5, { safe: at(A, 3), finalized: null }), sourceView(A, 9)),
    action: { do: 'wait', ms: 1 },
  });
}

/** Every control character but the line end. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

describe('lockstep status', () => {
  it('shows a lockstep that is ready, and exits 0', async () => {
    const { url, hooks } = await startRpcRig();
    turn(hooks, FOLLOWING);
    const run = await rig.run(['status', url]);
    expect(run).toMatchObject({ code: 0, stderr: '', called: null });
    expect(run.stdout).toMatch(/^Following: 4 blocks behind the source\.\n/);
    expect(run.stdout).toMatch(/^unsafe +9 0xa0000000 +… {2}5 0xa0000000 +4 behind$/m);
    expect(run.stdout).toContain(`lockstep 1.2.3 at ${url.replace(/\/$/, '')}, `);
  });

  it('shows a hold with its reason, what it means and what ends it, and exits 3', async () => {
    const { url, hooks } = await startRpcRig();
    turn(hooks, HOLDING);
    const run = await rig.run(['status', url]);
    expect(run).toMatchObject({ code: 3, stderr: '' });
    expect(run.stdout).toMatch(/^Holding for 0 s \(source-unavailable\): nothing changes in the EL\.\n/);
    for (const title of ['meaning', 'ends', 'error', 'fix']) {
      expect(run.stdout).toMatch(new RegExp(`^${title} {3,}\\S`, 'm'));
    }
    expect(run.stdout).toMatch(
      /^\d\d-\d\d [\d:]{8} {2}state {8}from=following to=holding\n +reason=source-unavailable code=/m,
    );
  });

  it('shows the newest events when there are many', async () => {
    const { url, hooks } = await startRpcRig();
    for (let each = 0; each < 20; each++) turn(hooks, HOLDING);
    const { stdout } = await rig.run(['status', url, '--json']);
    const { events } = JSON.parse(stdout) as { events: readonly { seq: number }[] };
    expect(events.map(({ seq }) => seq)).toEqual([17, 18, 19, 20]);
  });

  it.each([
    [FOLLOWING, 0],
    [HOLDING, 3],
  ])('answers with --json what the RPC tells, all of it: %j', async (phase, code) => {
    const { url, hooks, call } = await startRpcRig();
    turn(hooks, phase);
    const run = await rig.run(['status', '--json', url]);
    const { events } = (await call('follow_events')) as JsonObject;
    expect(JSON.parse(run.stdout)).toEqual({ status: await call('follow_status'), events });
    expect(run).toMatchObject({ code, stderr: '' });
  });

  it('asks the lockstep with the same settings unless a URL is given, whatever else they lack', async () => {
    const { url, hooks } = await startRpcRig();
    turn(hooks, FOLLOWING);
    const { port } = new URL(url);
    const env = { LOCKSTEP_L2_ENGINE_AUTH: 'not-there.hex' };
    expect(await rig.run(['status', '--rpc.port', port], { env })).toMatchObject({ code: 0, stderr: '' });
    const everywhere = { ...env, LOCKSTEP_RPC_PORT: port, LOCKSTEP_RPC_ADDR: '0.0.0.0' };
    expect(await rig.run(['status'], { env: everywhere })).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    [['--rpc.enabled=false'], /^--rpc\.enabled "false" leaves nothing .* LOCKSTEP_RPC_ENABLED=true/],
    [['--rpc.port=0'], /^--rpc\.port "0" picks a port that this command cannot know/],
    [['--rpc.port=99999'], /^--rpc\.port "99999"/],
  ])('exits 78 when it cannot know whom to ask: %j', async (argv, problem) => {
    const run = await rig.run(['status', ...argv]);
    expect(run).toMatchObject({ code: 78, stdout: '' });
    expect(problemsOf(run)).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    ['', 'is not a URL'],
    ['localhost:9545', 'does not start with http'],
    ['ws://127.0.0.1:9545', 'is a WebSocket URL'],
    ['http://a,http://b', 'lists more than one URL'],
    ['http://user:100%@127.0.0.1:9545', 'stray "%"'],
    ['\u001b[2Jhttp', 'is not a URL'],
  ])('exits 2 for a URL that is none, without showing what may be a secret: %j', async (url, reason) => {
    const run = await rig.run(['status', url]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(problemsOf(run)).toEqual([expect.stringContaining(reason)]);
    expect(run.stderr).not.toMatch(CONTROL);
    expect(run.stderr).not.toContain('100%');
  });

  it('sends user-info as credentials and shows none of it', async () => {
    const { url } = await startRpcRig();
    const run = await rig.run(['status', url.replace('http://', 'http://user:hunter2@')]);
    expect(run.code).toBe(3);
    expect(run.stdout + run.stderr).not.toContain('hunter2');
  });
});

const nested = (depth: number): string => `{"jsonrpc":"2.0","id":1,"result":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const ESCAPES = '\u001b]0;owned\u0007\u001b[2J\u009b31m';
const withText = (result: JsonValue): Script => answering(() => ({ result }));

const side = (hash: string): JsonObject => ({ unsafe: { number: 1, hash, parentHash: hash, timestamp: 1 } });

describe('an answer that cannot be used', () => {
  it.each<[string, string, Script]>([
    ['a web page', 'not a JSON-RPC reply', (_, response) => send(response, `<html>${ESCAPES}`)],
    ['an HTTP error', 'HTTP 404', (_, response) => send(response, ESCAPES, 404)],
    ['a redirect', 'HTTP 302', (_, response) => send(response, '', 302, { location: 'http://127.0.0.1:1/' })],
    ['a closed connection', 'no connection', (_, response) => void response.destroy()],
    ['a flood', 'more than 262144 bytes', (_, response) => send(response, 'x'.repeat(1_000_000))],
    ['a flood without a length', 'more than 262144 bytes', (_, response) => void response.end('x'.repeat(1_000_000))],
    ['arrays in arrays', 'follow_status is not an object', (_, response) => send(response, nested(100_000))],
    ['another protocol', 'not of JSON-RPC 2.0', (_, response) => send(response, '{"id":1,"result":{}}')],
    [
      'a server that is no lockstep',
      'what does not know follow_status is not lockstep',
      answering(() => ({ error: { code: -32_601, message: `no such method ${ESCAPES}` } })),
    ],
    ['null', 'follow_status is not an object', withText(null)],
    ['a status without its fields', 'follow_status.version is not text', withText({})],
    ['a number that is none', 'follow_status.lastEvent is not', withText(status({ lastEvent: -1 }))],
    ['a hash that is none', 'source.unsafe.hash is not a hash', withText(status({ source: side(ESCAPES) }))],
    ['a height that is none', 'is not a whole number', withText(status({ lagBlocks: 1e300 }))],
    ['a word that is none', 'one of latest', withText(status({ elSync: { at: 1, of: 2, by: ESCAPES } }))],
    ['facts that are none', 'is not text or a number', withText(status({ error: { [ESCAPES]: [] } }))],
    ['events that are none', 'follow_events.events is not a list', told(status({}), { events: {} })],
    ['a time beyond all', 'timeMs is not a time', told(status({}), { events: [{ seq: 1, timeMs: 9e15 }] })],
  ])('ends it with 69 and says what is wrong: %s', async (_what, wrong, script) => {
    const url = await serve(script);
    const run = await rig.run(['status', url], { isTTY: true });
    expect(run).toMatchObject({ code: 69, stdout: '' });
    expect(run.stderr).toContain(wrong);
    expect(run.stderr.length).toBeLessThan(1_000);
    expect(run.stderr).not.toMatch(CONTROL);
    const json = await rig.run(['status', '--json', url]);
    expect(json.code).toBe(69);
    expect(JSON.parse(json.stdout)).toEqual({
      error: { code: expect.stringMatching(/^STATUS_/), err: expect.any(String), fix: expect.any(String) },
    });
  });

  it('is waited for no longer than 3 s', async () => {
    const url = await serve(() => undefined);
    const run = await rig.run(['status', url]);
    expect(run).toMatchObject({ code: 69, stdout: '' });
    expect(run.stderr).toContain('nothing complete after 3000 ms');
  });

  it('is none when nothing listens', async () => {
    const server = await HttpServer.start(() => undefined);
    const { url } = server;
    await server.close();
    const run = await rig.run(['status', url]);
    expect(run).toMatchObject({ code: 69, stdout: '' });
    expect(run.stderr).toMatch(/^lockstep: no connection to the RPC of lockstep: .*ECONNREFUSED\n {2}Start lockstep, /);
  });
});

describe('text of another machine', () => {
  const hostile = told(status({ version: ESCAPES, state: ESCAPES, meaning: ESCAPES, reason: ESCAPES }));

  it.each([[['status']], [['status', '--json']]])('never steers the terminal: %j', async (argv) => {
    const { code, stdout } = await rig.run([...argv, await serve(hostile)], {
      isTTY: true,
      env: { NO_COLOR: '1' },
    });
    expect(code).toBe(3);
    expect(stdout).toContain('\\u001b[2J');
    expect(stdout).not.toMatch(CONTROL);
  });
});

describe('the terminal', () => {
  const RED_GREEN_YELLOW = /\u001b\[3[123]m/;

  it.each<[string, { isTTY: boolean; env?: Record<string, string> }, boolean]>([
    ['a terminal', { isTTY: true }, true],
    ['a terminal that wants none', { isTTY: true, env: { NO_COLOR: '1' } }, false],
    ['a terminal without abilities', { isTTY: true, env: { TERM: 'dumb' } }, false],
    ['a pipe', { isTTY: false }, false],
  ])('gets colours where it can show them: %s', async (_what, options, colored) => {
    const run = await rig.run(['status', await serve(told(status({})))], options);
    expect(RED_GREEN_YELLOW.test(run.stdout)).toBe(colored);
  });

  it.each([40, 80])('gets no line wider than its %d columns', async (columns) => {
    const script = told(status({ meaning: 'word '.repeat(200), state: 'x'.repeat(400) }));
    const { stdout } = await rig.run(['status', await serve(script)], { isTTY: true, columns, env: { NO_COLOR: '1' } });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(columns);
  });
});
