import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { rpcClient, type RpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { Command } from '../rig/command.js';
import { textOf } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';
import { HttpServer, send } from '../rig/http-server.js';
import { QUICK_FLAGS } from '../rig/quick-flags.js';

const DEADLINE_MS = 20_000;

let world: FollowWorld;
let started: Command[] = [];
let runs = 0;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'rpc', txsPerBlock: 1 });
  await world.rig.producer.produce(3);
});

afterEach(async () => {
  await Promise.all(started.map((command) => command.stop()));
  started = [];
});

afterAll(() => world.close());

async function run(...flags: readonly string[]): Promise<Command> {
  runs += 1;
  const args = [
    ...['run', '--l2.follow.source', world.source.url, '--l2', world.engine.url],
    ...['--l2.jwt-secret', world.jwtSecretFile, '--log.format', 'json'],
    ...QUICK_FLAGS,
    ...flags,
  ];
  const one = await Command.start(args, { cwd: world.rig.dir, name: `rpc-${runs}` });
  started.push(one);
  return one;
}

async function urlOf(one: Command): Promise<string> {
  return textOf(await one.until({ msg: 'RPC is served' }), 'url');
}

async function rpcOf(one: Command): Promise<RpcClient> {
  return rpcClient(await urlOf(one));
}

/** `lockstep status` as a shell runs it. */
async function statusOf(url: string, ...flags: readonly string[]): Promise<Command> {
  runs += 1;
  const one = await Command.start(['status', url, ...flags], { cwd: world.rig.dir, name: `status-${runs}` });
  started.push(one);
  return one;
}

const stateOf = async (rpc: RpcClient): Promise<JsonObject> => (await rpc.call('follow_status', [])) as JsonObject;

/** Height of a label of one side; undefined while it has none. */
function heightOf(side: JsonValue | undefined, label: string): JsonValue | undefined {
  const ref = isJsonObject(side) ? side[label] : undefined;
  return isJsonObject(ref) ? ref['number'] : undefined;
}

/** What the EL was told to change. */
const writes = (): number => world.engine.log.writes.length;

describe('the RPC of a lockstep that follows', () => {
  it('is served without being asked for, and tells of both sides', async () => {
    await world.rig.producer.produce(2);
    const rpc = await rpcOf(await run());
    await world.untilEqual();
    const { number } = world.rig.producer.head;
    // It tells what the last turn saw, and the turn that moves the EL is not the one that sees it moved.
    const shown = async (): Promise<boolean> => {
      const { local } = await stateOf(rpc);
      return heightOf(local, 'unsafe') === number && heightOf(local, 'safe') === number - 3;
    };
    await waitUntil('it tells where the EL stands', shown, DEADLINE_MS);
    expect(await stateOf(rpc)).toMatchObject({
      ...{ state: 'following', ready: true, lagBlocks: 0 },
      source: { unsafe: { number } },
    });
    expect(await rpc.call('follow_events', [])).toMatchObject({
      events: expect.arrayContaining([expect.objectContaining({ event: 'state' })]),
    });
    // Not an OP Stack: there is no status of one, and no admin method unless it is asked for.
    await expect(rpc.call('optimism_syncStatus', [])).rejects.toMatchObject({ code: -32000 });
    await expect(rpc.call('follow_pause', [])).rejects.toMatchObject({ code: -32601 });
  });

  it('is shown in a terminal by lockstep status, whose exit code tells whether it is ready', async () => {
    await world.rig.producer.produce(1);
    const one = await run('--rpc.enable-admin');
    const [rpc, url] = [await rpcOf(one), await urlOf(one)];
    await world.untilEqual();
    const watching = await statusOf(url, '--watch');
    const inStep = async (): Promise<boolean> => (await stateOf(rpc))['ready'] === true;
    await waitUntil('it is ready', inStep, DEADLINE_MS);
    const ready = await statusOf(url);
    expect(await ready.ended()).toBe(0);
    expect(ready.output).toContain(`Following: in step with the source at block ${world.rig.producer.head.number}.`);
    await rpc.call('follow_pause', []);
    await waitUntil('it is seen to hold', () => watching.output.includes('(paused)'), DEADLINE_MS);
    expect(await (await statusOf(url)).ended()).toBe(3);
    await one.stop();
    await waitUntil('it is seen to be away', () => watching.output.includes('No status: '), DEADLINE_MS);
    watching.signal('SIGINT');
    expect(await watching.ended()).toBe(0);
    expect(await (await statusOf(url)).ended()).toBe(69);
  });

  it('pauses it: nothing is written, it is not ready, and it goes on from there when it is resumed', async () => {
    await world.rig.producer.produce(2);
    const rpc = await rpcOf(await run('--rpc.enable-admin'));
    await world.untilEqual();
    await rpc.call('follow_pause', []);
    const paused = async (): Promise<boolean> => (await stateOf(rpc))['reason'] === 'paused';
    await waitUntil('it holds', paused, DEADLINE_MS);
    const before = writes();
    await world.rig.producer.produce(3);
    const seen = async (): Promise<boolean> => (await stateOf(rpc))['lagBlocks'] === 3;
    await waitUntil('it sees the new blocks', seen, DEADLINE_MS);
    expect(writes()).toBe(before);
    expect(await stateOf(rpc)).toMatchObject({ state: 'holding', ready: false });
    await rpc.call('follow_resume', []);
    await world.untilEqual();
    expect(writes()).toBeGreaterThan(before);
  });

  it('has it prove and compare both sides anew when it is told to', async () => {
    await world.rig.producer.produce(1);
    const rpc = await rpcOf(await run('--rpc.enable-admin'));
    await world.untilEqual();
    const asked = (): number =>
      world.engine.log.calls.filter(({ method }) => method === 'engine_exchangeCapabilities').length;
    const before = asked();
    await rpc.call('follow_recheck', []);
    await waitUntil('the EL is identified again', () => asked() > before, DEADLINE_MS);
  });

  it('sets the level of the log', async () => {
    const one = await run('--rpc.enable-admin', '--log.level', 'info');
    const rpc = await rpcOf(one);
    await rpc.call('admin_setLogLevel', ['debug']);
    await world.rig.producer.produce(1);
    await world.untilEqual();
    await one.until({ lvl: 'debug' });
  });
});

describe('a taken RPC port', () => {
  let taken: HttpServer;

  beforeAll(async () => {
    taken = await HttpServer.start((_received, response) => send(response, 'mine'));
  });

  afterAll(() => taken.close());

  it('is done without, with a warning (O5)', async () => {
    await world.rig.producer.produce(1);
    const one = await run('--rpc.port', String(taken.port));
    await world.untilEqual();
    expect(one.lines({ code: 'RPC_PORT' })).toEqual([expect.objectContaining({ lvl: 'warn' })]);
  });

  it('ends the start with 78 where that was asked for (O5)', async () => {
    const before = writes();
    const one = await run('--rpc.port', String(taken.port), '--rpc.strict');
    expect(await one.ended()).toBe(78);
    expect(one.lines({ lvl: 'crit' })).toEqual([expect.objectContaining({ code: 'RPC_PORT', exit: 78 })]);
    expect(writes()).toBe(before);
  });
});
