import type { RlpStructuredData } from 'ethers/utils';
import { keccakHash } from '../../src/payload/keccak.js';
import { orderedTrieRoot } from '../../src/payload/trie.js';
import type { Hash, Hex } from '../../src/util/hex.js';
import { encodeRlp } from './reference-rlp.js';
import { canonical, type DecodedBlock } from './vectors.js';

/** Where a header field stands in the RLP. */
export const FIELD = {
  parentHash: 0,
  sha3Uncles: 1,
  stateRoot: 3,
  transactionsRoot: 4,
  difficulty: 7,
  number: 8,
  gasLimit: 9,
  timestamp: 11,
  extraData: 12,
  nonce: 14,
  baseFeePerGas: 15,
  withdrawalsRoot: 16,
  requestsHash: 20,
} as const;

export function encodeDecoded(block: DecodedBlock): Hex {
  return encodeRlp(block.filter((part) => part !== undefined));
}

export function hashOfHeader([header]: DecodedBlock): Hash {
  return keccakHash(Buffer.from(encodeRlp(header).slice(2), 'hex'));
}

export function rootOf(values: readonly Hex[]): Hash {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const value of values) {
    starts.push(at);
    ends.push((at += value.length / 2 - 1));
  }
  return orderedTrieRoot(Buffer.from(values.map((value) => value.slice(2)).join(''), 'hex'), { starts, ends });
}

/** Makes the header commit to the body again, as a block producer would. */
export function seal(block: DecodedBlock): DecodedBlock {
  const [header, transactions, , withdrawals] = block;
  header[FIELD.transactionsRoot] = rootOf(transactions.map(canonical));
  const isIsthmus = header[FIELD.requestsHash] !== undefined && isDeposit(transactions[0]);
  if (withdrawals !== undefined && !isIsthmus) {
    header[FIELD.withdrawalsRoot] = rootOf(withdrawals.map((withdrawal) => encodeRlp(withdrawal)));
  }
  return block;
}

function isDeposit(transaction: RlpStructuredData | undefined): boolean {
  return typeof transaction === 'string' && transaction.startsWith('0x7e');
}
