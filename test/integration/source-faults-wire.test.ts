import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import type { JsonObject } from '../../src/util/json.js';
import { Episode, textOf } from '../rig/episode.js';
import type { Fault, Match } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { HttpServer, send } from '../rig/http-server.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { foreignPayloads, repeatedPayloads } from './payload-checks.js';

const HEAD: Match = { method: 'eth_getBlockByNumber', tag: 'latest' };
const CAP_BYTES = 256 * 1024;
const FLAGS = [
  ...['--l2.follow.source.rpc-timeout', '1s', '--l2.follow.source.max-response-bytes', `${CAP_BYTES}B`],
  '--allow-insecure-source',
];

let world: FollowWorld;
let lockstep: LockstepProcess;
let elsewhere: HttpServer;

beforeAll(async () => {
  elsewhere = await HttpServer.start((_received, response) => send(response, '{}'));
  world = await FollowWorld.start({ seed: 'wire', txsPerBlock: 1 });
  await world.rig.producer.produce(3);
  lockstep = await world.lockstep(FLAGS, publicUrl());
  await world.untilEqual();
});

afterEach(async () => {
  world.source.heal();
  await world.source.up();
});

afterAll(async () => {
  await world.close();
  await elsewhere.close();
});

/** The proxy under an address that is not private by its text: lockstep asks such a source for compressed replies. */
function publicUrl(): string {
  return world.source.url.replace('127.0.0.1', '0.0.0.0');
}

/** Breaks the source, waits for the hold, mends it, and gives back the line that announced the hold. */
async function holdDuring(breakIt: () => unknown, mend: () => unknown): Promise<JsonObject> {
  const episode = new Episode(world, lockstep);
  await breakIt();
  await world.rig.producer.produce(2);
  const line = await episode.untilHolding('source-unavailable');
  const held = new Episode(world, lockstep);
  await held.turns(2);
  expect(held.writes).toEqual([]);
  await mend();
  await world.untilEqual();
  await episode.until({ msg: 'The hold is over' });
  expect(episode.holds).toHaveLength(1);
  expect(episode.releases).toEqual(['source-unavailable']);
  expect(line['lvl']).toBe('warn');
  return line;
}

function holdOver(fault: Fault): Promise<JsonObject> {
  return holdDuring(
    () => world.source.inject({ match: HEAD, fault }),
    () => world.source.heal(),
  );
}

describe('while its head cannot be read, the source is waited for and the EL left alone', () => {
  it('refused connections (S1)', async () => {
    const line = await holdDuring(
      () => world.source.down(),
      () => world.source.up(),
    );
    expect(line).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });

  it.each<[string, Fault, string]>([
    ['an HTTP error with a page (S4)', { kind: 'status', code: 502, body: '<h1>Bad</h1>' }, 'SOURCE_BAD_BODY'],
    ['a web page with status 200 (S4)', { kind: 'html' }, 'SOURCE_BAD_BODY'],
    ['half of the announced body (S5)', { kind: 'truncate', contentLength: true }, 'SOURCE_BAD_BODY'],
    ['half of a JSON text (S5)', { kind: 'truncate', contentLength: false }, 'SOURCE_BAD_BODY'],
    ['the id of another call (S6, N3)', { kind: 'id-swap' }, 'SOURCE_SCHEMA'],
    ['a result and an error (S6)', { kind: 'both' }, 'SOURCE_SCHEMA'],
    ['null for the head (S6)', { kind: 'null-result' }, 'SOURCE_SCHEMA'],
    ['no header ever (S7)', { kind: 'hang', applied: false }, 'SOURCE_TIMEOUT'],
    ['a body in drips (S7)', { kind: 'drip', chunkBytes: 1, everyMs: 200 }, 'SOURCE_TIMEOUT'],
    ['a reset after each request (S8)', { kind: 'drop-after-apply' }, 'SOURCE_UNREACHABLE'],
    ['a connection that is half closed after each request (N2)', { kind: 'half-close' }, 'SOURCE_UNREACHABLE'],
    ['a body over the cap (S9)', { kind: 'oversize', bytes: 2 * CAP_BYTES }, 'SOURCE_OVERSIZE'],
    ['a gzip bomb (S9)', { kind: 'gzip-bomb', inflatedBytes: 16 * CAP_BYTES }, 'SOURCE_OVERSIZE'],
    ['a rate limit (S3)', { kind: 'status', code: 429, headers: { 'retry-after': '1' } }, 'SOURCE_THROTTLED'],
    ['an unavailable service (S3)', { kind: 'status', code: 503, headers: { 'retry-after': '1' } }, 'SOURCE_THROTTLED'],
  ])('%s', async (_what, fault, code) => {
    expect(await holdOver(fault)).toMatchObject({ code });
  });

  it('a redirect, which is not followed (S10)', async () => {
    expect(await holdOver({ kind: 'redirect', location: elsewhere.url })).toMatchObject({ code: 'SOURCE_REDIRECT' });
    expect(elsewhere.received).toEqual([]);
  });

  it('an error text with line breaks and terminal codes, which are written out (A5)', async () => {
    const message = 'gone\r\n{"lvl":"info","msg":"forged"}\u001b[31m\u202e';
    const line = await holdOver({ kind: 'rpc-error', code: -32000, message });
    expect(line).toMatchObject({ code: 'SOURCE_RPC_ERROR' });
    expect(textOf(line, 'err')).toContain('gone\\u000d\\u000a{');
    expect(textOf(line, 'err')).toContain('\\u001b[31m\\u202e');
    expect(rawLog()).not.toMatch(/[\r\u001b\u202e]|^\{"lvl":"info","msg":"forged"\}/m);
  });
});

