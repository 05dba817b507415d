import { ENV_PREFIX, envName, type OptionName } from './options.js';
import type { Problem } from './problem.js';
import { boolean } from './values.js';

/** The clients whose command lines and environments are understood. */
export type ForeignClient = 'op-node' | 'base-consensus';

interface Named {
  readonly of: ForeignClient;
  /** Without dashes; `p2p.*` stands for every flag that starts with `p2p.`. */
  readonly flag: string;
}

/** The same setting here. `env` is its environment name there. */
export type AdoptedFlag = Named & { readonly becomes: OptionName; readonly env?: string; readonly differs?: string };

/** No meaning here: accepted with a warning that gives the reason. */
export type IgnoredFlag = Named & { readonly ignored: string };

/** Asks for what lockstep does not do. Refused unless it is switched off. */
export type RefusedFlag = Named & { readonly refused: string; readonly fix: string };

export type ForeignFlag = AdoptedFlag | IgnoredFlag | RefusedFlag;

const NO_L1 = 'nothing is derived from L1';
const NO_P2P = 'lockstep speaks to no peers; blocks come from the source';
const NO_SEQUENCER = 'lockstep builds no blocks';
const NO_CHAIN_CONFIG = 'forks are read from the blocks themselves, the chain id from source and execution client';
const NO_EFFECT_THERE = 'it has no effect in op-node either';
const NO_DERIVATION = 'nothing is derived; the labels are those of the source';

const op = (flag: string) => ({ of: 'op-node', flag }) as const;
const base = (flag: string) => ({ of: 'base-consensus', flag }) as const;

/**
 * What becomes of each flag of op-node v1.19.6 and of base-consensus. Flags that lockstep has under the same name are
 * listed for the documentation; an option of its own always wins over this table.
 */
