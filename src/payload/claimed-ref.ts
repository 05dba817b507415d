import type { BlockRef } from '../chain/block.js';
import type { FetchedBlock, RlpBlock } from '../chain/fetched-block.js';
import { LockstepError } from '../util/errors.js';
import { toHash, toNumber } from '../util/hex.js';
import { scanStrings } from './block-layout.js';
import { integerField, readHeader } from './header.js';
import { decodeHexText } from './hex-text.js';
import { keccakHash } from './keccak.js';
import { malformedRlp, RlpScanner } from './rlp-scan.js';

/** A header takes some 700 bytes, and nothing but RLP lengths stands before it. */
const HEADER_MAX_BYTES = 4 * 1024;

/**
 * Which block this is by its own header, of which nothing but the hash is recomputed: a hint as good as a head that the
 * source names. The body is not looked at, so it costs the same for blocks of any size.
 * @throws LockstepError BLOCK_MALFORMED
 */
export function claimedRef(fetched: FetchedBlock): BlockRef {
  if (fetched.form === 'rlp') return refOfHeader(fetched);
  const { block } = fetched;
  const [number, timestamp] = [toNumber(block['number']), toNumber(block['timestamp'])];
  const [hash, parentHash] = [toHash(block['hash']), toHash(block['parentHash'])];
  if (number === undefined || timestamp === undefined || hash === undefined || parentHash === undefined) {
    throw new LockstepError('BLOCK_MALFORMED', { detail: 'the block lacks its number, hashes or timestamp' });
  }
  return { number, hash, parentHash, timestamp };
}

function refOfHeader({ text, start, end }: RlpBlock): BlockRef {
  const bytes = decodeHexText(text, start, Math.min(end, start + 2 * HEADER_MAX_BYTES));
  const scanner = new RlpScanner(bytes);
  scanner.readList(0, (end - start) / 2);
  const from = scanner.start;
  const to = scanner.readList(from, scanner.end);
  if (to > bytes.length) throw malformedRlp(`the header has more than ${HEADER_MAX_BYTES} bytes`, from);
  const header = readHeader(bytes, scanStrings(scanner));
  return {
    number: integerField(header, 'number'),
    hash: keccakHash(bytes.subarray(from, to)),
    parentHash: header.parentHash,
    timestamp: integerField(header, 'timestamp'),
  };
}
