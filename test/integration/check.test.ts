import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { Command } from '../rig/command.js';
import { FollowWorld } from '../rig/follow-world.js';
import { ConsensusStub } from '../rig/consensus-stub.js';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import { consensusClient } from './consensus-client.js';
import type { HttpServer } from '../rig/http-server.js';
import type { Fault, Match } from '../../devnet/proxy/faults.js';
import { changed } from './spoiled-blocks.js';

const ROWS = ['engine', 'clock', 'source', 'two nodes', 'op stack', 'identity', 'head', 'labels', 'blocks', 'rpc port'];

const CONFIG: Match = { method: 'optimism_rollupConfig' };
const STATUS: Match = { method: 'optimism_syncStatus' };
const HASH = `0x${'00'.repeat(32)}`;
const ZERO = { hash: HASH, number: 0, parentHash: HASH, timestamp: 0 };

let world: FollowWorld;
let cl: HttpServer;
let runs = 0;
/** The consensus client of the source, behind a fault proxy. */
let stub: ConsensusStub;
let sourceCl: FaultProxy;

beforeAll(async () => {
  cl = await consensusClient();
  world = await FollowWorld.start({ seed: 'check', txsPerBlock: 0 });
  await world.rig.producer.produce(8);
  stub = await ConsensusStub.start(world.rig.source.httpUrl);
  sourceCl = await FaultProxy.start(stub.url);
});

afterEach(async () => {
  for (const proxy of [world.source, world.engine, sourceCl]) {
    proxy.heal();
    await proxy.up();
  }
});

afterAll(async () => {
  await world.close();
  await sourceCl.close();
  await Promise.all([cl.close(), stub.close()]);
});

interface Setup {
  readonly source?: string;
  readonly cl?: string;
  readonly jwtSecretFile?: string;
}

async function check({ source, cl: clUrl, jwtSecretFile }: Setup, ...words: string[]): Promise<Command> {
  const args = [
    ...['check', ...words, '--l2.follow.source', source ?? world.source.url, '--l2', world.engine.url],
    ...['--l2.jwt-secret', jwtSecretFile ?? world.jwtSecretFile],
    ...['--l2.follow.source.rpc-timeout', '1500ms', '--boot-timeout', '1s'],
    ...(clUrl === undefined ? [] : ['--l2.follow.source.cl', clUrl]),
  ];
  runs += 1;
  return Command.start(args, { cwd: world.rig.dir, name: `check-${runs}` });
}

/** The rows of `check --json`, and the exit code, which is in them as well. */
async function rowsOf(setup: Setup, ...flags: string[]): Promise<{ exit: number | null; rows: readonly JsonObject[] }> {
  const command = await check(setup, '--json', ...flags);
  const exit = await command.ended();
  const [answer] = command.lines();
  expect(answer?.['exit']).toBe(exit);
  const checks: JsonValue = answer?.['checks'] ?? [];
  return { exit, rows: Array.isArray(checks) ? checks.filter(isJsonObject) : [] };
}

function expectFailure(rows: readonly JsonObject[], name: string, code: string): void {
  const failed = rows.filter(({ result }) => result === 'fail');
  expect(failed).toEqual([expect.objectContaining({ name, code, fix: expect.stringMatching(/.{10}/) })]);
  expect(rows.map((row) => row['name'])).toEqual(ROWS);
}

describe('check of a set-up that fits', () => {
  it('passes every row, in JSON for programs', async () => {
    const { exit, rows } = await rowsOf({});
    expect(exit).toBe(0);
    expect(rows.map(({ name, result }) => [name, result])).toEqual(ROWS.map((name) => [name, 'pass']));
  });

  it('passes every row, in a table for people', async () => {
    const command = await check({});
    expect(await command.ended()).toBe(0);
    const lines = command.output.trimEnd().split('\n');
    expect(lines.slice(0, -1).map((line) => line.slice(0, 13).trimEnd())).toEqual(ROWS.map((name) => `✔ ${name}`));
    expect(lines.at(-1)).toContain('Ready');
    expect(command.output).toContain('EL 8 blocks behind');
  });
});