export const FOREIGN_FLAGS: readonly ForeignFlag[] = [
  { ...op('l2'), becomes: 'l2', env: 'OP_NODE_L2_ENGINE_RPC' },
  { ...op('l2.jwt-secret'), becomes: 'l2.jwt-secret', env: 'OP_NODE_L2_ENGINE_AUTH', differs: 'never made silently' },
  {
    ...op('l2.follow.source'),
    becomes: 'l2.follow.source',
    differs:
      'there a consensus RPC, which is `--l2.follow.source.cl` here (and `OP_NODE_L2_FOLLOW_SOURCE` is read as that); here the **execution RPC** (`eth_*`) of the same node',
  },
  {
    ...op('l2.follow.source.rpc-timeout'),
    becomes: 'l2.follow.source.rpc-timeout',
    env: 'OP_NODE_L2_FOLLOW_SOURCE_RPC_TIMEOUT',
  },
  {
    ...op('l2.engine-rpc-timeout'),
    becomes: 'l2.engine-timeout',
    env: 'OP_NODE_L2_ENGINE_RPC_TIMEOUT',
    differs: 'a call that timed out is not repeated before its outcome was observed',
  },
  { ...op('rpc.addr'), becomes: 'rpc.addr', env: 'OP_NODE_RPC_ADDR' },
  { ...op('rpc.port'), becomes: 'rpc.port', env: 'OP_NODE_RPC_PORT' },
  { ...op('rpc.enable-admin'), becomes: 'rpc.enable-admin', env: 'OP_NODE_RPC_ENABLE_ADMIN' },
  { ...op('log.level'), becomes: 'log.level', env: 'OP_NODE_LOG_LEVEL' },
  {
    ...op('log.format'),
    becomes: 'log.format',
    env: 'OP_NODE_LOG_FORMAT',
    differs: '`logfmtms` is written `logfmt`, `jsonms` is written `json`',
  },
  { ...op('log.color'), becomes: 'log.color', env: 'OP_NODE_LOG_COLOR' },
  { ...op('log.pid'), becomes: 'log.pid', env: 'OP_NODE_LOG_PID' },
  {
    ...op('metrics.enabled'),
    becomes: 'metrics.enabled',
    env: 'OP_NODE_METRICS_ENABLED',
    differs: 'the same port serves health as well',
  },
  { ...op('metrics.addr'), becomes: 'metrics.addr', env: 'OP_NODE_METRICS_ADDR', differs: 'default 127.0.0.1' },
  { ...op('metrics.port'), becomes: 'metrics.port', env: 'OP_NODE_METRICS_PORT' },

  { ...op('sequencer.enabled'), refused: NO_SEQUENCER, fix: 'Keep op-node for the sequencer' },
  { ...op('conductor.enabled'), refused: NO_SEQUENCER, fix: 'Keep op-node under op-conductor' },
  {
    ...op('l2.follow.source.recovery-path'),
    refused: 'lockstep does not follow the private blocks that this journal is for',
    fix: 'Keep op-node for this chain',
  },

  { ...op('l1'), ignored: NO_L1 },
  { ...op('l1.*'), ignored: NO_L1 },
  { ...op('rollup.l1-chain-config'), ignored: NO_L1 },
  { ...op('verifier.l1-confs'), ignored: NO_L1 },
  { ...op('finality.*'), ignored: NO_DERIVATION },
  { ...op('safedb.path'), ignored: NO_DERIVATION },
  { ...op('altda.*'), ignored: NO_DERIVATION },
  { ...op('rollup.config'), ignored: NO_CHAIN_CONFIG },
  { ...op('network'), ignored: NO_CHAIN_CONFIG },
  { ...op('override.*'), ignored: NO_CHAIN_CONFIG },
  { ...op('ignore-missing-pectra-blob-schedule'), ignored: NO_CHAIN_CONFIG },
  { ...op('syncmode'), ignored: 'blocks are replayed one after the other, from wherever the execution client stands' },
  {
    ...op('syncmode.*'),
    ignored: 'blocks are replayed one after the other, from wherever the execution client stands',
  },
  { ...op('l2.enginekind'), ignored: 'the execution client is recognised by its answers' },
  { ...op('l2.skip-sync-start-check'), ignored: NO_DERIVATION },
  { ...op('l2.engine-sync'), ignored: 'deprecated in op-node' },
  { ...op('l2.backup-unsafe-sync-rpc'), ignored: 'every block comes from the source' },
  { ...op('l2.backup-unsafe-sync-rpc.trustrpc'), ignored: 'every block is verified' },
  { ...op('interop.*'), ignored: 'cross-chain safety is decided by the source' },
  { ...op('p2p.*'), ignored: NO_P2P },
  { ...op('sequencer.*'), ignored: NO_SEQUENCER },
  { ...op('conductor.*'), ignored: NO_SEQUENCER },
  { ...op('signer.*'), ignored: 'lockstep signs nothing' },
  { ...op('experimental.sequencer-api'), ignored: NO_SEQUENCER },
  { ...op('rpc.admin-state'), ignored: 'a pause does not outlive a restart' },
  {
    ...op('fetch-withdrawal-root-from-state'),
    ignored: 'whether the withdrawals root is in the header is seen in the header',
  },
  { ...op('pprof.*'), ignored: 'Go profiles do not exist in Node.js' },
  { ...op('snapshotlog.file'), ignored: NO_EFFECT_THERE },
  { ...op('heartbeat.*'), ignored: NO_EFFECT_THERE },
  { ...op('beta.extra-networks'), ignored: NO_EFFECT_THERE },

  { ...base('source-l2-rpc'), becomes: 'l2.follow.source', env: 'BASE_NODE_SOURCE_L2_RPC' },
  { ...base('l2-engine-rpc'), becomes: 'l2', env: 'BASE_NODE_L2_ENGINE_RPC' },
  { ...base('l2-rpc-url'), becomes: 'l2.rpc', differs: 'only used to tell that the source is this same node' },
  { ...base('l2.jwt-secret'), becomes: 'l2.jwt-secret', env: 'BASE_NODE_L2_ENGINE_AUTH' },
  {
    ...base('l2.jwt-secret-encoded'),
    becomes: 'l2.jwt-secret-encoded',
    env: 'BASE_NODE_L2_ENGINE_AUTH_ENCODED',
    differs: 'from the environment only: the process list shows a command line',
  },
  { ...base('l2.timeout'), ignored: 'its unit is milliseconds; set --l2.engine-timeout, as in 30s' },
  { ...base('l2.trust-rpc'), ignored: 'every block is verified' },
  { ...base('l1-eth-rpc'), ignored: NO_L1 },
  { ...base('l1-beacon'), ignored: NO_L1 },
  { ...base('chain'), ignored: NO_CHAIN_CONFIG },
  { ...base('n'), ignored: NO_CHAIN_CONFIG },
  { ...base('rollup-cfg'), ignored: NO_CHAIN_CONFIG },
  { ...base('rollup-l1-cfg'), ignored: NO_L1 },
  { ...base('proofs'), ignored: 'lockstep does not wait for the proofs extension of the execution client' },
  { ...base('proofs.*'), ignored: 'lockstep does not wait for the proofs extension of the execution client' },
  { ...base('v'), ignored: 'set --log.level' },
  { ...base('vv'), ignored: 'set --log.level' },
  { ...base('vvv'), ignored: 'set --log.level' },
  { ...base('q'), ignored: 'set --log.level' },
  { ...base('logs.*'), ignored: 'set --log.format' },
];

