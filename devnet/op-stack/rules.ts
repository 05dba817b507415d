import { keccak256 } from 'ethers/crypto';
import { toUtf8Bytes } from 'ethers/utils';
import type { ChainRules } from '../producer/chain-rules.js';
import type { EngineFork } from '../producer/engine-driver.js';
import { COUNTER_INIT_CODE } from '../producer/traffic.js';
import { attributesDeposit, userDeposits } from './deposits.js';
import { OpForks } from './forks.js';
import { EIP_1559, OP_CHAIN_ID, OP_GAS_LIMIT, type OpFork, type OpForkSchedule } from './genesis.js';
import { encodeL1Attributes, type L1AttributesLayout } from './l1-attributes.js';
import { l1Origin } from './l1-origin.js';

/** High enough for the base fee of a quiet chain to reach it. */
const MIN_BASE_FEE_WEI = 500_000_000;

const FEE_VAULT = '0x4200000000000000000000000000000000000011';

/** Their first block holds no transaction of a user: the contracts of the fork come into being there. */
const FORKS_WITH_UPGRADE_BLOCK: readonly OpFork[] = ['ecotone', 'fjord', 'isthmus', 'jovian'];

export interface OpRulesOptions {
  readonly seed: string;
  readonly forks: OpForkSchedule;
  /** Seconds. */
  readonly genesisTimestamp: number;
}

/**
 * The OP Stack, with this program as the sequencer and an L1 that is only pretended (opstack 9, 10). Blocks of one
 * epoch have the randomness and the beacon root of its L1 block, which are others on another branch.
 */
export function opRules({ seed, forks: schedule, genesisTimestamp }: OpRulesOptions): ChainRules {
  const forks = new OpForks(schedule, genesisTimestamp);
  return {
    chainId: OP_CHAIN_ID,
    engineFork: ({ timestamp }) => engineFork(forks, timestamp),
    admitted({ parent, timestamp }) {
      const upgrade = FORKS_WITH_UPGRADE_BLOCK.some((fork) => forks.activates(fork, parent.timestamp, timestamp));
      if (upgrade) return 'none';
      return forks.isActive('isthmus', timestamp) ? 'all' : 'before-prague';
    },
    attributes({ parent, number, timestamp, branch }) {
      const origin = l1Origin(number, genesisTimestamp);
      const ofOrigin = (name: string): string => keccak256(toUtf8Bytes(`${seed}/${branch}/${origin.number}/${name}`));
      const regolith = forks.isActive('regolith', timestamp);
      const l1Attributes = encodeL1Attributes(attributesLayout(forks, parent.timestamp), origin);
      return {
        timestamp: `0x${timestamp.toString(16)}`,
        prevRandao: ofOrigin('randao'),
        suggestedFeeRecipient: FEE_VAULT,
        ...(forks.isActive('canyon', timestamp) && { withdrawals: [] }),
        ...(forks.isActive('ecotone', timestamp) && { parentBeaconBlockRoot: ofOrigin('beacon') }),
        transactions: [
          attributesDeposit(origin, l1Attributes, regolith),
          ...userDeposits(seed, origin, COUNTER_INIT_CODE),
        ],
        noTxPool: true,
        gasLimit: `0x${OP_GAS_LIMIT.toString(16)}`,
        ...(forks.isActive('holocene', timestamp) && { eip1559Params: eip1559Params() }),
        ...(forks.isActive('jovian', timestamp) && { minBaseFee: MIN_BASE_FEE_WEI }),
      };
    },
  };
}

function engineFork(forks: OpForks, timestamp: number): EngineFork {
  if (forks.isActive('isthmus', timestamp)) return 'prague';
  if (forks.isActive('ecotone', timestamp)) return 'cancun';
  return forks.isActive('canyon', timestamp) ? 'shanghai' : 'paris';
}

/** The first block of a fork keeps the layout of the fork before, because L1Block is upgraded only in that block. */
function attributesLayout(forks: OpForks, parentTimestamp: number): L1AttributesLayout {
  const layouts = ['jovian', 'isthmus', 'ecotone'] as const;
  return layouts.find((fork) => forks.isActive(fork, parentTimestamp)) ?? 'bedrock';
}

function eip1559Params(): string {
  const words = [EIP_1559.denominatorCanyon, EIP_1559.elasticity];
  return `0x${words.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
}
