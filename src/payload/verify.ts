import type { BlockRef } from '../chain/block.js';
import type { FetchedBlock, RlpBlock } from '../chain/fetched-block.js';
import { LockstepError } from '../util/errors.js';
import { toHash, type Hash } from '../util/hex.js';
import { blobVersionedHashes } from './blob-hashes.js';
import type { BlockHasher } from './block-hasher.js';
import { DEPOSIT_TRANSACTION, scanBlock, type BlockLayout, type Spans } from './block-layout.js';
import { blockHasher } from './choose-hasher.js';
import { encodeBlock } from './encode-block.js';
import {
  HEADER_FIELDS,
  integerField,
  newPayloadVersion,
  readHeader,
  requireReplayable,
  type ReplayableHeader,
} from './header.js';
import type { PayloadVersion } from './payload.js';
import { EMPTY_REQUESTS_HASH } from './requests.js';
import { readWithdrawals, type Withdrawal } from './withdrawals.js';

/** What the caller knows of the block it asked for. */
export interface ExpectedBlock {
  readonly number?: number;
  readonly hash?: Hash;
}

/** A block whose content was checked against its own hash. It keeps the text it came from alive. */
export interface VerifiedBlock {
  readonly ref: BlockRef;
  readonly version: PayloadVersion;
  readonly transactionCount: number;
  /** The payload needs execution requests, which are not in the block: see `rebuildRequests`. */
  readonly requestsNeeded: boolean;
  /** Null where the block is from before Prague. */
  readonly requestsHash: Hash | null;
  readonly header: ReplayableHeader;
  /** The block RLP as hex text; offsets in `transactions` are bytes behind character `start`. */
  readonly rlp: RlpBlock;
  /** What it came as, and what was made of that: to be given back when it is used up. */
  readonly buffers: readonly Buffer[];
  readonly transactions: Spans;
  /** Null where the block is from before Shanghai. */
  readonly withdrawals: readonly Withdrawal[] | null;
  readonly blobVersionedHashes: readonly Hash[];
  /** It starts with a deposit, as every block of an OP Stack chain does, and no other. */
  readonly isOpStack: boolean;
  /** The header's withdrawalsRoot is a storage root (OP Isthmus), and part of the payload. */
  readonly isIsthmus: boolean;
}

const EMPTY_OMMERS_HASH: Hash = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
const MAX_HEADER_FIELDS = HEADER_FIELDS.length;
/** Paris, Shanghai, Cancun, Prague: the numbers of header fields there have been. */
const KNOWN_FIELD_COUNTS = [16, 17, 20, 21];

/**
 * Recomputes everything that ties a block of the source to its hash.
 * @throws LockstepError BLOCK_MALFORMED, BLOCK_UNKNOWN_TRANSACTION: it cannot be decoded or encoded.
 * @throws LockstepError BLOCK_HASH_MISMATCH: it is not the block that was asked for.
 * @throws LockstepError BLOCK_NOT_REPLAYABLE, BLOCK_UNSUPPORTED_FORK: no Engine API call known here carries it.
 * @throws LockstepError BLOCK_ROOT_MISMATCH: its body does not belong to its header.
 */
export function verifyBlock(
  fetched: FetchedBlock,
  expected: ExpectedBlock,
  hasher: BlockHasher = blockHasher(),
): VerifiedBlock {
  const rlp = asRlp(fetched);
  const bytes = hasher.decode(rlp.text, rlp.start, rlp.end);
  const layout = scanBlock(bytes);
  const hash = hasher.keccak(layout.header);
  requireHash(hash, fetched, expected);

  const header = requireReplayable(readHeader(bytes, layout.headerFields));
  const number = integerField(header, 'number');
  if (expected.number !== undefined && number !== expected.number) {
    throw new LockstepError('BLOCK_HASH_MISMATCH', {
      detail: `block ${expected.number} was asked for, block ${number} was served`,
      data: { number, expected: expected.number },
    });
  }
  const version = requireSupported(header, layout);
  const requestsHash = header.requestsHash ?? null;
  const isOpStack = bytes[layout.transactions.starts[0] ?? -1] === DEPOSIT_TRANSACTION;
  const isIsthmus = isOpStack && requestsHash !== null;
  requireBody(hasher, layout, header, isIsthmus);
  return {
    ref: { number, hash, parentHash: header.parentHash, timestamp: integerField(header, 'timestamp') },
    version,
    transactionCount: layout.transactions.starts.length,
    requestsNeeded: requestsHash !== null && requestsHash !== EMPTY_REQUESTS_HASH,
    requestsHash,
    header,
    rlp,
    buffers: [rlp.text, ...(fetched.form === 'json' && fetched.items !== undefined ? [fetched.items] : [])],
    transactions: layout.transactions,
    withdrawals: header.withdrawalsRoot === undefined ? null : readWithdrawals(bytes, layout.withdrawals ?? NO_SPANS),
    blobVersionedHashes: blobVersionedHashes(bytes, layout.transactions),
    isOpStack,
    isIsthmus,
  };
}

