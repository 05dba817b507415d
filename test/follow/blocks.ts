import { keccak256 } from 'ethers/crypto';
import { decodeRlp, getBytes, hexlify, toBeHex, zeroPadValue, type RlpStructuredData } from 'ethers/utils';
import type { BlockRef } from '../../src/chain/block.js';
import type { RlpBlock } from '../../src/chain/fetched-block.js';
import type { Hash, Hex } from '../../src/util/hex.js';
import { encodeRlp } from '../payload/reference-rlp.js';

/** A block that a source could serve: its RLP hashes to the hash of its ref. */
export interface RealBlock {
  readonly ref: BlockRef;
  readonly fetched: RlpBlock;
}

const EMPTY_OMMERS = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
const EMPTY_TRIE = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

const GENESIS_TIMESTAMP_S = 1_700_000_000;

/** An empty block of the Paris fork. `branch` goes into extraData, so that siblings differ. */
export function makeBlock(parent: BlockRef | null, branch: string, extra: Partial<BlockRef> = {}): RealBlock {
  const number = extra.number ?? (parent === null ? 0 : parent.number + 1);
  const timestamp = extra.timestamp ?? GENESIS_TIMESTAMP_S + 2 * number;
  const parentHash = extra.parentHash ?? parent?.hash ?? zeros(32);
  const header = [
    parentHash,
    EMPTY_OMMERS,
    zeros(20),
    EMPTY_TRIE,
    EMPTY_TRIE,
    EMPTY_TRIE,
    zeros(256),
    '0x',
    integer(number),
    integer(30_000_000),
    '0x',
    integer(timestamp),
    `0x${Buffer.from(branch).toString('hex')}`,
    zeros(32),
    zeros(8),
    integer(7),
  ];
  const hash = keccak256(encodeRlp(header)) as Hash;
  return realBlock({ number, hash, parentHash, timestamp }, encodeRlp([header, [], []]));
}

/** A block as `debug_getRawBlock` serves it. */
export function realBlock(ref: BlockRef, rlp: string): RealBlock {
  const text = Buffer.from(rlp, 'latin1');
  return { ref, fetched: { form: 'rlp', text, start: 2, end: text.length } };
}

/** Where extraData stands in a header, of every fork. */
const EXTRA_DATA = 12;

/** The same block with one bit of its extraData changed (engines-measured 1.2c). */
export function copyOf({ ref, fetched: { text, start } }: RealBlock): RealBlock {
  const [header, ...body] = decodeRlp(`0x${text.toString('latin1', start)}`) as [string[], ...RlpStructuredData[]];
  const extraData = getBytes(header[EXTRA_DATA] ?? '0x');
  if (extraData.length > 0) extraData[extraData.length - 1]! ^= 1;
  const copied = header.with(EXTRA_DATA, extraData.length > 0 ? hexlify(extraData) : '0x00');
  const hash = keccak256(encodeRlp(copied)) as Hash;
  return realBlock({ ...ref, hash }, encodeRlp([copied, ...body]));
}

/** `count` blocks on top of `parent`, lowest first. */
export function grow(parent: BlockRef | null, count: number, branch: string): RealBlock[] {
  const blocks: RealBlock[] = [];
  for (let last = parent; blocks.length < count;) {
    const block = makeBlock(last, branch);
    blocks.push(block);
    last = block.ref;
  }
  return blocks;
}

function zeros(sizeBytes: number): Hex {
  return zeroPadValue('0x', sizeBytes) as Hex;
}

function integer(value: number): string {
  return value === 0 ? '0x' : toBeHex(value);
}