describe('check says in one row what is wrong, and exits as a start would', () => {
  it('another JWT secret: 77', async () => {
    const jwtSecretFile = join(world.rig.dir, 'other.hex');
    writeFileSync(jwtSecretFile, 'ab'.repeat(32), { mode: 0o600 });
    const { exit, rows } = await rowsOf({ jwtSecretFile });
    expect(exit).toBe(77);
    expectFailure(rows, 'engine', 'ENGINE_AUTH');
  });

  it('a taken port that lockstep has to have: 78', async () => {
    const { exit, rows } = await rowsOf({}, '--rpc.port', new URL(world.source.url).port, '--rpc.strict');
    expect(exit).toBe(78);
    expectFailure(rows, 'rpc port', 'RPC_PORT');
  });

  it('another chain: 76', async () => {
    world.source.inject({ match: { method: 'eth_chainId' }, fault: changed('', '0x2105') });
    const { exit, rows } = await rowsOf({});
    expect(exit).toBe(76);
    expectFailure(rows, 'identity', 'IDENTITY_CHAIN_ID');
  });

  it('EL down: 69', async () => {
    await world.engine.down();
    const { exit, rows } = await rowsOf({});
    expect(exit).toBe(69);
    expectFailure(rows, 'engine', 'ENGINE_UNREACHABLE');
  });

  it('source down: 69', async () => {
    await world.source.down();
    const { exit, rows } = await rowsOf({});
    expect(exit).toBe(69);
    expectFailure(rows, 'source', 'SOURCE_UNREACHABLE');
  });

  it('source that hangs longer than the boot timeout: 69', async () => {
    world.source.inject({ match: {}, fault: { kind: 'hang', applied: false } });
    const { exit, rows } = await rowsOf({});
    expect(exit).toBe(69);
    expectFailure(rows, 'source', 'SOURCE_TIMEOUT');
  });

  it('both sides wrong: the first row decides the code', async () => {
    await world.source.down();
    await world.engine.down();
    const { exit, rows } = await rowsOf({});
    expect(exit).toBe(69);
    const codes = rows.flatMap(({ code }) => (code === undefined ? [] : [code]));
    expect(codes).toEqual(['ENGINE_UNREACHABLE', 'SOURCE_UNREACHABLE']);
  });

  it('a block that does not recompute: 69', async () => {
    const fault = changed('stateRoot', `0x${'22'.repeat(32)}`);
    world.source.inject({ match: { method: 'eth_getBlockByHash' }, fault });
    const { exit, rows } = await rowsOf({});
    expect(exit).toBe(69);
    expectFailure(rows, 'blocks', 'BLOCK_HASH_MISMATCH');
  });

  it('a consensus client as the source: 78, in a table for people', async () => {
    const command = await check({ source: cl.url });
    expect(await command.ended()).toBe(78);
    const [row = '', fix = ''] = command.output.slice(command.output.indexOf('✖')).split('\n');
    expect(row).toMatch(/^✖ source .*consensus client/);
    expect(fix).toMatch(/^ +fix: Set --l2\.follow\.source .*\(SOURCE_IS_CL, exit 78\)$/);
    expect(command.output).toContain('- identity   another check failed');
    expect(command.output.trimEnd()).toMatch(/Not ready: .* exit with 78\.$/);
  });

  it('an error text of the source: escaped in the table (A5)', async () => {
    const message = 'no\r\n\u001b[2J\u202e';
    world.source.inject({ match: { method: 'eth_chainId' }, fault: { kind: 'rpc-error', code: -32000, message } });
    const command = await check({});
    expect(await command.ended()).toBe(69);
    expect(command.output).toContain('no\\u000d\\u000a\\u001b[2J\\u202e');
    expect(command.output).not.toMatch(/[\r\u001b\u202e]/);
  });

  it('the engine port as the source: 78, before anything is asked', async () => {
    const before = world.engine.log.calls.length;
    const command = await check({ source: world.engine.url }, '--json');
    expect(await command.ended()).toBe(78);
    expect(command.output).toContain('same endpoint as --l2');
    expect(world.engine.log.calls).toHaveLength(before);
  });
});

describe('check warns, and passes, when', () => {
  async function expectWarning(name: string): Promise<void> {
    const { exit, rows } = await rowsOf({});
    expect(exit).toBe(0);
    expect(rows.filter(({ result }) => result !== 'pass').map((row) => [row['name'], row['result']])).toEqual([
      [name, 'warn'],
    ]);
  }

  it('the source shows no safe block (S17)', async () => {
    const match = { method: 'eth_getBlockByNumber', tag: 'safe' };
    world.source.inject({ match, fault: { kind: 'null-result' } });
    await expectWarning('labels');
  });

  it('the source has pruned its genesis', async () => {
    const match = { method: 'eth_getBlockByNumber', tag: '0x0' };
    world.source.inject({ match, fault: { kind: 'rpc-error', code: 4444, message: 'pruned history unavailable' } });
    await expectWarning('identity');
  });

  it('the clocks differ by some seconds', async () => {
    const Date = new globalThis.Date(globalThis.Date.now() + 20_000).toUTCString();
    world.engine.inject({ match: {}, fault: { kind: 'headers', set: { Date } } });
    await expectWarning('clock');
  });
});

