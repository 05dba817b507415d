import {
  charAt,
  CLOSE_ARRAY,
  COMMA,
  Field,
  FIELD_BYTES,
  FIELDS_BYTES,
  OPEN_ARRAY,
  readObject,
  setLimit,
  skipSpace,
  valueEnd,
} from './json';

// The transactions of `eth_getBlockBy*` as items of a block RLP, in hex text. What src/payload/encode-transaction.ts makes
// of them, and nothing (false, or 0) where that would throw: it says what is wrong. RLP is written from its end to its
// start, as the length of a list is known then.

const QUOTE: u8 = 0x22;
const ZERO: u8 = 0x30;
const EIGHT: u8 = 0x38;
const X: u8 = 0x78;

const STRING: i32 = 0x80;
const LIST: i32 = 0xc0;
const LONGEST_SHORT_PAYLOAD: i32 = 55;

const ADDRESS_DIGITS: i32 = 40;
const HASH_DIGITS: i32 = 64;
const MAX_INTEGER_DIGITS: i32 = 64;
/** The quote and 0x before the digits, and with the quote behind them. */
const BEFORE_DIGITS: i32 = 3;
const AROUND_DIGITS: i32 = 4;

const DEPOSIT: i32 = 0x7e;
/** The last of the types whose number is their only digit. */
const LAST_OF_ONE_DIGIT: i32 = 4;

/** What is absent in the JSON and takes room in the RLP, and the lists and strings around it. */
const SPARE_CHARS: usize = 64;

/** Lists are written by recursion. No transaction has as many elements in one, and one that has is encoded elsewhere. */
const MAX_ELEMENTS: i32 = 2_000;

const OUTER: usize = memory.data(192, 16);
const INNER: usize = memory.data(192, 16);

/** Those that are read now: of a transaction, or of what its lists hold. */
let fields: usize = OUTER;
/** Where what is written starts. */
let out: usize = 0;
let itemsEnd: usize = 0;

/** Where the items of the last call end. */
export function endOfItems(): usize {
  return itemsEnd;
}

/**
 * Encodes the elements of the array that `at` stands in, up to its bracket, of which the address is returned. `to` is
 * where the items go, one behind the other, and has as much room as the text from `at` to `end`, and SPARE_CHARS.
 */
export function encodeAll(at: usize, end: usize, to: usize): usize {
  setLimit(end);
  itemsEnd = to;
  let next = skipSpace(at);
  let isMore = charAt(next) != CLOSE_ARRAY;
  while (isMore) {
    const behind = encodeOne(next);
    if (behind == 0) return 0;
    next = skipSpace(behind);
    isMore = charAt(next) == COMMA;
    if (isMore) next = skipSpace(next + 1);
  }
  return charAt(next) == CLOSE_ARRAY ? next : 0;
}

/** The address behind the transaction at `at`, of which the item is behind the others now. */
function encodeOne(at: usize): usize {
  fields = OUTER;
  const behind = readObject(at, OUTER);
  if (behind == 0) return 0;
  const mark = itemsEnd + (behind - at) + SPARE_CHARS;
  out = mark;
  if (!writeTransaction(mark)) return 0;
  memory.copy(itemsEnd, out, mark - out);
  itemsEnd += mark - out;
  return behind;
}

function writeTransaction(mark: usize): bool {
  const type = transactionType();
  if (!writeFields(type)) return false;
  writeHeader(LIST, mark);
  if (type == 0) return true;
  writeByte(type);
  writeHeader(STRING, mark);
  return true;
}

function writeFields(type: i32): bool {
  switch (type) {
    case 0:
      return (
        writeInteger(Field.s) &&
        writeInteger(Field.r) &&
        writeInteger(Field.v) &&
        writeCall() &&
        writeInteger(Field.gasPrice) &&
        writeInteger(Field.nonce)
      );
    case 1:
      return (
        writeSignature() &&
        writeAccessList() &&
        writeCall() &&
        writeInteger(Field.gasPrice) &&
        writeInteger(Field.nonce) &&
        writeInteger(Field.chainId)
      );
    case 2:
      return writeSignature() && writeDynamicFee();
    case 3:
      return (
        writeSignature() &&
        writeHashes(Field.blobVersionedHashes) &&
        writeInteger(Field.maxFeePerBlobGas) &&
        writeDynamicFee()
      );
    case 4:
      return writeSignature() && writeAuthorizations() && writeDynamicFee();
    case DEPOSIT:
      return writeDeposit();
    default:
      return false;
  }
}