/** Everything as it stands in the log file. */
function rawLog(): string {
  return readFileSync(join(world.rig.dir, 'lockstep-1.log'), 'utf8');
}

describe('a head that no decoder should take is refused (A4)', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  const fields = `"hash":"${hash}","parentHash":"${hash}","timestamp":"0x1"`;

  it.each([
    ['a height above 2^53', `{"number":"0x20000000000001",${fields}}`],
    ['a height above every chain (S25)', `{"number":"0x400000000001",${fields}}`],
    ['a number that is infinite', `{"number":1e400,${fields}}`],
    ['a quantity of 100 KB', `{"number":"0x1${'0'.repeat(100_000)}",${fields}}`],
    ['a block in the prototype', `{"__proto__":{"number":"0x7fff",${fields}}}`],
    ['nesting without end', '['.repeat(50_000) + ']'.repeat(50_000)],
  ])('%s', async (_what, result) => {
    const text: Fault = {
      kind: 'text',
      text: ({ id }) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`,
    };
    expect(await holdOver(text)).toMatchObject({ code: 'SOURCE_SCHEMA' });
  });
});

describe('a fault that passes', () => {
  it('of one reused connection costs one more request and no hold (S8)', async () => {
    const episode = new Episode(world, lockstep);
    const stale = world.source.inject({ match: { ...HEAD, times: 1 }, fault: { kind: 'reset-on-reuse' } });
    await world.rig.producer.produce(2);
    await world.untilEqual();
    await episode.turns(1);
    expect(stale.applied).toBe(1);
    expect(episode.holds).toEqual([]);
  });

  it('in the middle of a catch-up does not start the walk again (S3)', async () => {
    const { head } = world.rig.producer;
    const third = `0x${(head.number + 3).toString(16)}`;
    await world.source.down();
    await world.rig.producer.produce(12);
    const fault = { kind: 'status', code: 429, headers: { 'retry-after': '1' } } as const;
    const limit = world.source.inject({ match: { method: 'debug_getRawBlock', tag: third, times: 4 }, fault });
    const episode = new Episode(world, lockstep);
    await world.source.up();
    await world.untilEqual();
    expect(limit.applied).toBe(4);
    const asked = episode.sourceCalls.filter(({ method }) => method === 'debug_getRawBlock');
    const times = (number: number): number => asked.filter(({ params }) => Number(params[0]) === number).length;
    expect([times(head.number + 1), times(head.number + 2)]).toEqual([1, 1]);
  });
});

describe('what passed the engine port', () => {
  it('was blocks of the source alone, each once, and ordered single writes', async () => {
    expect(await foreignPayloads(world)).toEqual([]);
    expect(repeatedPayloads(world.engine.log)).toEqual([]);
    const rules = { blocksUrl: world.rig.follower.httpUrl };
    expect(await wireBreaches(world.engine.log, rules)).toEqual([]);
  });
});

describe('a Retry-After of a minute', () => {
  const fault = { kind: 'status', code: 429, headers: { 'retry-after': '60' } } as const;

  it('to the polls: none asks a second time (S3)', async () => {
    const episode = new Episode(world, lockstep);
    world.source.inject({ match: {}, fault });
    await episode.untilHolding('source-unavailable');
    await episode.turns(3);
    const tags = episode.sourceCalls.map(({ params }) => params[0]);
    // Whichever is told first stops the other one as well, unless that was under way.
    expect(tags.length).toBeGreaterThan(0);
    expect(tags.filter((tag) => tag === 'latest').length).toBeLessThanOrEqual(1);
    expect(tags.filter((tag) => tag === 'safe').length).toBeLessThanOrEqual(1);
  });

  it('to the fetches of blocks: a catch-up stops asking (S3)', async () => {
    await lockstep.kill();
    const { number } = world.rig.producer.head;
    await world.rig.producer.produce(6);
    lockstep = await world.lockstep(FLAGS, publicUrl());
    const match = { method: 'debug_getRawBlock', tag: `0x${(number + 3).toString(16)}` };
    const limit = world.source.inject({ match, fault });
    const episode = new Episode(world, lockstep);
    await episode.untilHolding('source-unavailable');
    await episode.turns(4);
    expect(limit.applied).toBe(1);
    // Nothing that could confirm the block before it is asked for meanwhile.
    expect(await world.localHead()).toBe(number + 1);
  });
});
