import { malformedRlp, RlpScanner, type Span } from './rlp-scan.js';

/** Byte offsets of many values: value i is `starts[i]` up to `ends[i]`. */
export interface Spans {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Where the parts of a block RLP stand. Nothing is said about whether they are right. */
export interface BlockLayout {
  /** The whole header item: what the block hash is the hash of. */
  readonly header: Span;
  readonly headerFields: readonly Span[];
  /** Each transaction's canonical encoding: `type || rlp`, or the whole list of a legacy one. */
  readonly transactions: Spans;
  readonly hasOmmers: boolean;
  /** Each withdrawal's list item, or null where the block has no such part. */
  readonly withdrawals: Spans | null;
  /** The block has parts after the withdrawals, which no fork known here defines. */
  readonly hasUnknownParts: boolean;
}

/** Keys of the transactions trie are scanned up to this many; no gas limit lets a block reach it. */
const MAX_ITEMS = 2 ** 24;

const HIGHEST_TRANSACTION_TYPE = 0x7f;

/** Deposits are the transactions of the OP Stack: every block of such a chain starts with one. */
export const DEPOSIT_TRANSACTION = 0x7e;

/**
 * Scans a block RLP: [header, transactions, ommers, withdrawals?].
 * @throws LockstepError BLOCK_MALFORMED when the bytes are not exactly one block.
 */
export function scanBlock(bytes: Uint8Array): BlockLayout {
  const scanner = new RlpScanner(bytes);
  if (scanner.readList(0, bytes.length) !== bytes.length) throw malformedRlp('bytes follow the block', scanner.end);
  const { start, end } = scanner;

  const header = { start, end: scanner.readList(start, end) };
  const headerFields = scanStrings(scanner);
  const afterTransactions = scanner.readList(header.end, end);
  const transactions = scanTransactions(scanner);
  const afterOmmers = scanner.readList(afterTransactions, end);
  const hasOmmers = scanner.start < scanner.end;
  if (afterOmmers === end) {
    return { header, headerFields, transactions, hasOmmers, withdrawals: null, hasUnknownParts: false };
  }
  const afterWithdrawals = scanner.readList(afterOmmers, end);
  const withdrawals = scanLists(scanner);
  return { header, headerFields, transactions, hasOmmers, withdrawals, hasUnknownParts: afterWithdrawals < end };
}

/** The payloads of the strings that make up the list read last. */
export function scanStrings(scanner: RlpScanner): Span[] {
  const spans: Span[] = [];
  const { end } = scanner;
  for (let at = scanner.start; at < end;) {
    at = scanner.readString(at, end);
    spans.push({ start: scanner.start, end: scanner.end });
  }
  return spans;
}

function scanTransactions(scanner: RlpScanner): Spans {
  const starts: number[] = [];
  const ends: number[] = [];
  const { end } = scanner;
  for (let at = scanner.start; at < end;) {
    const next = scanner.read(at, end);
    if (!scanner.isList) requireTyped(scanner, at);
    starts.push(scanner.isList ? at : scanner.start);
    ends.push(next);
    requireFew(starts.length, at);
    at = next;
  }
  return { starts, ends };
}

/** EIP-2718: a transaction in a string is a type of at most 0x7f and something behind it. */
function requireTyped(scanner: RlpScanner, at: number): void {
  const type = scanner.bytes[scanner.start] ?? 0;
  if (scanner.end - scanner.start < 2 || type > HIGHEST_TRANSACTION_TYPE) throw malformedRlp('no transaction', at);
}

function scanLists(scanner: RlpScanner): Spans {
  const starts: number[] = [];
  const ends: number[] = [];
  const { end } = scanner;
  for (let at = scanner.start; at < end;) {
    const next = scanner.readList(at, end);
    starts.push(at);
    ends.push(next);
    requireFew(starts.length, at);
    at = next;
  }
  return { starts, ends };
}

function requireFew(count: number, at: number): void {
  if (count > MAX_ITEMS) throw malformedRlp(`more than ${MAX_ITEMS} items`, at);
}
