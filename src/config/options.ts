import { LOG_FORMATS } from '../util/log-format.js';
import { LOG_LEVELS } from '../util/log.js';
import type { OptionDeclaration } from './declaration.js';
import { RECORD_OPTIONS } from './record-options.js';
import { RECOVERY_OPTIONS } from './recovery-options.js';
import { RPC_OPTIONS } from './rpc-options.js';
import { httpUrl, wsUrl } from './url.js';
import * as value from './values.js';

const SYNC_MODES = ['replay', 'el-sync'] as const;

const SOURCE = '1. SOURCE AND FOLLOWING';
const ENGINE = '2. LOCAL EXECUTION CLIENT';
const LOGGING = '5. LOGGING AND METRICS';
const CONFIGURATION = '6. CONFIGURATION';

/** Every option of lockstep, once: flags, environment, file, defaults, help and docs/flags.md derive from this table. */
const OPTIONS = {
  'l2.follow.source': {
    group: SOURCE,
    describe: 'Execution RPC (eth_*) of the node to follow; path and user-info are kept',
    type: httpUrl,
    aliases: ['source-l2-rpc'],
    alsoEnv: ['BASE_NODE_SOURCE_L2_RPC'],
    required: true,
  },
  'l2.follow.source.cl': {
    group: SOURCE,
    describe:
      'Consensus client RPC (optimism_*) of the same node: head, safe and finalized then come from it in one answer',
    type: httpUrl,
    alsoEnv: ['OP_NODE_L2_FOLLOW_SOURCE'],
  },
  'l2.follow.source.ws': {
    group: SOURCE,
    describe:
      'WebSocket of the same node: new heads then come by eth_subscribe as they are made; without it, and while it is silent, they are looked for',
    type: wsUrl,
  },
  'l2.follow.source.header': {
    group: SOURCE,
    describe:
      'HTTP header for the source as "Name: value", one per line; from environment or file only. The .cl and .ws get it where they have the same host and port, and TLS as the source has',
    type: value.headers,
    refused: { cli: 'would show the header value in the process list' },
  },
  'l2.follow.source.rpc-timeout': {
    group: SOURCE,
    describe: 'Deadline of one source call, up to the last byte of the answer',
    type: value.duration('100ms', '10m'),
    default: '10s',
  },
  'l2.follow.source.max-concurrency': {
    group: SOURCE,
    describe: 'Source requests under way at the same time; as many as the link needs, and never more',
    type: value.integer(1, 256),
    default: '64',
  },
  'l2.follow.source.rpc-rate-limit': {
    group: SOURCE,
    describe: 'Source calls in any second, each of a batch counted; 0 is as many as the source bears',
    type: value.orZero(value.integer(1, 10_000)),
    default: '0',
  },
  'l2.follow.source.max-response-bytes': {
    group: SOURCE,
    describe: 'Largest answer accepted from the source, after decompression',
    type: value.size('64KiB', '1GiB'),
    default: '64MiB',
  },
  'allow-insecure-source': {
    group: SOURCE,
    describe: 'Accept an unencrypted source (or its .cl or .ws) outside loopback and private networks',
    type: value.boolean,
    default: 'false',
  },
  'l2.follow.poll-interval': {
    group: SOURCE,
    describe:
      'Pause between two looks at the unsafe head; auto looks when the next block is expected, as measured (with a .cl: twice per block)',
    type: value.orAuto(value.duration('20ms', '1h')),
    default: 'auto',
  },
  'l2.follow.safety-interval': {
    group: SOURCE,
    describe:
      'Pause between two looks at safe and finalized; not shorter than the poll interval. auto is 8 blocks, from 4s to 30s; where safe moves by the clock of the L1, it is asked for when it moves',
    type: value.orAuto(value.duration('20ms', '1h')),
    default: 'auto',
  },
  'l2.follow.prefetch': {
    group: SOURCE,
    describe: 'Blocks fetched ahead of the execution client while catching up, at most; a near source needs few',
    type: value.integer(1, 1024),
    default: '128',
  },
  'l2.follow.prefetch-bytes': {
    group: SOURCE,
    describe: 'Cap on the memory of the blocks fetched ahead',
    type: value.size('1MiB', '4GiB'),
    default: '64MiB',
  },
  'l2.follow.trustrpc': {
    group: SOURCE,
    describe: 'Accepted for compatibility; every block is verified all the same',
    type: value.boolean,
    envSuffix: 'L2_FOLLOW_TRUST_RPC',
    default: 'false',
  },
  'dry-run': {
    group: SOURCE,
    describe:
      'Write nothing to the execution client, which another consensus client drives: watch both sides and tell what would be done',
    type: value.boolean,
    default: 'false',
  },
  'boot-timeout': {
    group: SOURCE,
    describe: 'How long to wait at start for source and execution client before giving up with exit code 69',
    type: value.duration('1s', '24h'),
    default: '60s',
  },
  l2: {
    group: ENGINE,
    describe: 'Engine (authrpc) port of the local execution client',
    type: httpUrl,
    aliases: ['l2-engine-rpc'],
    envSuffix: 'L2_ENGINE_RPC',
    alsoEnv: ['OP_NODE_L2_ENGINE_RPC', 'BASE_NODE_L2_ENGINE_RPC'],
    default: 'http://127.0.0.1:8551',
  },
  'l2.jwt-secret': {
    group: ENGINE,
    describe: 'File with the 32-byte hex secret shared with the execution client',
    type: value.filePath,
    envSuffix: 'L2_ENGINE_AUTH',
    alsoEnv: ['OP_NODE_L2_ENGINE_AUTH', 'BASE_NODE_L2_ENGINE_AUTH'],
    default: './jwt.hex',
  },
  'l2.jwt-secret-encoded': {
    group: ENGINE,
    describe: 'The hex secret itself instead of a file; from the environment only',
    type: value.secretText,
    envSuffix: 'L2_ENGINE_AUTH_ENCODED',
    alsoEnv: ['BASE_NODE_L2_ENGINE_AUTH_ENCODED'],
    refused: {
      cli: 'would show the secret in the process list',
      file: 'would leave the secret in a configuration file',
    },
  },
  'l2.engine-timeout': {
    group: ENGINE,
    describe: 'Deadline of one Engine API call; its outcome is unknown afterwards',
    type: value.duration('100ms', '1h'),
    default: '60s',
  },
  'engine-watchdog': {
    group: ENGINE,
    describe:
      'How long the engine port may accept calls and answer none before lockstep exits with code 75; 0 is never',
    type: value.orZero(value.duration('1s', '24h')),
    default: '30m',
  },
  'l2.sync-mode': {
    group: ENGINE,
    describe: 'How a far-behind execution client catches up: replay of every block, or el-sync with its own peers',
    type: value.choice(SYNC_MODES),
    default: 'replay',
  },
  'l2.el-sync-timeout': {
    group: ENGINE,
    describe: 'How long an EL sync may show no progress before the blocks are replayed instead',
    type: value.duration('1s', '24h'),
    default: '2m',
  },
  'l2.rpc': {
    group: ENGINE,
    describe:
      'Public RPC of the local execution client, to recognise a source that is this same node and to count its peers',
    type: httpUrl,
    aliases: ['l2-rpc-url'],
    envSuffix: 'L2_RPC_URL',
    derived: { note: 'the value of --l2', from: ({ textOf }) => textOf('l2') },
  },
  ...RECOVERY_OPTIONS,
  ...RPC_OPTIONS,
  'log.level': {
    group: LOGGING,
    describe: 'Least severe level that is logged',
    type: value.choice(LOG_LEVELS),
    default: 'info',
  },
  'log.format': {
    group: LOGGING,
    describe: 'Form of a log line',
    type: value.choice(LOG_FORMATS),
    derived: { note: 'text, or terminal on a TTY', from: ({ isTTY }) => (isTTY ? 'terminal' : 'text') },
  },
  'log.color': {
    group: LOGGING,
    describe: 'Colour the level in text and terminal lines',
    type: value.boolean,
    derived: {
      note: 'true for the terminal format',
      from: ({ textOf }) => String(textOf('log.format') === 'terminal'),
    },
  },
  'log.pid': { group: LOGGING, describe: 'Add the process id to each line', type: value.boolean, default: 'false' },
  ...RECORD_OPTIONS,
  'metrics.enabled': {
    group: LOGGING,
    describe: 'Serve metrics and health over HTTP',
    type: value.boolean,
    default: 'false',
  },
  'metrics.addr': {
    group: LOGGING,
    describe: 'Address the metrics server listens on',
    type: value.host,
    default: '127.0.0.1',
  },
  'metrics.port': {
    group: LOGGING,
    describe: 'Port of the metrics server; 0 picks a free one',
    type: value.integer(0, 65535),
    default: '7300',
  },
  'metrics.strict': {
    group: LOGGING,
    describe: 'Exit with code 78 when the metrics port is taken, instead of running on without metrics',
    type: value.boolean,
    default: 'false',
  },
  'metrics.op-node-compat': {
    group: LOGGING,
    describe: 'Serve the metrics under the names of op-node (op_node_default_*) as well',
    type: value.boolean,
    default: 'true',
  },
  'compat.op-node': {
    group: CONFIGURATION,
    describe:
      'Read OP_NODE_ variables, and ignore flags of op-node and base-consensus that mean nothing here; implied by the word op-node',
    type: value.boolean,
    default: 'false',
    refused: { file: 'has to be known before the command line is read' },
  },
  config: {
    group: CONFIGURATION,
    describe: 'YAML or JSON file with the settings above, as nested or dotted keys',
    type: value.filePath,
    refused: { file: 'cannot name another configuration file' },
  },
} as const satisfies Record<string, OptionDeclaration>;

