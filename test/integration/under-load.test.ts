import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from '../rig/command.js';
import { textOf } from '../rig/episode.js';
import { FollowWorld } from '../rig/follow-world.js';
import { QUICK_FLAGS } from '../rig/quick-flags.js';

const CALLERS = 24;
const BLOCKS = 25;
const BLOCK_MS = 200;

let world: FollowWorld;
let lockstep: Command;
let rpc: string;
let metrics: string;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'under load', txsPerBlock: 1 });
  await world.rig.producer.produce(2);
  const both = [
    '--l2.follow.source',
    world.source.url,
    '--l2',
    world.engine.url,
    '--l2.jwt-secret',
    world.jwtSecretFile,
  ];
  const flags = ['--metrics.enabled', '--metrics.port', '0', '--log.format', 'json'];
  const place = { cwd: world.rig.dir, name: 'under-load', env: { XDG_STATE_HOME: world.rig.dir } };
  lockstep = await Command.start(['run', ...both, ...QUICK_FLAGS, ...flags], place);
  rpc = textOf(await lockstep.until({ msg: 'RPC is served' }), 'url');
  metrics = textOf(await lockstep.until({ msg: 'Metrics are served' }), 'url');
  await world.untilEqual();
});

afterAll(async () => {
  await lockstep.stop();
  await world.close();
});

const CALLS = ['optimism_syncStatus', 'follow_status', 'follow_events', 'no_such_method'];

/** Asks without a pause until it is told to stop; what came back, by its status. */
async function callers(until: AbortSignal): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  const ask = async (number: number): Promise<void> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: CALLS[number % CALLS.length], params: [] });
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const reply = await (number % 3 === 0 ? fetch(metrics) : fetch(rpc, post));
    await reply.arrayBuffer();
    statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
  };
  const caller = async (first: number): Promise<void> => {
    for (let number = first; !until.aborted; number += 1) await ask(number);
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, first) => caller(first)));
  return statuses;
}

describe('lockstep', () => {
  it('follows while its RPC and metrics are asked without a pause', async () => {
    const stop = new AbortController();
    const calling = callers(stop.signal);
    const from = await world.localHead();
    for (let block = 0; block < BLOCKS; block += 1) {
      await world.rig.producer.produce(1);
      await delay(BLOCK_MS);
    }
    await world.untilEqual();
    stop.abort();
    const statuses = await calling;
    expect(await world.localHead()).toBe(from + BLOCKS);
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
    expect(statuses.get(200)).toBeGreaterThan(BLOCKS * CALLERS);
    expect(lockstep.lines({ msg: 'Holding: nothing changes in the EL' })).toEqual([]);
  });
});

describe('the metrics', () => {
  it('have no label that a peer could fill', async () => {
    const message = 'label-of-the-source';
    world.source.inject({ match: {}, fault: { kind: 'rpc-error', code: -32000, message } });
    await lockstep.until({ msg: 'Holding: nothing changes in the EL', code: 'SOURCE_RPC_ERROR' });
    world.source.heal();
    const text = await (await fetch(metrics)).text();
    expect(text).toContain('lockstep_up 1');
    expect(text).not.toContain(message);
    expect(text).not.toMatch(/0x[0-9a-f]{8}/);
    expect(text).not.toContain('127.0.0.1');
  });
});
