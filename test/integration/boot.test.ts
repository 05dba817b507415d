import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../devnet/wait-until.js';
import { Command } from '../rig/command.js';
import type { AnswerFault } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { consensusClient } from './consensus-client.js';
import { changed } from './spoiled-blocks.js';

/** Does not give up while the test looks at it. */
const PATIENT = ['--boot-timeout', '60s'];
const DEADLINE_MS = 10_000;

let world: FollowWorld;
let started: Command[] = [];
let runs = 0;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'boot', txsPerBlock: 0 });
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

interface Setup {
  readonly source?: string;
  readonly engine?: string;
  readonly jwtSecretFile?: string;
  readonly flags?: readonly string[];
}

async function boot({ source, engine, jwtSecretFile, flags = [] }: Setup = {}): Promise<Command> {
  const args = [
    ...['run', '--l2.follow.source', source ?? world.source.url, '--l2', engine ?? world.engine.url],
    ...['--l2.jwt-secret', jwtSecretFile ?? world.jwtSecretFile, '--log.format', 'json'],
    ...(flags.includes('--boot-timeout') ? [] : ['--boot-timeout', '1s']),
    ...flags,
  ];
  runs += 1;
  const command = await Command.start(args, { cwd: world.rig.dir, name: `boot-${runs}` });
  started.push(command);
  return command;
}

/** Boots, and expects one crit line with the code and the exit code, and nothing written to the EL. */
async function expectRefusal(setup: Setup, code: string, exit: number): Promise<Command> {
  const before = world.engine.log.writes.length;
  const command = await boot(setup);
  expect(await command.ended()).toBe(exit);
  expect(command.lines({ lvl: 'crit' })).toEqual([expect.objectContaining({ code, exit })]);
  expect(world.engine.log.writes).toHaveLength(before);
  return command;
}

function spoilSource(method: string, fault: AnswerFault, tag?: string): void {
  world.source.inject({ match: tag === undefined ? { method } : { method, tag }, fault });
}

describe('a side that is not there is waited for, then given up with 69', () => {
  it('source refuses connections (S2)', async () => {
    await world.source.down();
    const command = await expectRefusal({}, 'SOURCE_UNREACHABLE', 69);
    expect(command.lines({ msg: 'Waiting to start', code: 'SOURCE_UNREACHABLE' })).toHaveLength(1);
  });

  it('EL refuses connections (E1)', async () => {
    await world.engine.down();
    const command = await expectRefusal({}, 'ENGINE_UNREACHABLE', 69);
    expect(command.lines({ msg: 'Waiting to start', code: 'ENGINE_UNREACHABLE' })).toHaveLength(1);
  });

  it('source answers a web page (S4)', async () => {
    world.source.inject({ match: {}, fault: { kind: 'html' } });
    await expectRefusal({}, 'SOURCE_BAD_BODY', 69);
  });

  it('source never answers (S7)', async () => {
    world.source.inject({ match: {}, fault: { kind: 'hang', applied: false } });
    await expectRefusal({ flags: ['--l2.follow.source.rpc-timeout', '500ms'] }, 'SOURCE_TIMEOUT', 69);
  });
});

