import { relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Config } from '../../src/config/config.js';
import { CliRig, JWT_HEX } from '../rig/cli.js';

let rig: CliRig;

beforeAll(() => {
  rig = new CliRig();
  rig.write('prefixed.hex', `  0x${JWT_HEX.toUpperCase()}\n\n`);
});

afterAll(() => {
  rig.remove();
});

const SOURCE = '--l2.follow.source=https://source.example/rpc';

type Env = Readonly<Record<string, string>>;

interface Accepted {
  readonly argv?: readonly string[];
  readonly env?: Env;
  readonly isTTY?: boolean;
  readonly read: (config: Config) => unknown;
  readonly value: unknown;
}

const accept = (argv: readonly string[], read: Accepted['read'], value: unknown): Accepted => ({
  argv: [SOURCE, ...argv],
  read,
  value,
});
const acceptSource = (url: string, ...more: string[]): Accepted => ({
  argv: [`--l2.follow.source=${url}`, ...more],
  read: (config) => config.source.url,
  value: url,
});
const acceptEnv = (env: Env, read: Accepted['read'], value: unknown): Accepted => ({ env, read, value });

const ACCEPTED: Readonly<Record<string, Accepted>> = {
  'a source with user-info and a path, kept as written': acceptSource('https://user:pa%23ss@source.example/v1/key?x=1'),
  'an unencrypted source on localhost': acceptSource('http://localhost:9545'),
  'an unencrypted source on 127.0.0.2': acceptSource('http://127.0.0.2:8545'),
  'an unencrypted source on [::1]': acceptSource('http://[::1]:8545'),
  'an unencrypted source on 10.0.0.0/8': acceptSource('http://10.1.2.3:8545'),
  'an unencrypted source on 172.16.0.0/12': acceptSource('http://172.31.255.1:8545'),
  'an unencrypted source on 192.168.0.0/16': acceptSource('http://192.168.1.1:8545'),
  'an unencrypted source on fd00::/8': acceptSource('http://[fd00::5]:8545'),
  'an unencrypted source under a container name': acceptSource('http://op-geth:8545'),
  'an unencrypted source in a cluster': acceptSource('http://el.chain.svc.cluster.local:8545'),
  'an unencrypted public source when the risk is accepted': acceptSource(
    'http://source.example',
    '--allow-insecure-source',
  ),
  'the alias of the source': {
    argv: ['--source-l2-rpc', 'https://other.example'],
    read: (config) => config.source.url,
    value: 'https://other.example',
  },
  'a consensus client with user-info and a path, kept as written': accept(
    ['--l2.follow.source.cl=https://u:p@cl.example/901'],
    (config) => config.consensus?.url,
    'https://u:p@cl.example/901',
  ),
  'no consensus client': accept([], (config) => config.consensus, null),
  'the follow source of op-node': {
    argv: [SOURCE],
    env: { OP_NODE_L2_FOLLOW_SOURCE: 'http://op-node:9545' },
    read: (config) => config.consensus?.url,
    value: 'http://op-node:9545',
  },
  'a header of the source, for a consensus client under the same host and port': {
    argv: [SOURCE, '--l2.follow.source.cl=https://source.example/cl'],
    env: { LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: 'X-Key: k' },
    read: (config) => config.consensus?.headers,
    value: { 'X-Key': 'k' },
  },
  'a header of the source, not for a consensus client elsewhere': {
    argv: [SOURCE, '--l2.follow.source.cl=https://source.example:9545'],
    env: { LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: 'X-Key: k' },
    read: (config) => config.consensus?.headers,
    value: {},
  },
  'a WebSocket with user-info and a path, kept as written': accept(
    ['--l2.follow.source.ws=wss://u:p@source.example/key'],
    (config) => config.headFeed?.url,
    'wss://u:p@source.example/key',
  ),
  'no WebSocket beside a consensus client, which tells the head': accept(
    ['--l2.follow.source.ws=wss://source.example', '--l2.follow.source.cl=https://cl.example'],
    (config) => config.headFeed,
    null,
  ),
  'a header of the source, for a WebSocket under the same host and port': {
    argv: [SOURCE, '--l2.follow.source.ws=wss://source.example/ws'],
    env: { LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: 'X-Key: k' },
    read: (config) => config.headFeed?.headers,
    value: { 'X-Key': 'k' },
  },
  'a header of the source, not for a WebSocket on another port': {
    argv: [SOURCE, '--l2.follow.source.ws=wss://source.example:8546'],
    env: { LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: 'X-Key: k' },
    read: (config) => config.headFeed?.headers,
    value: {},
  },
  'a header of the source, not for a WebSocket without TLS': {
    argv: [SOURCE, '--l2.follow.source.ws=ws://source.example:443', '--allow-insecure-source'],
    env: { LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: 'X-Key: k' },
    read: (config) => config.headFeed?.headers,
    value: {},
  },
  'the alias of the engine': accept(
    ['--l2-engine-rpc=http://el:8551'],
    (config) => config.engine.url,
    'http://el:8551',
  ),
  'one dash, as Go programs write it': accept(
    ['-l2', 'http://el:8551'],
    (config) => config.engine.url,
    'http://el:8551',
  ),
  'no public RPC, which is then the engine port': accept(
    ['--l2=http://el:8551'],
    (config) => config.engine.rpcUrl,
    'http://el:8551',
  ),
  'an RPC server where op-node has it, without admin methods': accept([], ({ rpc }) => rpc, {
    ...{ enabled: true, addr: '127.0.0.1', port: 9545, enableAdmin: false, strict: false, page: true },
  }),
  'no RPC server': accept(['--rpc.enabled=false'], ({ rpc }) => rpc.enabled, false),
  'an RPC server on the port of metrics that are not served': accept(['--rpc.port=7300'], ({ rpc }) => rpc.port, 7300),
  'a dry run': accept(['--dry-run'], ({ dryRun }) => dryRun, true),
  'a duration of two units': accept(['--boot-timeout=1m30s'], (config) => config.bootTimeoutMs, 90_000),
  'EL sync, with its limit from the environment': {
    argv: [SOURCE, '--l2.sync-mode=el-sync'],
    env: { LOCKSTEP_L2_EL_SYNC_TIMEOUT: '5m' },
    read: ({ follow }) => [follow.syncMode, follow.elSyncTimeoutMs],
    value: ['el-sync', 300_000],
  },
  'a recovery that only tells': accept(
    ['--recovery.mode=alert', '--recovery.max-depth=128', '--halt-on-finalized-divergence'],
    ({ recovery }) => [recovery.mode, recovery.maxDepth, recovery.haltOnFinalizedDivergence],
    ['alert', 128, true],
  ),
  'an RPC for debug_setHead, with user-info and a path': accept(
    ['--recovery.reset=sethead', '--recovery.admin-rpc=https://u:p@el.example:8545/admin'],
    ({ recovery }) => [recovery.reset, recovery.adminRpcUrl],
    ['sethead', 'https://u:p@el.example:8545/admin'],
  ),
  'a recovery without synthetic blocks, from the environment': acceptEnv(
    { LOCKSTEP_RECOVERY_SYNTHETIC: 'false', LOCKSTEP_RECOVERY_COOLDOWN: '1m', LOCKSTEP_HALT_ON_UNRECOVERABLE: 'true' },
    ({ recovery }) => [recovery.synthetic, recovery.cooldownMs, recovery.haltOnUnrecoverable],
    [false, 60_000, true],
  ),
  'a journal, relative to the working directory': accept(
    ['--journal=state/l2.json'],
    ({ journal }) => journal !== null && relative(rig.folder, journal),
    'state/l2.json',
  ),
  'no journal': accept(['--journal=none'], ({ journal }) => journal, null),
  'no journal where the environment names no place for it': accept([], ({ journal }) => journal, null),
  'a journal per engine port, in the state folder of the user': acceptEnv(
    { HOME: '/somewhere', LOCKSTEP_L2_ENGINE_RPC: 'http://u:p@[::1]:8551/x' },
    ({ journal }) => journal,
    '/somewhere/.local/state/lockstep/___1__8551.json',
  ),
  'a state folder by the XDG name': acceptEnv(
    { HOME: '/somewhere', XDG_STATE_HOME: '/state', LOCKSTEP_L2_ENGINE_RPC: 'http://op-geth:8551' },
    ({ journal }) => journal,
    '/state/lockstep/op-geth_8551.json',
  ),
  'a relative state folder, which does not count': acceptEnv(
    { HOME: '/somewhere', XDG_STATE_HOME: 'state' },
    ({ journal }) => journal,
    '/somewhere/.local/state/lockstep/127.0.0.1_8551.json',
  ),
  'an engine watchdog': accept(['--engine-watchdog=5m'], ({ engine }) => engine.watchdogMs, 300_000),
  'no engine watchdog': accept(['--engine-watchdog=0'], ({ engine }) => engine.watchdogMs, null),
  'no engine watchdog, with a unit': accept(['--engine-watchdog=0s'], ({ engine }) => engine.watchdogMs, null),
  'a duration with a fraction': accept(['--l2.engine-timeout=0.5s'], (config) => config.engine.timeoutMs, 500),
  'a duration in blanks': accept(['--l2.engine-timeout= 500ms '], (config) => config.engine.timeoutMs, 500),
  'an automatic poll interval': accept(
    ['--l2.follow.poll-interval=auto'],
    (config) => config.follow.pollIntervalMs,
    'auto',
  ),
  'a poll interval equal to the safety interval': accept(
    ['--l2.follow.poll-interval=4s'],
    (config) => config.follow.pollIntervalMs,
    4000,
  ),
  'a size in MiB': accept(
    ['--l2.follow.source.max-response-bytes=2MiB'],
    (config) => config.source.maxResponseBytes,
    2_097_152,
  ),
  'a size in MB, lower case': accept(
    ['--l2.follow.prefetch-bytes=2mb'],
    (config) => config.follow.prefetchBytes,
    2_000_000,
  ),
  'a limit of source calls in a second': accept(
    ['--l2.follow.source.rpc-rate-limit=25'],
    (config) => config.source.callsPerSecond,
    25,
  ),
  'no limit of source calls': accept(
    ['--l2.follow.source.rpc-rate-limit=0'],
    (config) => config.source.callsPerSecond,
    null,
  ),
  'a size in bytes': accept(['--l2.follow.prefetch-bytes=1048576'], (config) => config.follow.prefetchBytes, 1_048_576),
  'a log level in capitals': accept(['--log.level=WARN'], (config) => config.log.level, 'warn'),
  'a bare boolean flag': accept(['--metrics.enabled'], (config) => config.metrics.enabled, true),
  'a boolean flag before a command': accept(['--metrics.enabled', 'run'], (config) => config.metrics.enabled, true),
  'a boolean flag set to 1': accept(['--metrics.enabled=1'], (config) => config.metrics.enabled, true),
  'a boolean flag set to F': accept(['--metrics.enabled=F'], (config) => config.metrics.enabled, false),
  'a boolean flag with a word after it': accept(['--log.pid', 'true'], (config) => config.log.pid, true),
  'a boolean of the environment': acceptEnv({ LOCKSTEP_LOG_PID: 'TRUE' }, (config) => config.log.pid, true),
  'port 0': accept(['--metrics.port=0'], (config) => config.metrics.port, 0),
  'a host name to listen on': accept(['--metrics.addr=localhost'], (config) => config.metrics.addr, 'localhost'),
  'an IPv6 address to listen on': accept(['--metrics.addr=::'], (config) => config.metrics.addr, '::'),
  'headers of the environment, one per line': acceptEnv(
    { LOCKSTEP_L2_FOLLOW_SOURCE_HEADER: 'X-Key: a, b=c\n\n Authorization: Bearer t\n' },
    (config) => config.source.headers,
    { 'X-Key': 'a, b=c', Authorization: 'Bearer t' },
  ),
  'no headers': accept([], (config) => config.source.headers, {}),
  'a secret with 0x, blanks and capitals': accept(
    ['--l2.jwt-secret=prefixed.hex'],
    (config) => config.engine.jwtSecret.reveal().toString('hex'),
    JWT_HEX,
  ),
  'an encoded secret': acceptEnv(
    { LOCKSTEP_L2_ENGINE_AUTH_ENCODED: `0x${JWT_HEX}` },
    (config) => config.engine.jwtSecret.reveal().toString('hex'),
    JWT_HEX,
  ),
  'an empty variable, which counts as unset': acceptEnv(
    { LOCKSTEP_LOG_LEVEL: '' },
    (config) => config.log.level,
    'info',
  ),
  'lines for a terminal on a terminal': {
    isTTY: true,
    read: (config) => config.log,
    value: { level: 'info', format: 'terminal', color: true, pid: false },
  },
  'plain lines elsewhere': accept([], (config) => config.log, {
    level: 'info',
    format: 'text',
    color: false,
    pid: false,
  }),
  'colour for text lines on request': accept(['--log.color'], (config) => config.log.color, true),
  'a terminal format without colour on request': accept(
    ['--log.format=terminal', '--log.color=false'],
    (config) => config.log.color,
    false,
  ),
};

describe('a configuration that can be used', () => {
  it.each(Object.entries(ACCEPTED))('may hold %s', async (_name, accepted) => {
    const { argv = [SOURCE], env = {}, isTTY = false, read, value } = accepted;
    const run = await rig.run(argv, { env, isTTY });
    expect(run.stderr).toBe('');
    expect(run.config && read(run.config)).toEqual(value);
    expect(run).toMatchObject({ code: 0, called: 'run' });
  });
});
