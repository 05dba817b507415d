import { BEFORE_DIGITS, choose, chosen, digitCount, endOf, has, INNER, OUTER, smallNumber, startOf } from './fields';
import { charAt, CLOSE_ARRAY, COMMA, Field, OPEN_ARRAY, readObject, setLimit, skipSpace, valueEnd } from './json';
import {
  LIST,
  position,
  startAt,
  STRING,
  writeByte,
  writeEmptyString,
  writeHeader,
  writeNumber,
  writeString,
} from './rlp';

// The transactions of `eth_getBlockBy*` as items of a block RLP, in hex text. What src/payload/encode-transaction.ts makes
// of them, and nothing (false, or 0) where that would throw: it says what is wrong. Fields are written from the
// last to the first (src/payload/wasm/rlp.ts).

const ADDRESS_DIGITS: i32 = 40;
const HASH_DIGITS: i32 = 64;
const MAX_INTEGER_DIGITS: i32 = 64;

const DEPOSIT: i32 = 0x7e;
/** The last of the types whose number is their only digit. */
const LAST_OF_ONE_DIGIT: i32 = 4;

/** What is absent in the JSON and takes room in the RLP, and the lists and strings around it. */
const SPARE_CHARS: usize = 64;

/** Lists are written by recursion. No transaction has as many elements in one, and one that has is encoded elsewhere. */
const MAX_ELEMENTS: i32 = 2_000;

/** Where the items of the last call end. */
let itemsEnd: usize = 0;

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
  choose(OUTER);
  const behind = readObject(at, OUTER);
  if (behind == 0) return 0;
  const mark = itemsEnd + (behind - at) + SPARE_CHARS;
  startAt(mark);
  if (!writeTransaction(mark)) return 0;
  const sizeChars = mark - position();
  memory.copy(itemsEnd, position(), sizeChars);
  itemsEnd += sizeChars;
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

function writeInteger(field: i32): bool {
  const digits = digitCount(startOf(field), endOf(field));
  if (digits < 1 || digits > MAX_INTEGER_DIGITS) return false;
  return writeNumber(startOf(field) + BEFORE_DIGITS, endOf(field) - 1);
}

function writeFixed(field: i32, digits: i32): bool {
  return digitCount(startOf(field), endOf(field)) == digits && writeValue(startOf(field), endOf(field));
}

function writeBytes(field: i32): bool {
  const digits = digitCount(startOf(field), endOf(field));
  return digits >= 0 && digits % 2 == 0 && writeValue(startOf(field), endOf(field));
}

/** The string of a value that has an even number of digits. */
function writeValue(start: usize, end: usize): bool {
  return writeString(start + BEFORE_DIGITS, end - 1);
}

/** True, false, or absent, which is false. */
function writeFlag(field: i32): bool {
  const first = has(field) ? load<u8>(startOf(field)) : 0;
  if (first == 0x74) writeByte(1);
  else if (first == 0 || first == 0x66) writeByte(STRING);
  else return false;
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
  const mark = position();
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
  if (element == Element.hash) return digitCount(at, end) == HASH_DIGITS && writeValue(at, end);
  const outer = chosen();
  choose(INNER);
  const isWritten = readObject(at, INNER) != 0 && writeTuple(element);
  choose(outer);
  return isWritten;
}

function writeTuple(element: Element): bool {
  const mark = position();
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