describe('a set-up that cannot work is refused at once', () => {
  it('another JWT secret than the EL has: 77 (E15)', async () => {
    const jwtSecretFile = join(world.rig.dir, 'other.hex');
    writeFileSync(jwtSecretFile, 'ab'.repeat(32), { mode: 0o600 });
    await expectRefusal({ jwtSecretFile }, 'ENGINE_AUTH', 77);
  });

  it('a clock an hour off: 77', async () => {
    const Date = new globalThis.Date(globalThis.Date.now() - 3_600_000).toUTCString();
    world.engine.inject({ match: {}, fault: { kind: 'headers', set: { Date } } });
    await expectRefusal({}, 'CLOCK_SKEW', 77);
  });

  it('another chain id: 76 (S21, E19)', async () => {
    spoilSource('eth_chainId', changed('', '0x2105'));
    await expectRefusal({}, 'IDENTITY_CHAIN_ID', 76);
  });

  it('another genesis: 76 (S21, E19)', async () => {
    spoilSource('eth_getBlockByNumber', changed('hash', `0x${'22'.repeat(32)}`), '0x0');
    await expectRefusal({}, 'IDENTITY_GENESIS', 76);
  });

  it('an EL without the methods: 76 (E19)', async () => {
    const value = ['engine_newPayloadV1', 'engine_forkchoiceUpdatedV1'];
    world.engine.inject({ match: { method: 'engine_exchangeCapabilities' }, fault: changed('', value) });
    await expectRefusal({}, 'ENGINE_CAPABILITY', 76);
  });

  it('a source that refuses us: 78', async () => {
    world.source.inject({ match: {}, fault: { kind: 'status', code: 401 } });
    await expectRefusal({}, 'SOURCE_AUTH', 78);
  });

  it('a source that redirects: 78 (S10)', async () => {
    world.source.inject({ match: {}, fault: { kind: 'redirect', location: world.rig.source.httpUrl } });
    await expectRefusal({}, 'SOURCE_REDIRECT', 78);
  });

  it('a consensus client as the source: 78', async () => {
    const cl = await consensusClient();
    try {
      await expectRefusal({ source: cl.url }, 'SOURCE_IS_CL', 78);
    } finally {
      await cl.close();
    }
  });
});

describe('what cannot even be read', () => {
  it('a flag that does not exist: 2, with the nearest one', async () => {
    const command = await boot({ flags: ['--l2.follow.sauce', 'x'] });
    expect(await command.ended()).toBe(2);
    expect(command.output).toContain('did you mean --l2.follow.source?');
  });

  it('a configuration with mistakes: 78, with every one of them (O1, O2, O4)', async () => {
    const flags = ['--l2.follow.poll-interval', '0s', '--metrics.port', '99999'];
    const command = await boot({ source: world.engine.url, jwtSecretFile: 'missing.hex', flags });
    expect(await command.ended()).toBe(78);
    for (const name of ['follow.source', 'jwt-secret', 'follow.poll-interval']) {
      expect(command.output).toContain(`--l2.${name}`);
    }
    expect(command.output).toContain('--metrics.port');
    expect(command.output).not.toContain('    at ');
  });
});

describe('a stop while it waits', () => {
  it('ends it with 0 (H2)', async () => {
    await world.source.down();
    const command = await boot({ flags: PATIENT });
    await command.until({ msg: 'Waiting to start' });
    command.signal('SIGTERM');
    expect(await command.ended()).toBe(0);
    expect(command.lines().at(-1)).toMatchObject({ lvl: 'info', msg: 'lockstep stopped' });
  });

  it('cuts a call that hangs (H2)', async () => {
    world.engine.inject({ match: {}, fault: { kind: 'hang', applied: false } });
    const asked = world.engine.log.calls.length;
    const command = await boot({ flags: PATIENT });
    await waitUntil('the EL was asked', () => world.engine.log.calls.length > asked, DEADLINE_MS);
    command.signal('SIGINT');
    expect(await command.ended()).toBe(0);
    expect(command.lines().at(-1)).toMatchObject({ lvl: 'info', msg: 'lockstep stopped' });
  });
});

describe('a second lockstep for the same EL', () => {
  it('is refused with 78 while the first one lives, and starts when it has ended (O3)', async () => {
    await world.source.down();
    const first = await boot({ flags: PATIENT });
    await first.until({ msg: 'Waiting to start' });
    await expectRefusal({}, 'ALREADY_RUNNING', 78);
    first.signal('SIGKILL');
    await first.ended();
    const next = await boot({ flags: PATIENT });
    await next.until({ msg: 'Waiting to start', code: 'SOURCE_UNREACHABLE' });
  });
});

describe('an EL that comes up late', () => {
  it('is followed from then on', async () => {
    await world.engine.down();
    const command = await boot({ flags: PATIENT });
    await command.until({ msg: 'Waiting to start', code: 'ENGINE_UNREACHABLE' });
    await world.engine.up();
    await world.untilEqual();
    expect(await command.stop()).toBe(0);
  });
});

describe('the own EL as the source (O4)', () => {
  it('is recognised by its other port: 78', async () => {
    const { httpUrl, engineUrl } = world.rig.follower;
    await expectRefusal({ source: httpUrl, engine: engineUrl }, 'SOURCE_IS_OWN_EL', 78);
  });
});
