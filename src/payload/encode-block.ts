import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import { LockstepError } from '../util/errors.js';
import type { JsonObject } from '../util/json.js';
import type { Hex } from '../util/hex.js';
import { encodeTransaction } from './encode-transaction.js';
import { BASE_FIELD_COUNT, HEADER_FIELDS, type FieldKind } from './header.js';
import { hexDigits, JsonFields } from './json-fields.js';
import { EMPTY_LIST, LIST, rlpHeader, rlpList, rlpString } from './rlp-encode.js';

const ADDRESS_BYTES = 20;

/**
 * The block RLP, as hex text, of a block of `eth_getBlockBy*`. `transactions` are the canonical encodings where the
 * JSON has only hashes, all items as one text where it has none, and null where it has whole transactions. Only the form
 * is checked here: what the fields say is verified on the result, like that of a block that came as RLP.
 * @throws LockstepError BLOCK_MALFORMED, BLOCK_UNKNOWN_TRANSACTION
 */
export function encodeBlock(block: JsonObject, transactions: readonly Hex[] | Buffer | null): Buffer {
  const fields = new JsonFields(block, 'block');
  if (fields.array('uncles').length > 0) throw fields.wrong('uncles', 'an empty array');
  const encoded = itemsOf(fields, transactions);
  const items = [encodeHeader(fields), listHeader(encoded), ...encoded, EMPTY_LIST, encodeWithdrawals(fields)];
  return textOf([listHeader(items), ...items]);
}

function itemsOf(block: JsonFields, transactions: readonly Hex[] | Buffer | null): readonly Piece[] {
  if (transactions === null) return encodeTransactions(block);
  return Buffer.isBuffer(transactions) ? [transactions] : wrapTransactions(transactions);
}

/** Hex text. */
type Piece = string | Buffer;

function listHeader(items: readonly Piece[]): string {
  return rlpHeader(LIST, lengthOf(items) / 2);
}

function lengthOf(texts: readonly Piece[]): number {
  return texts.reduce((length, text) => length + text.length, 0);
}

/**
 * In a buffer of the pool, and in UTF-8, so that text which is not ASCII shows as not hex when it is decoded. It is longer
 * than its number of characters then.
 */
function textOf(pieces: readonly Piece[]): Buffer {
  const text = LARGE_BUFFERS.take(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    const writtenBytes = typeof piece === 'string' ? text.write(piece, at, 'utf8') : piece.copy(text, at);
    if (writtenBytes !== piece.length)
      return Buffer.concat(pieces.map((each) => (typeof each === 'string' ? Buffer.from(each) : each)));
    at += writtenBytes;
  }
  return text;
}

function encodeHeader(block: JsonFields): string {
  let items = '';
  const count = HEADER_FIELDS.findLastIndex(([name]) => block.has(name)) + 1;
  for (const [name, kind] of HEADER_FIELDS.slice(0, Math.max(count, BASE_FIELD_COUNT))) {
    items += encodeField(block, name, kind);
  }
  return rlpList(items);
}

function encodeField(block: JsonFields, name: string, kind: FieldKind): string {
  if (kind === 'bytes') return block.bytes(name);
  return 'fixed' in kind ? block.fixed(name, kind.fixed) : block.integer(name);
}

function encodeTransactions(block: JsonFields): string[] {
  return block.objects('transactions', 'transaction').map(encodeTransaction);
}

/** A canonical encoding is the item itself when it is a list (legacy), and is wrapped in a string otherwise. */
function wrapTransactions(transactions: readonly Hex[]): string[] {
  return transactions.map((transaction, position) => {
    const digits = hexDigits(transaction);
    if (digits === undefined || digits.length % 2 !== 0) {
      const detail = `the encoding of transaction ${position} is not whole bytes in hex`;
      throw new LockstepError('BLOCK_MALFORMED', { detail, data: { position } });
    }
    return Number.parseInt(digits.slice(0, 2), 16) >= LIST ? digits : rlpString(digits);
  });
}

/** Some nodes leave out an empty list: whether it is empty is seen when it is checked against the header. */
function encodeWithdrawals(block: JsonFields): string {
  if (!block.has('withdrawals') && !block.has('withdrawalsRoot')) return '';
  let items = '';
  for (const withdrawal of block.objects('withdrawals', 'withdrawal')) {
    items += rlpList(
      withdrawal.integer('index') +
        withdrawal.integer('validatorIndex') +
        withdrawal.fixed('address', ADDRESS_BYTES) +
        withdrawal.integer('amount'),
    );
  }
  return rlpList(items);
}
