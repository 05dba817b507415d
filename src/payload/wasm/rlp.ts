// Writes RLP as hex text from its end to its start, as the length of a list is known then.

const ZERO: u8 = 0x30;
const EIGHT: u8 = 0x38;

export const STRING: i32 = 0x80;
export const LIST: i32 = 0xc0;
const LONGEST_SHORT_PAYLOAD: i32 = 55;

/** Where what is written starts. */
let out: usize = 0;

/** What is written next ends here. */
export function startAt(end: usize): void {
  out = end;
}

export function position(): usize {
  return out;
}

export function writeEmptyString(): bool {
  writeByte(STRING);
  return true;
}

/** The string that holds an even number of digits. */
export function writeString(start: usize, end: usize): bool {
  const mark = out;
  writeDigits(start, end);
  closeString(mark);
  return true;
}

/** The string of an integer, whose digits may start with zeros. */
export function writeNumber(start: usize, end: usize): bool {
  let from = start;
  while (from < end && load<u8>(from) == ZERO) from++;
  const mark = out;
  writeDigits(from, end);
  if ((end - from) & 1) store<u8>(--out, ZERO);
  closeString(mark);
  return true;
}

/** A byte below 0x80 is its own string. */
function closeString(mark: usize): void {
  if (mark - out != 2 || load<u8>(out) >= EIGHT) writeHeader(STRING, mark);
}

function writeDigits(start: usize, end: usize): void {
  const chars = end - start;
  out -= chars;
  let at: usize = 0;
  for (; at + 16 <= chars; at += 16) v128.store(out + at, v128.load(start + at));
  for (; at < chars; at++) store<u8>(out + at, load<u8>(start + at));
}

/** The header of what was written since the mark. */
export function writeHeader(base: i32, mark: usize): void {
  const sizeBytes = <i32>((mark - out) >> 1);
  if (sizeBytes <= LONGEST_SHORT_PAYLOAD) {
    writeByte(base + sizeBytes);
    return;
  }
  let lengthBytes = 0;
  for (let rest = sizeBytes; rest > 0; rest >>= 8, lengthBytes++) writeByte(rest & 0xff);
  writeByte(base + LONGEST_SHORT_PAYLOAD + lengthBytes);
}

export function writeByte(value: i32): void {
  out -= 2;
  store<u8>(out, toDigit(value >> 4));
  store<u8>(out, toDigit(value & 0xf), 1);
}

function toDigit(value: i32): u8 {
  return <u8>(value < 10 ? ZERO + value : 0x61 - 10 + value);
}