describe('check with a consensus client of the source', () => {
  it('has a row for it, and says where it stands', async () => {
    const { exit, rows } = await rowsOf({ cl: sourceCl.url });
    expect(exit).toBe(0);
    const names = rows.map((row) => row['name']);
    expect(names).toEqual([...ROWS.slice(0, 6), 'source cl', ...ROWS.slice(6)]);
    expect(rows.every(({ result }) => result === 'pass')).toBe(true);
    const detail = `${sourceCl.url} answers for unsafe 8, current L1 1`;
    expect(rows).toContainEqual({ name: 'source cl', result: 'pass', detail });
  });

  it.each<[string, Match, Fault, number, string]>([
    ['another chain', CONFIG, changed('l2_chain_id', 8453), 76, 'IDENTITY_CHAIN_ID'],
    ['another first block', CONFIG, changed('genesis.l2.hash', `0x${'22'.repeat(32)}`), 76, 'IDENTITY_GENESIS'],
    ['no head yet', STATUS, changed('unsafe_l2', ZERO), 69, 'SOURCE_SCHEMA'],
    ['finalized above safe', STATUS, changed('finalized_l2.number', 7_000), 69, 'SOURCE_SCHEMA'],
  ])('that has %s: says so', async (_what, match, fault, exit, code) => {
    sourceCl.inject({ match, fault });
    const { exit: exited, rows } = await rowsOf({ cl: sourceCl.url });
    expect(exited).toBe(exit);
    expect(rows.find(({ result }) => result === 'fail')).toMatchObject({ name: 'source cl', code });
    expect(rows.filter(({ result }) => result === 'fail').every((row) => row['code'] === code)).toBe(true);
  });

  it('that is not there: 69, with its address', async () => {
    await sourceCl.down();
    const { exit, rows } = await rowsOf({ cl: sourceCl.url });
    expect(exit).toBe(69);
    const failed = rows.find(({ result }) => result === 'fail');
    expect(failed).toMatchObject({ name: 'source cl', code: 'SOURCE_UNREACHABLE' });
    expect(failed?.['detail']).toContain(`--l2.follow.source.cl ${sourceCl.url}`);
  });

  it('that is an execution client: 78, with where each URL belongs', async () => {
    const { exit, rows } = await rowsOf({ cl: world.source.url });
    expect(exit).toBe(78);
    const failed = rows.find(({ result }) => result === 'fail');
    expect(failed).toMatchObject({ name: 'source cl', code: 'SOURCE_NOT_CL' });
    expect(failed?.['fix']).toMatch(/^Set --l2\.follow\.source\.cl .*execution RPC belongs to --l2\.follow\.source\./);
  });

  it.each<[string, Match, Fault, RegExp]>([
    ['does not serve its configuration', CONFIG, { kind: 'rpc-error', code: -32601, message: 'no' }, /prove its chain/],
    ['has derived nothing yet', STATUS, changed('current_l1', ZERO), /derived nothing/],
  ])('that %s: warns, and passes', async (_what, match, fault, detail) => {
    sourceCl.inject({ match, fault });
    const { exit, rows } = await rowsOf({ cl: sourceCl.url });
    expect(exit).toBe(0);
    const warned = rows.filter(({ result }) => result !== 'pass');
    expect(warned).toEqual([{ name: 'source cl', result: 'warn', detail: expect.stringMatching(detail) }]);
  });
});

describe('the EL', () => {
  it('was sent nothing that changes it', () => {
    expect(world.engine.log.writes).toEqual([]);
  });
});

describe('check of a source that is the own EL behind one proxy (O4)', () => {
  it('finds it by its blocks: 78', async () => {
    const lockstep = await world.lockstep();
    await world.untilEqual();
    await lockstep.stop();
    world.source.useUpstreams(world.rig.follower.httpUrl);
    const before = world.engine.log.writes.length;
    const { exit, rows } = await rowsOf({});
    expect(exit).toBe(78);
    expectFailure(rows, 'two nodes', 'SOURCE_IS_OWN_EL');
    expect(world.engine.log.writes).toHaveLength(before);
  });
});
