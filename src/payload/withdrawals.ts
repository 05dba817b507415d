import type { Hex } from '../util/hex.js';
import { scanStrings, type Spans } from './block-layout.js';
import { quantity } from './header.js';
import { malformedRlp, RlpScanner, type Span } from './rlp-scan.js';

/** EIP-4895, in the form of the Engine API. */
export interface Withdrawal {
  readonly index: Hex;
  readonly validatorIndex: Hex;
  readonly address: Hex;
  readonly amount: Hex;
}

const ADDRESS_BYTES = 20;
const UINT64_BYTES = 8;

/**
 * Reads the withdrawals of a block: lists of [index, validatorIndex, address, amount].
 * @throws LockstepError BLOCK_MALFORMED
 */
export function readWithdrawals(bytes: Buffer, { starts, ends }: Spans): Withdrawal[] {
  const scanner = new RlpScanner(bytes);
  return starts.map((start, i) => {
    scanner.readList(start, ends[i] ?? start);
    const [index, validatorIndex, address, amount, ...others] = scanStrings(scanner);
    if (index === undefined || validatorIndex === undefined || address === undefined || amount === undefined) {
      throw malformedRlp('a withdrawal lacks a field', start);
    }
    if (others.length > 0 || address.end - address.start !== ADDRESS_BYTES) {
      throw malformedRlp('a withdrawal has an unknown form', start);
    }
    return {
      index: uint64(bytes, index),
      validatorIndex: uint64(bytes, validatorIndex),
      address: `0x${bytes.toString('hex', address.start, address.end)}`,
      amount: uint64(bytes, amount),
    };
  });
}

function uint64(bytes: Buffer, span: Span): Hex {
  const sizeBytes = span.end - span.start;
  if (sizeBytes > UINT64_BYTES || (sizeBytes > 0 && bytes[span.start] === 0)) {
    throw malformedRlp('a withdrawal holds no canonical integer', span.start);
  }
  return quantity(bytes, span);
}
