import { encodeRlp, keccak256, toBeHex, zeroPadValue } from 'ethers';
import type { BlockRef } from '../../src/chain/block.js';
import type { FetchedBlock } from '../../src/chain/fetched-block.js';
import type { Hash, Hex } from '../../src/util/hex.js';

/** A block that a source could serve: its RLP hashes to the hash of its ref. */
export interface RealBlock {
  readonly ref: BlockRef;
  readonly fetched: FetchedBlock;
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
  const rlp = encodeRlp([header, [], []]);
  const text = Buffer.from(rlp, 'latin1');
  return {
    ref: { number, hash, parentHash, timestamp },
    fetched: { form: 'rlp', text, start: 2, end: text.length },
  };
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
