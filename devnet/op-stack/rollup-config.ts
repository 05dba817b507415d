import { ZERO_HASH, type Hash, type Hex } from '../../src/util/hex.js';
import type { JsonValue } from '../../src/util/json.js';
import { EIP_1559, OP_CHAIN_ID, OP_FORKS, OP_GAS_LIMIT, type OpForkSchedule } from './genesis.js';

export const L1_CHAIN_ID = 900;

/** Any distinct addresses: only calldata to the first and logs of the others are ever read (opstack 4). */
export const L1_ADDRESSES = {
  batchInbox: '0xff00000000000000000000000000000000000901',
  depositContract: '0x00000000000000000000000000000000000de905',
  systemConfig: '0x0000000000000000000000000000000005c0ff19',
} as const satisfies Record<string, Hex>;

/** Seconds between blocks. */
export const L2_BLOCK_TIME = 1;

export interface RollupAnchors {
  readonly l1Genesis: Hash;
  readonly l2Genesis: Hash;
  /** Seconds; the timestamp of the L2 genesis. */
  readonly l2Time: number;
  readonly batcher: Hex;
  readonly forks: OpForkSchedule;
}

/** rollup.json: what op-node knows of the chain beyond the two genesis files (opstack 4). */
export function rollupConfig({ l1Genesis, l2Genesis, l2Time, batcher, forks }: RollupAnchors): JsonValue {
  return {
    genesis: {
      l1: { hash: l1Genesis, number: 0 },
      l2: { hash: l2Genesis, number: 0 },
      l2_time: l2Time,
      system_config: {
        batcherAddr: batcher,
        overhead: ZERO_HASH,
        scalar: `0x01${'00'.repeat(23)}000c5fc500000558`,
        gasLimit: OP_GAS_LIMIT,
        eip1559Params: `0x${uint32(EIP_1559.denominatorCanyon)}${uint32(EIP_1559.elasticity)}`,
        operatorFeeParams: ZERO_HASH,
        minBaseFee: 0,
        daFootprintGasScalar: 0,
      },
    },
    block_time: L2_BLOCK_TIME,
    max_sequencer_drift: 1_800,
    seq_window_size: 3_600,
    channel_timeout: 300,
    l1_chain_id: L1_CHAIN_ID,
    l2_chain_id: OP_CHAIN_ID,
    ...forkTimes(forks, l2Time),
    batch_inbox_address: L1_ADDRESSES.batchInbox,
    deposit_contract_address: L1_ADDRESSES.depositContract,
    l1_system_config_address: L1_ADDRESSES.systemConfig,
    chain_op_config: {
      eip1559Elasticity: EIP_1559.elasticity,
      eip1559Denominator: EIP_1559.denominator,
      eip1559DenominatorCanyon: EIP_1559.denominatorCanyon,
    },
  };
}

/** Delta has no counterpart in the execution client; it comes between Canyon and Ecotone. */
function forkTimes(forks: OpForkSchedule, genesisTime: number): Record<string, number> {
  const offsets = { ...forks, ...(forks.ecotone === undefined ? {} : { delta: forks.ecotone }) };
  const times: Record<string, number> = {};
  for (const fork of [...OP_FORKS, 'delta'] as const) {
    const offset = offsets[fork];
    if (offset !== undefined) times[`${fork}_time`] = offset === 0 ? 0 : genesisTime + offset;
  }
  return times;
}

function uint32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
