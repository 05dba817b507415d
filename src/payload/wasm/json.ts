// Reads JSON (RFC 8259) where it stands. Everything here gives up, by 0, where it meets something that is not plain: an
// escape, a number, a text that is cut off. What that means is for the host to find out, which reads such a text in full.

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const COLON: u8 = 0x3a;
export const COMMA: u8 = 0x2c;
export const OPEN_ARRAY: u8 = 0x5b;
export const CLOSE_ARRAY: u8 = 0x5d;
const OPEN_OBJECT: u8 = 0x7b;
const CLOSE_OBJECT: u8 = 0x7d;
/** No character below it stands in a string. */
const SPACE: u8 = 0x20;

const NULL: u32 = 0x6c6c756e;
const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;
const E: u8 = 0x65;

/** Where the text ends. */
let limit: usize = 0;

export function setLimit(end: usize): void {
  limit = end;
}

/** The character at an address; 0 behind the end. */
// @ts-ignore: decorator
@inline
export function charAt(at: usize): u8 {
  return at < limit ? load<u8>(at) : 0;
}

export function skipSpace(from: usize): usize {
  let at = from;
  while (isSpace(charAt(at))) at++;
  return at;
}

function isSpace(char: u8): bool {
  return char == SPACE || char == 0x0a || char == 0x0d || char == 0x09;
}

/** The address behind a value. */
export function valueEnd(at: usize): usize {
  const first = charAt(at);
  if (first == QUOTE) {
    const end = stringEnd(at + 1);
    return end == 0 ? 0 : end + 1;
  }
  return first == OPEN_OBJECT || first == OPEN_ARRAY ? containerEnd(at) : literalEnd(at);
}

/** The address of the quote that ends a string whose content starts at `from`. */
function stringEnd(from: usize): usize {
  let at = from;
  for (; at + 16 <= limit; at += 16) {
    const chars = v128.load(at);
    const marks = v128.or(i8x16.eq(chars, i8x16.splat(QUOTE)), i8x16.eq(chars, i8x16.splat(BACKSLASH)));
    const special = i8x16.bitmask(v128.or(marks, i8x16.lt_u(chars, i8x16.splat(SPACE))));
    if (special != 0) {
      at += ctz(special);
      return load<u8>(at) == QUOTE ? at : 0;
    }
  }
  for (; at < limit; at++) {
    const char = load<u8>(at);
    if (char == QUOTE) return at;
    if (char == BACKSLASH || char < SPACE) return 0;
  }
  return 0;
}

/** What it holds is counted in and out, and not read. */
function containerEnd(from: usize): usize {
  let depth = 0;
  for (let at = from; at < limit; at++) {
    const char = load<u8>(at);
    if (char == QUOTE) {
      at = stringEnd(at + 1);
      if (at == 0) return 0;
    } else if (char == OPEN_OBJECT || char == OPEN_ARRAY) {
      depth++;
    } else if (char == CLOSE_OBJECT || char == CLOSE_ARRAY) {
      depth--;
      if (depth == 0) return at + 1;
    }
  }
  return 0;
}

function literalEnd(at: usize): usize {
  if (at + 5 > limit) return 0;
  const word = load<u32>(at);
  if (word == NULL || word == TRUE) return at + 4;
  return word == FALS && load<u8>(at, 4) == E ? at + 5 : 0;
}

/**
 * Reads the members of an object and stores start and end of each value whose key is a field, of doubled ones the last;
 * 0 and 0 for null, and for those that are not there. Gives the address behind the object.
 */
export function readObject(from: usize, fields: usize): usize {
  if (charAt(from) != OPEN_OBJECT) return 0;
  memory.fill(fields, 0, FIELDS_BYTES);
  let at = skipSpace(from + 1);
  if (charAt(at) == CLOSE_OBJECT) return at + 1;
  let isMore = true;
  while (isMore) {
    const end = readMember(at, fields);
    if (end == 0) return 0;
    at = skipSpace(end);
    isMore = charAt(at) == COMMA;
    if (isMore) at = skipSpace(at + 1);
  }
  return charAt(at) == CLOSE_OBJECT ? at + 1 : 0;
}

