import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../devnet/wait-until.js';
import { unanswered } from '../monitoring/queries.js';
import { Command } from '../rig/command.js';
import { textOf } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';
import { HttpServer, send } from '../rig/http-server.js';
import { QUICK_FLAGS } from '../rig/quick-flags.js';

const DEADLINE_MS = 10_000;

let world: FollowWorld;
let started: Command[] = [];
let runs = 0;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'operator', txsPerBlock: 1 });
  await world.rig.producer.produce(3);
});

afterEach(async () => {
  await Promise.all(started.map((command) => command.stop()));
  started = [];
  for (const proxy of [world.source, world.engine]) {
    proxy.heal();
    await proxy.up();
  }
});

afterAll(() => world.close());

async function command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Command> {
  runs += 1;
  const one = await Command.start(args, { cwd: world.rig.dir, name: `operator-${runs}`, env });
  started.push(one);
  return one;
}

function run(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Command> {
  const args = [
    ...['run', '--l2.follow.source', world.source.url, '--l2', world.engine.url],
    ...['--l2.jwt-secret', world.jwtSecretFile, '--log.format', 'json', '--log.level', 'trace'],
    ...QUICK_FLAGS,
  ];
  return command([...args, ...flags], env);
}

/** A lockstep at the head; sides that stand at the same block from the start would look like one node. */
async function following(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Command> {
  await world.rig.producer.produce(2);
  const one = await run(flags, env);
  await world.untilEqual();
  return one;
}

describe('metrics', () => {
  async function metricsUrl(one: Command): Promise<string> {
    return textOf(await one.until({ msg: 'Metrics are served' }), 'url');
  }

  async function scrape(one: Command): Promise<string> {
    const response = await fetch(await metricsUrl(one));
    expect(response.headers.get('content-type')).toContain('text/plain');
    return response.text();
  }

  function untilShown(one: Command, lines: readonly string[]): Promise<boolean> {
    const shown = async (): Promise<boolean> => {
      const text = (await scrape(one)).split('\n');
      return lines.every((line) => text.includes(line));
    };
    return waitUntil(`the metrics ${lines.join(', ')}`, shown, DEADLINE_MS);
  }

  it('tell where both sides stand, and what lockstep is doing, in every series that dashboards and alerts select', async () => {
    const one = await following(['--metrics.enabled', '--metrics.port', '0']);
    const { number } = world.rig.producer.head;
    await untilShown(one, [
      ...[
        'lockstep_up 1',
        'lockstep_ready 1',
        'lockstep_state{state="following"} 1',
        'lockstep_state{state="holding"} 0',
      ],
      `lockstep_head_number{side="local",label="unsafe"} ${number}`,
      `lockstep_head_number{side="source",label="unsafe"} ${number}`,
      `lockstep_head_number{side="local",label="safe"} ${number - 3}`,
      ...['lockstep_lag_blocks{label="unsafe"} 0', `lockstep_blocks_inserted_total ${number}`],
    ]);
    const shown = await scrape(one);
    expect(unanswered(shown)).toEqual([]);
    for (const phase of ['fetch', 'verify', 'new_payload', 'fcu']) {
      expect(shown).toMatch(new RegExp(`^lockstep_insert_seconds_count\\{phase="${phase}"\\} [1-9]`, 'm'));
    }
    await world.source.down();
    await untilShown(one, [
      ...['lockstep_ready 0', 'lockstep_state{state="following"} 0', 'lockstep_state{state="holding"} 1'],
    ]);
  });

  it('stand beside health: live and ready in step, live and not ready without a source', async () => {
    const one = await following(['--metrics.enabled', '--metrics.port', '0']);
    const url = await metricsUrl(one);
    const status = async (path: string): Promise<number> => (await fetch(new URL(path, url))).status;
    await waitUntil('it is ready', async () => (await status('/readyz')) === 200, DEADLINE_MS);
    await world.source.down();
    await waitUntil('it is not ready', async () => (await status('/readyz')) === 503, DEADLINE_MS);
    const unready = await (await fetch(new URL('/readyz', url))).json();
    expect(unready).toMatchObject({ ready: false, state: 'holding', reason: 'source-unavailable' });
    expect([await status('/livez'), await status('/healthz')]).toEqual([200, 200]);
    const env = { LOCKSTEP_METRICS_ENABLED: 'true', LOCKSTEP_METRICS_PORT: new URL(url).port };
    const [live, ready] = [await command(['healthcheck'], env), await command(['healthcheck', '--ready'], env)];
    expect([await live.ended(), await ready.ended()]).toEqual([0, 69]);
    expect(ready.output).toContain('503 holding, source-unavailable');
  });

  it('and health are all that is served', async () => {
    const one = await following(['--metrics.enabled', '--metrics.port', '0']);
    const url = await metricsUrl(one);
    expect((await fetch(new URL('/', url))).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
  });

  it('are done without when their port is taken, with a warning (O5)', async () => {
    const taken = await HttpServer.start((_received, response) => send(response, 'mine'));
    try {
      const one = await following(['--metrics.enabled', '--metrics.port', String(taken.port)]);
      expect(one.lines({ code: 'METRICS_PORT' })).toEqual([expect.objectContaining({ lvl: 'warn' })]);
    } finally {
      await taken.close();
    }
  });

  it('end the start with 78 when their port is taken and that was asked for (O5)', async () => {
    const taken = await HttpServer.start((_received, response) => send(response, 'mine'));
    try {
      const before = world.engine.log.writes.length;
      const one = await run(['--metrics.enabled', '--metrics.port', String(taken.port), '--metrics.strict']);
      expect(await one.ended()).toBe(78);
      expect(one.lines({ lvl: 'crit' })).toEqual([expect.objectContaining({ code: 'METRICS_PORT', exit: 78 })]);
      expect(world.engine.log.writes).toHaveLength(before);
    } finally {
      await taken.close();
    }
  });
});

describe('a stop', () => {
  it('lets the call that changes the EL finish, sends no other, and ends with 0 (H2)', async () => {
    const one = await following();
    world.engine.inject({ match: { method: /newPayload/ }, fault: { kind: 'delay', ms: 400, when: 'after' } });
    const { log } = world.engine;
    const payloads = log.payloads.length;
    await world.rig.producer.produce(3);
    await waitUntil('a payload is under way', () => log.payloads.length > payloads, DEADLINE_MS);
    const writes = log.writes.length;
    one.signal('SIGTERM');
    expect(await one.ended()).toBe(0);
    expect(log.writes).toHaveLength(writes);
    expect(log.payloads.at(-1)?.status).toBe('VALID');
    expect(one.lines().at(-1)).toMatchObject({ msg: 'lockstep stopped' });
  });

  it('asked for twice ends it at once with 130 (H2)', async () => {
    const one = await following();
    const hang = world.engine.inject({ match: { method: /newPayload/ }, fault: { kind: 'hang', applied: true } });
    await world.rig.producer.produce(1);
    await waitUntil('a payload hangs', () => hang.applied > 0, DEADLINE_MS);
    one.signal('SIGTERM');
    await one.until({ msg: 'Stopping' });
    one.signal('SIGINT');
    expect(await one.ended()).toBe(130);
  });
});

describe('a bug that nobody caught', () => {
  it.each([
    ['a rejection', "Promise.reject(new Error('boom'))"],
    ['an exception', "setImmediate(()=>{throw new Error('boom')})"],
  ])('%s ends it with 70 and without another write (H8, I24)', async (_what, bug) => {
    const hook = `process.on('SIGUSR2',()=>{${bug}})`;
    const one = await following([], { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` });
    const before = world.engine.log.writes.length;
    one.signal('SIGUSR2');
    expect(await one.ended()).toBe(70);
    expect(one.lines({ lvl: 'crit' })).toEqual([expect.objectContaining({ code: 'INTERNAL', exit: 70 })]);
    expect(one.output).toContain('boom');
    expect(world.engine.log.writes).toHaveLength(before);
  });
});