export type OptionName = keyof typeof OPTIONS;

type Declared<O> = O extends { readonly type: value.ValueType<infer T> }
  ? O extends { readonly default: string } | { readonly derived: object } | { readonly required: true }
    ? T
    : T | undefined
  : never;

/** The parsed value of every option; undefined only where an option has neither default nor obligation. */
export type OptionValues = { readonly [Name in OptionName]: Declared<(typeof OPTIONS)[Name]> };

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The declaration of an option with every field present or undefined. */
export function declarationOf(name: OptionName): OptionDeclaration {
  return OPTIONS[name];
}

export const ENV_PREFIX = 'LOCKSTEP_';

/** `l2.follow.poll-interval` -> `LOCKSTEP_L2_FOLLOW_POLL_INTERVAL`, unless the table names the OP_NODE_ suffix. */
export function envName(name: OptionName): string {
  return ENV_PREFIX + (declarationOf(name).envSuffix ?? name.toUpperCase().replace(/[.-]/g, '_'));
}

/** The option that a flag name or alias (without dashes in front) stands for. */
export function optionOfFlag(flag: string): OptionName | undefined {
  return OPTION_NAMES.find((name) => name === flag || (declarationOf(name).aliases ?? []).includes(flag));
}

/** The option that a LOCKSTEP_ environment name stands for. */
export function optionOfEnv(env: string): OptionName | undefined {
  return OPTION_NAMES.find((name) => envName(name) === env);
}