/** The address behind the value of the member that starts at `at`. */
function readMember(at: usize, fields: usize): usize {
  if (charAt(at) != QUOTE) return 0;
  const key = at + 1;
  const keyEnd = stringEnd(key);
  if (keyEnd == 0) return 0;
  const colon = skipSpace(keyEnd + 1);
  if (charAt(colon) != COLON) return 0;
  const start = skipSpace(colon + 1);
  const end = valueEnd(start);
  const field = fieldOf(key, <i32>(keyEnd - key));
  if (end == 0 || field < 0) return end;
  const isNull = end - start == 4 && load<u32>(start) == NULL;
  store<u32>(fields + field * FIELD_BYTES, isNull ? 0 : <u32>start);
  store<u32>(fields + field * FIELD_BYTES, isNull ? 0 : <u32>end, 4);
  return end;
}

/** The fields that are read of a transaction, of an entry of its access list, and of an authorization. */
export enum Field {
  accessList,
  address,
  authorizationList,
  blobVersionedHashes,
  chainId,
  from,
  gas,
  gasPrice,
  input,
  isSystemTx,
  maxFeePerBlobGas,
  maxFeePerGas,
  maxPriorityFeePerGas,
  mint,
  nonce,
  r,
  s,
  sourceHash,
  storageKeys,
  to,
  type,
  v,
  value,
  yParity,
  COUNT,
}

/** Start and end of a value. */
export const FIELD_BYTES: i32 = 8;
export const FIELDS_BYTES: i32 = Field.COUNT * FIELD_BYTES;

/** -1 where no field has this name. */
function fieldOf(key: usize, length: i32): i32 {
  switch (length) {
    case 1: {
      const char = load<u8>(key);
      return char == 0x72 ? Field.r : char == 0x73 ? Field.s : char == 0x76 ? Field.v : -1;
    }
    case 2:
      return is(key, 'to') ? Field.to : -1;
    case 3:
      return is(key, 'gas') ? Field.gas : -1;
    case 4:
      return is(key, 'type') ? Field.type : is(key, 'from') ? Field.from : is(key, 'mint') ? Field.mint : -1;
    case 5:
      return is(key, 'nonce') ? Field.nonce : is(key, 'value') ? Field.value : is(key, 'input') ? Field.input : -1;
    case 7:
      return is(key, 'chainId')
        ? Field.chainId
        : is(key, 'yParity')
          ? Field.yParity
          : is(key, 'address')
            ? Field.address
            : -1;
    case 8:
      return is(key, 'gasPrice') ? Field.gasPrice : -1;
    case 10:
      return is(key, 'accessList')
        ? Field.accessList
        : is(key, 'sourceHash')
          ? Field.sourceHash
          : is(key, 'isSystemTx')
            ? Field.isSystemTx
            : -1;
    case 11:
      return is(key, 'storageKeys') ? Field.storageKeys : -1;
    case 12:
      return is(key, 'maxFeePerGas') ? Field.maxFeePerGas : -1;
    case 16:
      return is(key, 'maxFeePerBlobGas') ? Field.maxFeePerBlobGas : -1;
    case 17:
      return is(key, 'authorizationList') ? Field.authorizationList : -1;
    case 19:
      return is(key, 'blobVersionedHashes') ? Field.blobVersionedHashes : -1;
    case 20:
      return is(key, 'maxPriorityFeePerGas') ? Field.maxPriorityFeePerGas : -1;
    default:
      return -1;
  }
}

/** Compares characters with a literal, which AssemblyScript keeps in UTF-16. */
function is(key: usize, name: string): bool {
  const chars = changetype<usize>(name);
  const length = name.length;
  for (let i = 0; i < length; i++) {
    if (load<u8>(key + i) != <u8>load<u16>(chars + (i << 1))) return false;
  }
  return true;
}
