import { keccak256 } from 'ethers/crypto';
import { toUtf8Bytes } from 'ethers/utils';

/** The L1 block that an L2 block stands on, and how many L2 blocks stand on it before this one. */
export interface L1Origin {
  readonly number: number;
  readonly hash: string;
  /** Seconds. */
  readonly timestamp: number;
  readonly baseFee: bigint;
  readonly blobBaseFee: bigint;
  readonly sequenceNumber: number;
}

const BLOCKS_PER_EPOCH = 6;
const GWEI = 1_000_000_000n;

/** The origin of an L2 block on an L1 that nobody runs; it is never younger than the block. */
export function l1Origin(l2Number: number, genesisTimestamp: number): L1Origin {
  const epoch = Math.floor((l2Number - 1) / BLOCKS_PER_EPOCH);
  const number = epoch + 1;
  return {
    number,
    hash: keccak256(toUtf8Bytes(`lockstep devnet L1 block ${number}`)),
    timestamp: genesisTimestamp + epoch * BLOCKS_PER_EPOCH + 1,
    baseFee: 10n * GWEI + BigInt(number),
    blobBaseFee: 1n + BigInt(number),
    sequenceNumber: (l2Number - 1) % BLOCKS_PER_EPOCH,
  };
}
