import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { rpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { JsonObject } from '../../src/util/json.js';
import { Command } from '../rig/command.js';
import { textOf } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';
import { QUICK_FLAGS } from '../rig/quick-flags.js';

const DEADLINE_MS = 40_000;

const IN_STEP = { msg: 'Shadow: the EL is in step, nothing would be sent' };
const REPLAY = { msg: 'Shadow: would replay blocks of the source' };
const RESET = { msg: 'Shadow: would bring the EL back to the common ancestor' };

/** Everything that a shadow may ask an EL. */
const READS: readonly string[] = [
  ...['eth_chainId', 'eth_syncing', 'eth_getBlockByNumber', 'eth_getBlockByHash', 'net_peerCount'],
  ...['engine_exchangeCapabilities', 'engine_getClientVersionV1', 'rpc_modules', 'debug_dbGet'],
];

let world: FollowWorld;
/** Before the engine port, for shadows alone. */
let beside: FaultProxy;
let driver: LockstepProcess;
let shadow: Command;
const started: Command[] = [];

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'shadow', txsPerBlock: 1 });
  beside = await FaultProxy.start(world.rig.follower.engineUrl);
  await world.rig.producer.produce(8);
  driver = await world.lockstep();
  await world.untilEqual();
  shadow = await startShadow('first');
});

afterAll(async () => {
  await Promise.all(started.map((command) => command.stop()));
  await world.close();
  await beside.close();
});

async function startShadow(name: string): Promise<Command> {
  const args = [
    ...['run', '--dry-run', '--l2.follow.source', world.rig.source.httpUrl, '--l2', beside.url],
    ...['--l2.jwt-secret', world.jwtSecretFile, '--log.format', 'json', '--metrics.enabled', '--metrics.port', '0'],
    ...QUICK_FLAGS,
  ];
  const env = { XDG_STATE_HOME: world.rig.dir };
  const command = await Command.start(args, { cwd: world.rig.dir, name: `shadow-${name}`, env });
  started.push(command);
  return command;
}

/** Waits for the shadow to have said so many of these lines in all. */
async function untilTold(fields: JsonObject, count = 1): Promise<JsonObject> {
  const told = (): JsonObject | undefined => shadow.lines(fields)[count - 1];
  return waitUntil(`${count} times ${JSON.stringify(fields)}`, told, DEADLINE_MS);
}

async function metrics(): Promise<string> {
  const url = textOf(await shadow.until({ msg: 'Metrics are served' }), 'url');
  return (await fetch(url)).text();
}

async function served(path: string): Promise<number> {
  return (await fetch(new URL(path, textOf(await shadow.until({ msg: 'RPC is served' }), 'url')))).status;
}

async function status(): Promise<JsonObject> {
  const rpc = rpcClient(textOf(await shadow.until({ msg: 'RPC is served' }), 'url'));
  return (await rpc.call('follow_status', [])) as JsonObject;
}

describe('a lockstep with --dry-run beside the one that drives the EL', () => {
  it('agrees with it block by block, and is ready as the EL is', async () => {
    await untilTold(IN_STEP);
    for (let block = 0; block < 5; block += 1) {
      await world.rig.producer.produce(1);
      await world.untilEqual();
    }
    await waitUntil('the shadow is ready', async () => (await served('/readyz')) === 200, DEADLINE_MS);
    expect(await status()).toMatchObject({ dryRun: true, would: { kind: 'nothing' }, state: 'following' });
    expect(await metrics()).toContain('lockstep_dry_run 1\n');
  });

  it('does not keep another shadow of the same EL from running', async () => {
    const second = await startShadow('second');
    await second.until(IN_STEP);
    expect(await second.stop()).toBe(0);
  });

  it('tells what it would replay where the driver is gone, and agrees again where it is back', async () => {
    await driver.stop();
    const { number } = world.rig.producer.head;
    await world.rig.producer.produce(3);
    expect(await untilTold(REPLAY)).toMatchObject({ first: number + 1, last: number + 3 });
    driver = await world.lockstep();
    await world.untilEqual();
    await untilTold(IN_STEP, 2);
  });

  it('tells the way back from another branch, and leaves it to the driver', async () => {
    await driver.stop();
    const { number } = world.rig.producer.head;
    const local = await world.rig.heads('follower');
    await world.rig.producer.fork(number - 2, 4);
    expect(await untilTold(RESET)).toMatchObject({ ancestor: number - 2, depth: 2, by: expect.any(String) });
    expect(await status()).toMatchObject({ state: 'holding', reason: 'recovery-off', would: { kind: 'reset' } });
    expect(await served('/readyz')).toBe(503);
    expect(await metrics()).toContain('lockstep_would_total{action="reset"} 1\n');
    expect((await world.rig.heads('follower')).unsafe).toEqual(local.unsafe);
    driver = await world.lockstep();
    await world.untilEqual();
    await untilTold(IN_STEP, 3);
  });

  it('has sent no call that changes the EL in all of this, and keeps no journal', async () => {
    expect(await shadow.stop()).toBe(0);
    expect(beside.log.writes).toEqual([]);
    expect(Object.keys(beside.log.counts()).filter((method) => !READS.includes(method))).toEqual([]);
    expect(beside.log.count('eth_getBlockByNumber')).toBeGreaterThan(0);
    expect(world.engine.log.writes.length).toBeGreaterThan(0);
    const journalOf = (url: string): string =>
      join(world.rig.dir, 'lockstep', `${new URL(url).host.replace(':', '_')}.json`);
    expect([existsSync(journalOf(world.engine.url)), existsSync(journalOf(beside.url))]).toEqual([true, false]);
  });
});
