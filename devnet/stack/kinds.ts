import type { ElKind } from '../els/el.js';
import { ALL_AT_GENESIS } from '../op-stack/genesis.js';
import { startOpStack } from '../op-stack/op-stack.js';
import { startProducerStack } from './producer-stack.js';
import type { Stack, StackPart } from './stack.js';

export const STACK_KINDS = ['ethereumjs', 'geth', 'opstack'] as const;

export type StackKind = (typeof STACK_KINDS)[number];

/** The EL on both sides where a producer of this project fills the blocks. */
const PRODUCER_ELS: Readonly<Record<Exclude<StackKind, 'opstack'>, ElKind>> = {
  ethereumjs: 'ethereumjs',
  geth: 'geth',
};

export interface StackOptions {
  readonly kind: StackKind;
  readonly dir: string;
  readonly seed: string;
  /** Another follower EL than the usual one of the kind. */
  readonly followerEl: ElKind | null;
  readonly logLevel: string;
  /** Where a producer fills the blocks. */
  readonly txsPerBlock: number;
  readonly blockTimeMs: number;
  /** Of an OP Stack: seconds after genesis. */
  readonly isthmusAt: number;
  readonly jovianAt: number;
  /** Of an OP Stack: lockstep asks op-node as well. */
  readonly followConsensus: boolean;
}

const SAFETY_INTERVAL = '1s';
const POLL_MAX_MS = 500;
const POLL_MIN_MS = 100;

/** Starts a devnet of any kind; `onStart` hears of each part that is up. */
export function startStack(options: StackOptions, onStart: (part: StackPart) => void): Promise<Stack> {
  const { kind, dir, seed, followerEl, blockTimeMs } = options;
  const pollMs = Math.round(Math.min(POLL_MAX_MS, Math.max(POLL_MIN_MS, blockTimeMs / 2)));
  const lockstepFlags = [
    ...['--l2.follow.poll-interval', `${pollMs}ms`, '--l2.follow.safety-interval', SAFETY_INTERVAL],
    ...['--log.level', options.logLevel],
  ];
  if (kind !== 'opstack') {
    const { txsPerBlock } = options;
    const source = PRODUCER_ELS[kind];
    const els = { source, follower: followerEl ?? source };
    return startProducerStack({ ...els, dir, seed, txsPerBlock, blockTimeMs, lockstepFlags }, onStart);
  }
  const forks = { ...ALL_AT_GENESIS, isthmus: options.isthmusAt, jovian: options.jovianAt };
  const { followConsensus } = options;
  return startOpStack({ dir, seed, forks, follower: followerEl ?? 'op-geth', followConsensus, lockstepFlags }, onStart);
}

/** User transactions come through the pool of the source; elsewhere the producer decides what is in a block. */
export function takesTransactions(kind: StackKind): boolean {
  return kind === 'opstack';
}
