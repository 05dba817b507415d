import type { Hash } from '../util/hex.js';
import { scanStrings, type Spans } from './block-layout.js';
import { malformedRlp, RlpScanner } from './rlp-scan.js';

const BLOB_TRANSACTION = 0x03;
/** EIP-4844: blobVersionedHashes is the eleventh field of the transaction. */
const FIELDS_BEFORE_BLOB_HASHES = 10;
const HASH_BYTES = 32;

/**
 * The versioned hashes of all blob transactions, in block order: what engine_newPayloadV3 and later expect.
 * @throws LockstepError BLOCK_MALFORMED when a type-3 transaction cannot be read that far.
 */
export function blobVersionedHashes(bytes: Buffer, { starts, ends }: Spans): Hash[] {
  const hashes: Hash[] = [];
  const scanner = new RlpScanner(bytes);
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i] ?? 0;
    if (bytes[start] === BLOB_TRANSACTION) appendHashes(scanner, bytes, start + 1, ends[i] ?? 0, hashes);
  }
  return hashes;
}

function appendHashes(scanner: RlpScanner, bytes: Buffer, start: number, end: number, hashes: Hash[]): void {
  scanner.readList(start, end);
  const listEnd = scanner.end;
  let at = scanner.start;
  for (let field = 0; field < FIELDS_BEFORE_BLOB_HASHES; field++) at = scanner.read(at, listEnd);
  scanner.readList(at, listEnd);
  for (const hash of scanStrings(scanner)) {
    if (hash.end - hash.start !== HASH_BYTES) throw malformedRlp('a blob hash does not have 32 bytes', hash.start);
    hashes.push(`0x${bytes.toString('hex', hash.start, hash.end)}`);
  }
}
