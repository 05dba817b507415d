import { concat, toBeHex } from 'ethers/utils';
import { DA_FOOTPRINT_SCALAR } from './genesis.js';
import type { L1Origin } from './l1-origin.js';

/** How the L1 attributes are laid out, named by the fork that brought the layout. */
export type L1AttributesLayout = 'bedrock' | 'ecotone' | 'isthmus' | 'jovian';

/** The first four bytes of keccak of setL1BlockValues(...), setL1BlockValuesEcotone() and so on. */
const SELECTORS: Readonly<Record<L1AttributesLayout, string>> = {
  bedrock: '0x015d8eb9',
  ecotone: '0x440a5e20',
  isthmus: '0x098999be',
  jovian: '0x3db6be2b',
};

const BATCHER = '0x00000000000000000000000000000000000ba7c4';
const FEE_OVERHEAD = 188;
const FEE_SCALAR = 684_000;
const BASE_FEE_SCALAR = 1_368;
const BLOB_BASE_FEE_SCALAR = 810_949;

/** The calldata by which the first transaction of a block tells L2 about L1 (opstack 9). */
export function encodeL1Attributes(layout: L1AttributesLayout, origin: L1Origin): string {
  if (layout === 'bedrock') return concat([SELECTORS.bedrock, ...bedrockWords(origin)]);
  const operatorFee = [uint(0, 4), uint(0, 8)];
  return concat([
    SELECTORS[layout],
    uint(BASE_FEE_SCALAR, 4),
    uint(BLOB_BASE_FEE_SCALAR, 4),
    uint(origin.sequenceNumber, 8),
    uint(origin.timestamp, 8),
    uint(origin.number, 8),
    uint(origin.baseFee, 32),
    uint(origin.blobBaseFee, 32),
    origin.hash,
    uint(BATCHER, 32),
    ...(layout === 'ecotone' ? [] : operatorFee),
    ...(layout === 'jovian' ? [uint(DA_FOOTPRINT_SCALAR, 2)] : []),
  ]);
}

/** Before Ecotone: eight arguments as the contract ABI encodes them. */
function bedrockWords({ number, timestamp, baseFee, hash, sequenceNumber }: L1Origin): string[] {
  const words = [number, timestamp, baseFee, hash, sequenceNumber, BATCHER, FEE_OVERHEAD, FEE_SCALAR];
  return words.map((value) => uint(value, 32));
}

function uint(value: number | bigint | string, bytes: number): string {
  return toBeHex(value, bytes);
}