function writeDynamicFee(): bool {
  return (
    writeAccessList() &&
    writeCall() &&
    writeInteger(Field.maxFeePerGas) &&
    writeInteger(Field.maxPriorityFeePerGas) &&
    writeInteger(Field.nonce) &&
    writeInteger(Field.chainId)
  );
}

/** Gas, target, value and input, which stand together in every type but the deposit. */
function writeCall(): bool {
  return writeBytes(Field.input) && writeInteger(Field.value) && writeTarget() && writeInteger(Field.gas);
}

function writeDeposit(): bool {
  return (
    writeBytes(Field.input) &&
    writeFlag(Field.isSystemTx) &&
    writeInteger(Field.gas) &&
    writeInteger(Field.value) &&
    (has(Field.mint) ? writeInteger(Field.mint) : writeEmptyString()) &&
    writeTarget() &&
    writeFixed(Field.from, ADDRESS_DIGITS) &&
    writeFixed(Field.sourceHash, HASH_DIGITS)
  );
}

function writeTarget(): bool {
  return has(Field.to) ? writeFixed(Field.to, ADDRESS_DIGITS) : writeEmptyString();
}

function writeSignature(): bool {
  if (!writeInteger(Field.s) || !writeInteger(Field.r)) return false;
  const parity = signatureParity();
  if (parity < 0) return false;
  if (parity == 0) return writeEmptyString();
  writeByte(1);
  return true;
}

/** 0 or 1; -1 where there is none. */
function signatureParity(): i32 {
  const isNamed = has(Field.yParity);
  const value = smallNumber(isNamed ? Field.yParity : Field.v);
  if (value == 0 || value == 1) return <i32>value;
  if (isNamed || value < 27) return -1;
  return value % 2 == 1 ? 0 : 1;
}

function transactionType(): i32 {
  if (!has(Field.type)) return 0;
  const type = smallNumber(Field.type);
  return (type >= 0 && type <= LAST_OF_ONE_DIGIT) || type == DEPOSIT ? <i32>type : -1;
}

