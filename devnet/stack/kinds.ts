import type { ElKind } from '../els/el.js';
import { CHAIN_ID } from '../genesis.js';
import { ALL_AT_GENESIS, OP_CHAIN_ID } from '../op-stack/genesis.js';
import { startOpStack } from '../op-stack/op-stack.js';
import { startProducerStack } from './producer-stack.js';
import type { Stack, StackPart } from './stack.js';

export const STACK_KINDS = ['ethereumjs', 'geth', 'op', 'opstack'] as const;

export type StackKind = (typeof STACK_KINDS)[number];

interface KindFacts {
  readonly source: ElKind;
  /** The follower may be any of them; it is the kind of the source where nothing else is said. */
  readonly followers: readonly ElKind[];
  readonly chainId: number;
  /** Who decides what is in a block: the producer of a rig, or the pool of the source, which anybody can send to. */
  readonly filledFrom: 'producer' | 'pool';
}

const ETHEREUM_ELS: readonly ElKind[] = ['ethereumjs', 'geth', 'reth'];
const OP_ELS: readonly ElKind[] = ['op-geth', 'op-reth'];

export const KINDS: Readonly<Record<StackKind, KindFacts>> = {
  ethereumjs: { source: 'ethereumjs', followers: ETHEREUM_ELS, chainId: CHAIN_ID, filledFrom: 'producer' },
  geth: { source: 'geth', followers: ETHEREUM_ELS, chainId: CHAIN_ID, filledFrom: 'producer' },
  op: { source: 'op-geth', followers: OP_ELS, chainId: OP_CHAIN_ID, filledFrom: 'producer' },
  opstack: { source: 'op-geth', followers: OP_ELS, chainId: OP_CHAIN_ID, filledFrom: 'pool' },
};

export interface StackOptions {
  readonly kind: StackKind;
  readonly dir: string;
  readonly seed: string;
  readonly follower: ElKind;
  readonly logLevel: string;
  /** Where a producer fills the blocks. */
  readonly txsPerBlock: number;
  readonly blockTimeMs: number;
  /** Of an OP Stack: seconds after genesis. */
  readonly isthmusAt: number;
  readonly jovianAt: number;
  /** Of an OP Stack: lockstep takes heads and labels from op-node. */
  readonly followConsensus: boolean;
}

const SAFETY_INTERVAL = '1s';
const POLL_MAX_MS = 500;
const POLL_MIN_MS = 100;

/** Starts a devnet of any kind; `onStart` hears of each part that is up. */
export function startStack(options: StackOptions, onStart: (part: StackPart) => void): Promise<Stack> {
  const { dir, seed, follower, blockTimeMs } = options;
  const { source, filledFrom } = KINDS[options.kind];
  const pollMs = Math.round(Math.min(POLL_MAX_MS, Math.max(POLL_MIN_MS, blockTimeMs / 2)));
  const lockstepFlags = [
    ...['--l2.follow.poll-interval', `${pollMs}ms`, '--l2.follow.safety-interval', SAFETY_INTERVAL],
    ...['--log.level', options.logLevel],
  ];
  if (filledFrom === 'producer') {
    const { txsPerBlock } = options;
    return startProducerStack({ source, follower, dir, seed, txsPerBlock, blockTimeMs, lockstepFlags }, onStart);
  }
  const forks = { ...ALL_AT_GENESIS, isthmus: options.isthmusAt, jovian: options.jovianAt };
  const { followConsensus } = options;
  return startOpStack({ dir, seed, forks, follower, followConsensus, lockstepFlags }, onStart);
}
