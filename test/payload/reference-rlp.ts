import { RLP } from '@ethereumjs/rlp';
import type { RlpStructuredDataish } from 'ethers/utils';
import type { Hex } from '../../src/util/hex.js';

/** RLP of hex texts and bytes, by a library that takes an eighth of the time of ethers with whole blocks. */
export function encodeRlp(value: RlpStructuredDataish): Hex {
  return `0x${Buffer.from(RLP.encode(value as Parameters<typeof RLP.encode>[0])).toString('hex')}`;
}
