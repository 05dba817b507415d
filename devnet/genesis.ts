import type { Hex } from '../src/util/hex.js';
import { devAccounts } from './accounts.js';
import { SYSTEM_CONTRACTS } from './system-contracts.js';

/** The geth genesis format, which every EL of the devnet reads. */
export interface Genesis {
  readonly config: {
    readonly chainId: number;
    readonly [setting: string]: unknown;
  };
  readonly alloc: Readonly<
    Record<
      Hex,
      {
        readonly balance: Hex;
        readonly nonce?: Hex;
        readonly code?: Hex;
        readonly storage?: Readonly<Record<Hex, Hex>>;
      }
    >
  >;
  readonly gasLimit: Hex;
  readonly [field: string]: unknown;
}

export interface GenesisOptions {
  /** Decides the funded accounts. */
  readonly seed: string;
  /** Seconds. */
  readonly timestamp: number;
}

export const CHAIN_ID = 1337;

/** geth's builder is told to keep it, the other one keeps what the parent has. */
const GAS_LIMIT = 36_000_000;

/** A fixed time for chains that must be equal from run to run. */
export const FIXED_GENESIS_TIMESTAMP = 1_750_000_000;

export const DEV_BALANCE: Hex = '0xd3c21bcecceda1000000';
const NOT_DEPLOYED: Hex = '0x00000000219ab540356cbb839cbe05303d7705fa';
const BLOCK_FORKS = [
  'homesteadBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'petersburgBlock',
  'istanbulBlock',
  'muirGlacierBlock',
  'berlinBlock',
  'londonBlock',
  'arrowGlacierBlock',
  'grayGlacierBlock',
  'mergeNetsplitBlock',
];

/** A chain with every fork up to Prague active at genesis. Equal options give an equal genesis hash on every EL. */
export function createGenesis({ seed, timestamp }: GenesisOptions): Genesis {
  const blobParameters = { baseFeeUpdateFraction: 5_007_716, max: 9, target: 6 };
  return {
    config: {
      chainId: CHAIN_ID,
      ...blockForksAtGenesis(),
      terminalTotalDifficulty: 0,
      terminalTotalDifficultyPassed: true,
      shanghaiTime: 0,
      cancunTime: 0,
      pragueTime: 0,
      blobSchedule: {
        cancun: { baseFeeUpdateFraction: 3_338_477, max: 6, target: 3 },
        prague: blobParameters,
      },
      depositContractAddress: NOT_DEPLOYED,
    },
    nonce: '0x0',
    timestamp: `0x${timestamp.toString(16)}`,
    extraData: '0x',
    gasLimit: `0x${GAS_LIMIT.toString(16)}`,
    difficulty: '0x0',
    mixHash: `0x${'00'.repeat(32)}`,
    coinbase: `0x${'00'.repeat(20)}`,
    baseFeePerGas: '0x3b9aca00',
    alloc: {
      ...Object.fromEntries(
        devAccounts(seed).map((account) => [account.address.toLowerCase(), { balance: DEV_BALANCE }]),
      ),
      ...Object.fromEntries(
        Object.values(SYSTEM_CONTRACTS).map(({ address, code }) => [address, { balance: '0x0', nonce: '0x1', code }]),
      ),
    },
  };
}

/** The forks that are counted in blocks, all of them active from the start. */
export function blockForksAtGenesis(): Record<string, number> {
  return Object.fromEntries(BLOCK_FORKS.map((fork) => [fork, 0]));
}
