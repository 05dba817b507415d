import { describe, expect, it } from '@jest/globals';
import { cliRig, problemsOf } from '../rig/cli.js';

const rig = cliRig();

const SOURCE = '--l2.follow.source=https://source.example/rpc';

interface Refused {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** Each entry is a whole configuration; the source is given unless the case says otherwise. */
const REFUSED: Readonly<Record<string, Refused>> = {
  'RPC on the port of the metrics': {
    argv: [SOURCE, '--metrics.enabled', '--rpc.port=7300'],
    problems: ['--rpc.port "7300" (cli) is the port of --metrics.port too. Give them different ports.'],
  },
  'a timeout without a unit': {
    argv: [SOURCE, '--l2.follow.source.rpc-timeout=10'],
    problems: ['--l2.follow.source.rpc-timeout "10" (cli) has no unit. Write 10s or 10ms.'],
  },
  'a timeout of zero': {
    argv: [SOURCE, '--l2.follow.source.rpc-timeout=0s'],
    problems: [
      '--l2.follow.source.rpc-timeout "0s" (cli) is outside 100ms to 10m. Write a duration from 100ms to 10m.',
    ],
  },
  'a sync mode by the name it has elsewhere': {
    argv: [SOURCE, '--l2.sync-mode=execution-layer'],
    problems: ['--l2.sync-mode "execution-layer" (cli) is not a known word. Use one of replay, el-sync.'],
  },
  'an EL sync that may do nothing': {
    argv: [SOURCE, '--l2.el-sync-timeout=0s'],
    problems: ['--l2.el-sync-timeout "0s" (cli) is outside 1s to 24h. Write a duration from 1s to 24h.'],
  },
  'a timeout of zero without a unit': {
    argv: [SOURCE, '--l2.engine-timeout=0'],
    problems: ['--l2.engine-timeout "0" (cli) has no unit. Write 0s or 0ms.'],
  },
  'a negative timeout': {
    argv: [SOURCE, '--l2.engine-timeout', '-5s'],
    problems: ['--l2.engine-timeout "-5s" (cli) is negative. Write a duration from 100ms to 1h.'],
  },
  'a negative timeout in the environment': {
    env: { LOCKSTEP_L2_ENGINE_TIMEOUT: '-1m' },
    problems: [
      '--l2.engine-timeout "-1m" (env:LOCKSTEP_L2_ENGINE_TIMEOUT) is negative. Write a duration from 100ms to 1h.',
    ],
  },
  'a timeout that is a word': {
    argv: [SOURCE, '--l2.engine-timeout=abc'],
    problems: ['--l2.engine-timeout "abc" (cli) is not a duration. Write it as 500ms, 12s or 1m30s.'],
  },
  'a timeout that is empty': {
    argv: [SOURCE, '--l2.engine-timeout='],
    problems: ['--l2.engine-timeout (cli) is empty. Give it a value, or leave it out.'],
  },
  'a timeout with an unknown unit': {
    argv: [SOURCE, '--l2.engine-timeout=3d'],
    problems: ['--l2.engine-timeout "3d" (cli) is not a duration. Write it as 500ms, 12s or 1m30s.'],
  },
  'a timeout with a unit in the middle only': {
    argv: [SOURCE, '--l2.engine-timeout=1m30'],
    problems: ['--l2.engine-timeout "1m30" (cli) is not a duration. Write it as 500ms, 12s or 1m30s.'],
  },
  'a timeout that is too long': {
    argv: [SOURCE, '--l2.engine-timeout=2h'],
    problems: ['--l2.engine-timeout "2h" (cli) is outside 100ms to 1h. Write a duration from 100ms to 1h.'],
  },
  'a boot timeout that is too short': {
    argv: [SOURCE, '--boot-timeout=10ms'],
    problems: ['--boot-timeout "10ms" (cli) is outside 1s to 24h. Write a duration from 1s to 24h.'],
  },
  'a poll interval of zero': {
    argv: [SOURCE, '--l2.follow.poll-interval=0ms'],
    problems: ['--l2.follow.poll-interval "0ms" (cli) is outside 20ms to 1h. Write a duration from 20ms to 1h.'],
  },
  'a poll interval that is a word': {
    env: { LOCKSTEP_L2_FOLLOW_POLL_INTERVAL: 'fast' },
    problems: [
      '--l2.follow.poll-interval "fast" (env:LOCKSTEP_L2_FOLLOW_POLL_INTERVAL) is not a duration. Write it as 500ms, 12s or 1m30s.',
    ],
  },
  'a safety interval shorter than the poll interval': {
    argv: [SOURCE, '--l2.follow.poll-interval=5s', '--l2.follow.safety-interval=4s'],
    problems: [
      '--l2.follow.safety-interval "4s" (cli) is shorter than --l2.follow.poll-interval (5s). Raise it, or lower the poll interval.',
    ],
  },
  'no blocks ahead': {
    argv: [SOURCE, '--l2.follow.prefetch=0'],
    problems: ['--l2.follow.prefetch "0" (cli) is outside 1 to 1024. Write a whole number from 1 to 1024.'],
  },
  'a fraction of a block ahead': {
    argv: [SOURCE, '--l2.follow.prefetch=1.5'],
    problems: ['--l2.follow.prefetch "1.5" (cli) is not a whole number. Write a whole number from 1 to 1024.'],
  },
  'a hexadecimal count': {
    argv: [SOURCE, '--l2.follow.source.max-concurrency=0x10'],
    problems: [
      '--l2.follow.source.max-concurrency "0x10" (cli) is not a whole number. Write a whole number from 1 to 256.',
    ],
  },
  'a limit beyond every source': {
    argv: [SOURCE, '--l2.follow.source.rpc-rate-limit=20000'],
    problems: [
      '--l2.follow.source.rpc-rate-limit "20000" (cli) is outside 1 to 10000. Write a whole number from 1 to 10000.',
    ],
  },
  'a size that is a word': {
    argv: [SOURCE, '--l2.follow.source.max-response-bytes=lots'],
    problems: [
      '--l2.follow.source.max-response-bytes "lots" (cli) is not a size. Write it as 64MiB, 512KiB or a number of bytes.',
    ],
  },
  'a size that is too small': {
    argv: [SOURCE, '--l2.follow.source.max-response-bytes=100'],
    problems: [
      '--l2.follow.source.max-response-bytes "100" (cli) is outside 64KiB to 1GiB. Write a size from 64KiB to 1GiB.',
    ],
  },
  'a size that is too large': {
    env: { LOCKSTEP_L2_FOLLOW_PREFETCH_BYTES: '100GiB' },
    problems: [
      '--l2.follow.prefetch-bytes "100GiB" (env:LOCKSTEP_L2_FOLLOW_PREFETCH_BYTES) is outside 1MiB to 4GiB. Write a size from 1MiB to 4GiB.',
    ],
  },
  'a recovery mode that does not exist': {
    argv: [SOURCE, '--recovery.mode=heal'],
    problems: ['--recovery.mode "heal" (cli) is not a known word. Use one of auto, alert, off.'],
  },
  'a reset by the name of its method': {
    argv: [SOURCE, '--recovery.reset=debug_setHead'],
    problems: [
      '--recovery.reset "debug_setHead" (cli) is not a known word. Use one of auto, forkchoice, sethead, none.',
    ],
  },
  'a recovery of no depth': {
    argv: [SOURCE, '--recovery.max-depth=0'],
    problems: ['--recovery.max-depth "0" (cli) is outside 1 to 10000000. Write a whole number from 1 to 10000000.'],
  },
  'recoveries without a pause': {
    argv: [SOURCE, '--recovery.cooldown=0s'],
    problems: ['--recovery.cooldown "0s" (cli) is outside 1s to 1h. Write a duration from 1s to 1h.'],
  },
  'a watchdog that bites at once': {
    argv: [SOURCE, '--engine-watchdog=10ms'],
    problems: ['--engine-watchdog "10ms" (cli) is outside 1s to 24h. Write a duration from 1s to 24h.'],
  },
  'a watchdog without a unit': {
    argv: [SOURCE, '--engine-watchdog=30'],
    problems: ['--engine-watchdog "30" (cli) has no unit. Write 30s or 30ms.'],
  },
  'a journal without a name': {
    argv: [SOURCE, '--journal='],
    problems: ['--journal (cli) is empty. Give it a value, or leave it out.'],
  },
  'an unknown log level': {
    argv: [SOURCE, '--log.level=loud'],
    problems: ['--log.level "loud" (cli) is not a known word. Use one of trace, debug, info, warn, error, crit.'],
  },
  'an unknown log format': {
    env: { LOCKSTEP_LOG_FORMAT: 'xml' },
    problems: [
      '--log.format "xml" (env:LOCKSTEP_LOG_FORMAT) is not a known word. Use one of text, terminal, logfmt, json.',
    ],
  },
  'a boolean that is a word in the environment': {
    env: { LOCKSTEP_METRICS_ENABLED: 'yes' },
    problems: [
      '--metrics.enabled "yes" (env:LOCKSTEP_METRICS_ENABLED) is neither true nor false. Write true or false.',
    ],
  },
  'a port above 65535': {
    argv: [SOURCE, '--metrics.port=65536'],
    problems: ['--metrics.port "65536" (cli) is outside 0 to 65535. Write a whole number from 0 to 65535.'],
  },
  'a negative port': {
    argv: [SOURCE, '--metrics.port=-1'],
    problems: ['--metrics.port "-1" (cli) is outside 0 to 65535. Write a whole number from 0 to 65535.'],
  },
  'a listening address with a port': {
    argv: [SOURCE, '--metrics.addr=0.0.0.0:7300'],
    problems: [
      '--metrics.addr "0.0.0.0:7300" (cli) is not an address to listen on. Write an IP address such as 127.0.0.1 or 0.0.0.0, without a port.',
    ],
  },
  'a listening address with too few parts': {
    argv: [SOURCE, '--metrics.addr=127.0'],
    problems: [
      '--metrics.addr "127.0" (cli) is not an address to listen on. Write an IP address such as 127.0.0.1 or 0.0.0.0, without a port.',
    ],
  },
  'a configuration file that is missing': {
    argv: [SOURCE, '--config=none.yaml'],
    problems: ['--config "none.yaml" cannot be read (ENOENT). Name a readable file.'],
  },
  'four mistakes at once': {
    argv: ['--l2=nonsense', '--metrics.port=x'],
    env: { LOCKSTEP_LOG_LEVEL: 'loud' },
    problems: [
      '--l2.follow.source is not set. Give the URL of the node to follow.',
      '--l2 "[redacted]" (cli) is not a URL. Write it as http://host:port or https://host/path.',
      '--log.level "loud" (env:LOCKSTEP_LOG_LEVEL) is not a known word. Use one of trace, debug, info, warn, error, crit.',
      '--metrics.port "x" (cli) is not a whole number. Write a whole number from 0 to 65535.',
    ],
  },
};

describe('a configuration that cannot be used', () => {
  it.each(Object.entries(REFUSED))('with %s ends with code 78 and says what to do', async (_name, refused) => {
    const { argv = [SOURCE], env = {}, problems } = refused;
    const run = await rig.run(argv, { env });
    expect(problemsOf(run)).toEqual(problems);
    expect(run).toMatchObject({ code: 78, called: null, stdout: '' });
    expect(run.stderr).not.toMatch(/\n\s+at /);
  });
});
