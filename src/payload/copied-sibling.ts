import type { RlpBlock } from '../chain/fetched-block.js';
import { LockstepError } from '../util/errors.js';
import { scanBlock } from './block-layout.js';
import { HEADER_FIELDS, type Header } from './header.js';
import { decodeHexText } from './hex-text.js';
import { verifyBlock, type VerifiedBlock } from './verify.js';

/** A bit in the last byte of the RLP item of a header field. */
interface SpareBit {
  readonly field: 'extraData' | 'gasLimit';
  readonly mask: number;
}

/** Version 0, denominator, elasticity; version 1, the same and minBaseFee (OP Stack specification, Holocene and Jovian). */
const HOLOCENE_EXTRA_DATA = /^0x00.{16}$/;
const JOVIAN_EXTRA_DATA = /^0x01.{32}$/;

/** Makes 0x80, the empty string, the string of the one byte 0x00, which is as long. */
const EMPTY_STRING_MASK = 0x80;

/**
 * The same block with one bit of its header changed and its hash recomputed: a sibling that an EL executes as it
 * executed the block itself. No block is ever built on it. It shares no memory with the block.
 */
export function copiedSibling(block: VerifiedBlock): VerifiedBlock {
  const { rlp, ref } = block;
  const text = Buffer.from(rlp.text.subarray(rlp.start, rlp.end));
  const bytes = decodeHexText(text, 0, text.length);
  const { field, mask } = spareBit(block);
  const at = lastByteOf(field, bytes);
  text.write(((bytes[at] ?? 0) ^ mask).toString(16).padStart(2, '0'), 2 * at, 'latin1');
  const changed: RlpBlock = { form: 'rlp', text, start: 0, end: text.length };
  return verifyBlock(changed, { number: ref.number });
}

/**
 * Which bit no rule and no contract minds. extraData cannot be read by contracts; on an OP Stack chain its parameters set
 * the base fee of the children and must not be 0 (engines-measured 2.B), and before Holocene it must be empty. There the
 * gas limit, which only the derivation of a chain checks, grows instead: a contract may read it, so that the block can
 * be INVALID as a copy.
 */
function spareBit({ header: { extraData, gasLimit }, isOpStack }: VerifiedBlock): SpareBit {
  if (!isOpStack) return { field: 'extraData', mask: extraData === '0x' ? EMPTY_STRING_MASK : 1 };
  if (JOVIAN_EXTRA_DATA.test(extraData)) return { field: 'extraData', mask: 1 };
  if (HOLOCENE_EXTRA_DATA.test(extraData)) return { field: 'extraData', mask: elasticityOf(extraData) === 1 ? 2 : 1 };
  return { field: 'gasLimit', mask: lowestClearBit(Number.parseInt(gasLimit.slice(-2), 16)) };
}

function elasticityOf(extraData: Header['extraData']): number {
  return Number.parseInt(extraData.slice(-8), 16);
}

/** Setting it makes the byte, and so the number, greater: a gas limit below the gas used is refused. */
function lowestClearBit(byte: number): number {
  return ~byte & (byte + 1) & 0xff || 1;
}

/** The item of an empty string is one byte, which stands before where its payload would. */
function lastByteOf(field: SpareBit['field'], bytes: Buffer): number {
  const span = scanBlock(bytes).headerFields[HEADER_FIELDS.findIndex(([name]) => name === field)];
  if (span === undefined) throw new LockstepError('INTERNAL', { detail: `a verified block has no ${field}` });
  return span.end - 1;
}
