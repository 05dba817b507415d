import type { Hex } from '../../src/util/hex.js';
import { devAccounts } from '../accounts.js';
import { blockForksAtGenesis, DEV_BALANCE, type Genesis } from '../genesis.js';
import { SYSTEM_CONTRACTS } from '../system-contracts.js';

/** The forks of the OP Stack that change what a block looks like, oldest first. */
export const OP_FORKS = ['regolith', 'canyon', 'ecotone', 'fjord', 'granite', 'holocene', 'isthmus', 'jovian'] as const;

export type OpFork = (typeof OP_FORKS)[number];

/** Seconds after genesis at which a fork becomes active; a fork that is left out never does. */
export type OpForkSchedule = Readonly<Partial<Record<OpFork, number>>>;

/** Every fork active at genesis. */
export const ALL_AT_GENESIS: OpForkSchedule = Object.fromEntries(OP_FORKS.map((fork) => [fork, 0]));

export interface OpGenesisOptions {
  /** Decides the funded accounts. */
  readonly seed: string;
  /** Seconds. */
  readonly timestamp: number;
  readonly forks: OpForkSchedule;
}

export const OP_CHAIN_ID = 901;
export const OP_GAS_LIMIT = 60_000_000;

/** What a block's base fee is computed with; the genesis block carries them in its extra data from Holocene on. */
export const EIP_1559 = { elasticity: 6, denominator: 50, denominatorCanyon: 250 } as const;

/** Of Ethereum and the OP Stack, these activate as one (opstack 3). */
const ETHEREUM_TWINS: Readonly<Partial<Record<OpFork, string>>> = {
  canyon: 'shanghai',
  ecotone: 'cancun',
  isthmus: 'prague',
};

export const MESSAGE_PASSER: Hex = '0x4200000000000000000000000000000000000016';
export const L1_BLOCK: Hex = '0x4200000000000000000000000000000000000015';
const IMPLEMENTATION_SLOT: Hex = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';
const DA_FOOTPRINT_SLOT: Hex = '0x0000000000000000000000000000000000000000000000000000000000000008';

/** NUMBER NUMBER SSTORE: a call changes the storage root, which is the withdrawals root of a block from Isthmus on. */
const STORE_AT_BLOCK_NUMBER: Hex = '0x434355';

/** 400, which is what stands for a scalar that is configured as 0 (opstack 9). */
export const DA_FOOTPRINT_SCALAR = 400;

/**
 * An OP Stack genesis in the geth format. op-geth and op-reth agree on its hash, and on the blocks after it: the message
 * passer has storage, and L1Block holds the DA footprint scalar, which op-reth reads from state (engines-measured 3.1).
 */
export function createOpGenesis({ seed, timestamp, forks }: OpGenesisOptions): Genesis {
  const cancun = forks.ecotone === 0 ? { excessBlobGas: '0x0', blobGasUsed: '0x0' } : {};
  return {
    config: {
      chainId: OP_CHAIN_ID,
      ...blockForksAtGenesis(),
      terminalTotalDifficulty: 0,
      terminalTotalDifficultyPassed: true,
      bedrockBlock: 0,
      ...forkTimes(forks, timestamp),
      optimism: {
        eip1559Elasticity: EIP_1559.elasticity,
        eip1559Denominator: EIP_1559.denominator,
        eip1559DenominatorCanyon: EIP_1559.denominatorCanyon,
      },
    },
    nonce: '0x0',
    timestamp: `0x${timestamp.toString(16)}`,
    extraData: genesisExtraData(forks),
    gasLimit: `0x${OP_GAS_LIMIT.toString(16)}`,
    difficulty: '0x0',
    mixHash: `0x${'00'.repeat(32)}`,
    coinbase: `0x${'00'.repeat(20)}`,
    baseFeePerGas: '0x3b9aca00',
    ...cancun,
    alloc: {
      ...Object.fromEntries(
        devAccounts(seed).map((account) => [account.address.toLowerCase(), { balance: DEV_BALANCE }]),
      ),
      ...Object.fromEntries(
        [SYSTEM_CONTRACTS.beaconRoots, SYSTEM_CONTRACTS.historyStorage].map(({ address, code }) => [
          address,
          { balance: '0x0', nonce: '0x1', code },
        ]),
      ),
      [MESSAGE_PASSER]: {
        balance: '0x0',
        nonce: '0x1',
        code: STORE_AT_BLOCK_NUMBER,
        storage: { [IMPLEMENTATION_SLOT]: word(`c0d3${MESSAGE_PASSER.slice(-4)}`) },
      },
      // Without a nonce it would be an empty account, which goes, with its storage, when it is first called (EIP-161).
      [L1_BLOCK]: { balance: '0x0', nonce: '0x1', storage: { [DA_FOOTPRINT_SLOT]: daFootprintWord() } },
    },
  };
}

function forkTimes(forks: OpForkSchedule, timestamp: number): Record<string, number> {
  const times: Record<string, number> = {};
  for (const fork of OP_FORKS) {
    const offset = forks[fork];
    if (offset === undefined) continue;
    const at = offset === 0 ? 0 : timestamp + offset;
    times[`${fork}Time`] = at;
    const twin = ETHEREUM_TWINS[fork];
    if (twin !== undefined) times[`${twin}Time`] = at;
  }
  return times;
}

/** `version | denominator u32 | elasticity u32`, and from Jovian the minimum base fee as u64 behind it. */
function genesisExtraData({ holocene, jovian }: OpForkSchedule): Hex {
  if (holocene !== 0) return '0x';
  const parameters = `${uint32(EIP_1559.denominatorCanyon)}${uint32(EIP_1559.elasticity)}`;
  return jovian === 0 ? `0x01${parameters}${'00'.repeat(8)}` : `0x00${parameters}`;
}

function uint32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function word(digits: string): Hex {
  return `0x${digits.padStart(64, '0')}`;
}

/** The scalar is a uint16 at bytes 18 and 19 of the word. */
function daFootprintWord(): Hex {
  return `0x${'00'.repeat(18)}${DA_FOOTPRINT_SCALAR.toString(16).padStart(4, '0')}${'00'.repeat(12)}`;
}