/** A quantity of at most 13 digits, none of them a zero in front; -1 where it is anything else. */
function smallNumber(field: i32): i64 {
  const digits = digitCount(startOf(field), endOf(field));
  if (digits < 1 || digits > 13) return -1;
  const first = startOf(field) + BEFORE_DIGITS;
  if (digits > 1 && load<u8>(first) == ZERO) return -1;
  let value: i64 = 0;
  for (let i = 0; i < digits; i++) {
    const digit = digitOf(load<u8>(first + i));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function digitOf(char: i32): i32 {
  const decimal = char - ZERO;
  if (<u32>decimal < 10) return decimal;
  const letter = (char | 0x20) - 0x61;
  return <u32>letter < 6 ? letter + 10 : -1;
}

function has(field: i32): bool {
  return startOf(field) != 0;
}

function startOf(field: i32): usize {
  return load<u32>(fields + field * FIELD_BYTES);
}

function endOf(field: i32): usize {
  return load<u32>(fields + field * FIELD_BYTES, 4);
}

/** How many characters follow 0x; -1 when the value is not text that starts so. */
function digitCount(start: usize, end: usize): i32 {
  if (end - start < <usize>AROUND_DIGITS || load<u8>(start) != QUOTE) return -1;
  if (load<u8>(start, 1) != ZERO || load<u8>(start, 2) != X) return -1;
  return <i32>(end - start) - AROUND_DIGITS;
}

function writeInteger(field: i32): bool {
  const end = endOf(field) - 1;
  const digits = digitCount(startOf(field), endOf(field));
  if (digits < 1 || digits > MAX_INTEGER_DIGITS) return false;
  let from = startOf(field) + BEFORE_DIGITS;
  while (from < end && load<u8>(from) == ZERO) from++;
  const mark = out;
  writeDigits(from, end);
  if ((end - from) & 1) store<u8>(--out, ZERO);
  if (mark - out != 2 || load<u8>(out) >= EIGHT) writeHeader(STRING, mark);
  return true;
}

function writeFixed(field: i32, digits: i32): bool {
  return digitCount(startOf(field), endOf(field)) == digits && writeString(startOf(field), endOf(field));
}

function writeBytes(field: i32): bool {
  const digits = digitCount(startOf(field), endOf(field));
  return digits >= 0 && digits % 2 == 0 && writeString(startOf(field), endOf(field));
}

/** The string of a value that has an even number of digits. */
function writeString(start: usize, end: usize): bool {
  const mark = out;
  writeDigits(start + BEFORE_DIGITS, end - 1);
  if (mark - out != 2 || load<u8>(out) >= EIGHT) writeHeader(STRING, mark);
  return true;
}

/** True, false, or absent, which is false. */
function writeFlag(field: i32): bool {
  const first = has(field) ? load<u8>(startOf(field)) : 0;
  if (first == 0x74) writeByte(1);
  else if (first == 0 || first == 0x66) writeByte(STRING);
  else return false;
  return true;
}

function writeEmptyString(): bool {
  writeByte(STRING);
  return true;
}

function writeHashes(field: i32): bool {
  return writeList(field, Element.hash);
}

function writeAccessList(): bool {
  return writeList(Field.accessList, Element.access);
}

/** Where it is absent the node leaves it out of its JSON, and the list is not empty. */
function writeAuthorizations(): bool {
  return has(Field.authorizationList) && writeList(Field.authorizationList, Element.authorization);
}

/** What a list holds. */
enum Element {
  hash,
  access,
  authorization,
}

/** Absent is empty. */
function writeList(field: i32, element: Element): bool {
  const mark = out;
  if (has(field)) {
    const start = startOf(field);
    if (load<u8>(start) != OPEN_ARRAY) return false;
    const first = skipSpace(start + 1);
    if (charAt(first) != CLOSE_ARRAY && !writeFrom(first, element, 1)) return false;
  }
  writeHeader(LIST, mark);
  return true;
}

/** Writes an element and all behind it, those first. */
function writeFrom(at: usize, element: Element, count: i32): bool {
  const end = valueEnd(at);
  if (end == 0 || count > MAX_ELEMENTS) return false;
  const next = skipSpace(end);
  if (charAt(next) == COMMA) {
    if (!writeFrom(skipSpace(next + 1), element, count + 1)) return false;
  } else if (charAt(next) != CLOSE_ARRAY) {
    return false;
  }
  if (element == Element.hash) return digitCount(at, end) == HASH_DIGITS && writeString(at, end);
  const outer = fields;
  fields = INNER;
  const isWritten = readObject(at, INNER) != 0 && writeTuple(element);
  fields = outer;
  return isWritten;
}

function writeTuple(element: Element): bool {
  const mark = out;
  const isWritten =
    element == Element.access
      ? writeHashes(Field.storageKeys) && writeFixed(Field.address, ADDRESS_DIGITS)
      : writeInteger(Field.s) &&
        writeInteger(Field.r) &&
        writeInteger(Field.yParity) &&
        writeInteger(Field.nonce) &&
        writeFixed(Field.address, ADDRESS_DIGITS) &&
        writeInteger(Field.chainId);
  if (!isWritten) return false;
  writeHeader(LIST, mark);
  return true;
}

function writeDigits(start: usize, end: usize): void {
  const chars = end - start;
  out -= chars;
  let at: usize = 0;
  for (; at + 16 <= chars; at += 16) v128.store(out + at, v128.load(start + at));
  for (; at < chars; at++) store<u8>(out + at, load<u8>(start + at));
}

/** The header of what was written since the mark. */
function writeHeader(base: i32, mark: usize): void {
  const sizeBytes = <i32>((mark - out) >> 1);
  if (sizeBytes <= LONGEST_SHORT_PAYLOAD) {
    writeByte(base + sizeBytes);
    return;
  }
  let lengthBytes = 0;
  for (let rest = sizeBytes; rest > 0; rest >>= 8, lengthBytes++) writeByte(rest & 0xff);
  writeByte(base + LONGEST_SHORT_PAYLOAD + lengthBytes);
}

function writeByte(value: i32): void {
  out -= 2;
  store<u8>(out, toDigit(value >> 4));
  store<u8>(out, toDigit(value & 0xf), 1);
}

function toDigit(value: i32): u8 {
  return <u8>(value < 10 ? ZERO + value : 0x61 - 10 + value);
}