/**
 * Checks that a block follows its predecessor.
 * @throws LockstepError BLOCK_LINK_MISMATCH
 */
export function verifyLink(parent: BlockRef, ref: BlockRef): void {
  if (ref.parentHash !== parent.hash) throw brokenLink(parent, ref, `its parent is ${ref.parentHash}`);
  if (ref.number !== parent.number + 1) throw brokenLink(parent, ref, 'the numbers are not consecutive');
  if (ref.timestamp <= parent.timestamp) {
    throw brokenLink(parent, ref, `its timestamp ${ref.timestamp} is not after ${parent.timestamp}`);
  }
}

const NO_SPANS: Spans = { starts: [], ends: [] };

/** Everything goes through the RLP, so that no form of a block has checks or a payload of its own. */
function asRlp(fetched: FetchedBlock): RlpBlock {
  if (fetched.form === 'rlp') return fetched;
  const items = fetched.form === 'json' ? fetched.items : undefined;
  const text = encodeBlock(fetched.block, fetched.form === 'parts' ? fetched.transactions : (items ?? null));
  return { form: 'rlp', text, start: 0, end: text.length };
}

function requireHash(hash: Hash, fetched: FetchedBlock, expected: ExpectedBlock): void {
  if (expected.hash !== undefined && hash !== expected.hash) {
    throw new LockstepError('BLOCK_HASH_MISMATCH', {
      detail: `${expected.hash} was asked for, the header hashes to ${hash}`,
      data: { hash, expected: expected.hash },
    });
  }
  if (fetched.form === 'rlp') return;
  const served = toHash(fetched.block['hash']);
  if (served === undefined) throw new LockstepError('BLOCK_MALFORMED', { detail: 'the block has no hash' });
  if (served !== hash) {
    throw new LockstepError('BLOCK_HASH_MISMATCH', {
      detail: `the block claims ${served}, its header hashes to ${hash}; a header field may be unknown here`,
      data: { hash, expected: served },
    });
  }
}

function requireSupported(header: ReplayableHeader, layout: BlockLayout): PayloadVersion {
  const version = newPayloadVersion(header);
  const count = layout.headerFields.length;
  if (version === 5 || !KNOWN_FIELD_COUNTS.includes(count) || layout.hasUnknownParts) {
    const detail =
      version === 5 && count <= MAX_HEADER_FIELDS && !layout.hasUnknownParts
        ? 'its payload holds a block access list (Amsterdam), which the block RLP lacks'
        : `its header has ${count} fields, its body ${layout.hasUnknownParts ? 'unknown' : 'known'} parts`;
    throw new LockstepError('BLOCK_UNSUPPORTED_FORK', { detail, data: { headerFields: count } });
  }
  return version;
}

function requireBody(hasher: BlockHasher, layout: BlockLayout, header: ReplayableHeader, isIsthmus: boolean): void {
  if (header.sha3Uncles !== EMPTY_OMMERS_HASH) {
    throw new LockstepError('BLOCK_NOT_REPLAYABLE', { detail: `sha3Uncles is ${header.sha3Uncles}` });
  }
  if (layout.hasOmmers) throw rootMismatch('the header has no ommers, the body has some');
  requireRoot(hasher, layout.transactions, 'transactionsRoot', header.transactionsRoot);
  const { withdrawalsRoot, requestsHash } = header;
  if (withdrawalsRoot === undefined) {
    if (layout.withdrawals !== null) throw rootMismatch('the header has no withdrawals, the body has some');
    return;
  }
  const withdrawals = layout.withdrawals ?? NO_SPANS;
  if (!isIsthmus) {
    requireRoot(hasher, withdrawals, 'withdrawalsRoot', withdrawalsRoot);
    return;
  }
  if (withdrawals.starts.length > 0) throw rootMismatch('an OP block from Isthmus on has no withdrawals');
  if (requestsHash !== EMPTY_REQUESTS_HASH) throw rootMismatch('an OP block has no execution requests');
}

function requireRoot(hasher: BlockHasher, values: Spans, name: string, expected: Hash): void {
  const root = hasher.orderedTrieRoot(values);
  if (root !== expected) throw rootMismatch(`${name} is ${expected}, the body has ${root}`);
}

function rootMismatch(detail: string): LockstepError {
  return new LockstepError('BLOCK_ROOT_MISMATCH', { detail });
}

function brokenLink(parent: BlockRef, ref: BlockRef, problem: string): LockstepError {
  return new LockstepError('BLOCK_LINK_MISMATCH', {
    detail: `block ${ref.number} ${ref.hash} does not follow ${parent.number} ${parent.hash}: ${problem}`,
    data: { number: ref.number, parent: parent.number },
  });
}
