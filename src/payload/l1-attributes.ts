import type { L1Origin } from '../chain/l1-origin.js';
import { LockstepError } from '../util/errors.js';
import { DEPOSIT_TRANSACTION } from './block-layout.js';
import { RlpScanner } from './rlp-scan.js';
import type { VerifiedBlock } from './verify.js';

/** Where the values stand in the calldata of the call to L1Block: offsets of integers of 8 bytes, and of a hash. */
interface Layout {
  readonly sizeBytes: number;
  readonly number: number;
  readonly timestamp: number;
  readonly hash: number;
  readonly sequenceNumber: number;
}

/** Ecotone packs its values, and later forks append to them (OP Stack specification, protocol/ecotone/l1-attributes.md). */
const PACKED = { sequenceNumber: 12, timestamp: 20, number: 28, hash: 100 };

/**
 * By selector. The calldata tells the layout, not the fork: the first block of Ecotone, Isthmus and Jovian still comes
 * in the layout of the fork before. Bedrock's is the ABI encoding of 8 words, of which integers are the last bytes.
 */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  '015d8eb9': { sizeBytes: 260, number: 28, timestamp: 60, hash: 100, sequenceNumber: 156 },
  '440a5e20': { sizeBytes: 164, ...PACKED },
  '098999be': { sizeBytes: 176, ...PACKED },
  '3db6be2b': { sizeBytes: 178, ...PACKED },
};

/** Where the transactions of a verified block stand. */
type TransactionBytes = Pick<VerifiedBlock, 'rlp' | 'transactions'>;

const SELECTOR_BYTES = 4;
/** Source hash, from, to, mint, value, gas, isSystemTx: what stands before the calldata of a deposit. */
const FIELDS_BEFORE_DATA = 7;
/** The longest layout with everything around it has 350 bytes; more is no L1-attributes transaction. */
const MAX_TRANSACTION_BYTES = 1_024;

/**
 * The L1 origin of a verified block, out of the deposit that every OP Stack block starts with; null for any other
 * block, and for attributes that cannot be read: whether those are right is for the EL to judge.
 */
export function readL1Origin({ rlp, transactions: { starts, ends } }: TransactionBytes): L1Origin | null {
  const [start, end] = [starts[0], ends[0]];
  if (start === undefined || end === undefined || end - start > MAX_TRANSACTION_BYTES) return null;
  const digits = rlp.text.toString('latin1', rlp.start + 2 * start, rlp.start + 2 * end);
  return readDeposit(Buffer.from(digits, 'hex'));
}

/** The L1 origin that a transaction in its canonical encoding tells, or null. */
function readDeposit(transaction: Buffer): L1Origin | null {
  if (transaction[0] !== DEPOSIT_TRANSACTION) return null;
  try {
    return readL1Attributes(calldataOf(transaction));
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'BLOCK_MALFORMED') return null;
    throw error;
  }
}

/** @throws LockstepError BLOCK_MALFORMED when the bytes behind the type are not the list of a deposit */
function calldataOf(transaction: Buffer): Buffer {
  const scanner = new RlpScanner(transaction);
  scanner.readList(1, transaction.length);
  const { end } = scanner;
  let at = scanner.start;
  for (let field = 0; field < FIELDS_BEFORE_DATA; field++) at = scanner.readString(at, end);
  scanner.readString(at, end);
  return transaction.subarray(scanner.start, scanner.end);
}

/** The L1 origin that the calldata of the call to L1Block tells, or null. */
export function readL1Attributes(calldata: Buffer): L1Origin | null {
  const layout = LAYOUTS[calldata.toString('hex', 0, SELECTOR_BYTES)];
  if (layout === undefined || layout.sizeBytes !== calldata.length) return null;
  const number = readInteger(calldata, layout.number);
  const timestamp = readInteger(calldata, layout.timestamp);
  const sequenceNumber = readInteger(calldata, layout.sequenceNumber);
  if (number === null || timestamp === null || sequenceNumber === null) return null;
  const hash = calldata.toString('hex', layout.hash, layout.hash + 32);
  return { number, hash: `0x${hash}`, timestamp, sequenceNumber };
}

/** Null beyond the safe integers, which no L1 reaches. */
function readInteger(calldata: Buffer, offset: number): number | null {
  const value = Number(calldata.readBigUInt64BE(offset));
  return Number.isSafeInteger(value) ? value : null;
}