/** The entry for a flag (without dashes in front) that lockstep does not have: an exact one, else the longest prefix. */
export function foreignFlag(flag: string): ForeignFlag | undefined {
  const exact = FOREIGN_FLAGS.find((entry) => entry.flag === flag);
  if (exact !== undefined) return exact;
  const prefixes = FOREIGN_FLAGS.filter(
    (entry) => entry.flag.endsWith('.*') && flag.startsWith(entry.flag.slice(0, -1)),
  );
  return prefixes.sort((a, b) => b.flag.length - a.flag.length)[0];
}

/** A flag with this text asks for something: anything but a word for false. */
export function isSwitchedOn(text: string): boolean {
  const parsed = boolean.parse(text.trim());
  return !parsed.ok || parsed.value;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The flags and variables of op-node and base-consensus are understood: by the command line, else the environment. */
export function isCompatible(given: ReadonlyMap<OptionName, string>, env: Environment): boolean {
  const text = (given.get('compat.op-node') ?? env[envName('compat.op-node')] ?? '').trim();
  return text !== '' && isSwitchedOn(text);
}

const OP_NODE_PREFIX = 'OP_NODE_';

/** It names a consensus RPC there, which is another option here; the suffix would make it the source. */
const NOT_BY_SUFFIX: OptionName = 'l2.follow.source';

/** The variables of op-node that set this option under --compat.op-node: the same suffix, or another name of the table. */
export function compatibleEnvNames(name: OptionName): readonly string[] {
  const bySuffix = name === NOT_BY_SUFFIX ? [] : [OP_NODE_PREFIX + envName(name).slice(ENV_PREFIX.length)];
  const named = FOREIGN_FLAGS.flatMap((entry) =>
    entry.of === 'op-node' && 'becomes' in entry && entry.becomes === name && entry.env !== undefined
      ? [entry.env]
      : [],
  );
  return [...new Set([...named, ...bySuffix])];
}

/** What is wrong among the OP_NODE_ variables; those that set nothing here are passed over in silence. */
export function judgeEnvironment(env: Environment): readonly Problem[] {
  return FOREIGN_FLAGS.flatMap((entry): Problem[] => {
    if (!('refused' in entry)) return [];
    const variable = OP_NODE_PREFIX + entry.flag.toUpperCase().replace(/[.-]/g, '_');
    const text = (env[variable] ?? '').trim();
    if (text === '' || !isSwitchedOn(text)) return [];
    return [{ setting: variable, reason: `cannot be ignored: ${entry.refused}`, fix: entry.fix }];
  });
}
