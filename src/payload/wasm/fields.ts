import { digitOf, NO_DIGIT } from './hex';
import { FIELD_BYTES } from './json';

// The values of the object that was read last, and what its digits are.

const QUOTE: u8 = 0x22;
const ZERO: u8 = 0x30;
const X: u8 = 0x78;

/** The quote and 0x before the digits, and with the quote behind them. */
export const BEFORE_DIGITS: i32 = 3;
const AROUND_DIGITS: i32 = 4;

/** Of a transaction, and of what its lists hold. */
export const OUTER: usize = memory.data(192, 16);
export const INNER: usize = memory.data(192, 16);

/** Those that are read now. */
let fields: usize = OUTER;

export function choose(which: usize): void {
  fields = which;
}

export function chosen(): usize {
  return fields;
}

/** A quantity of at most 13 digits, none of them a zero in front; -1 where it is anything else. */
export function smallNumber(field: i32): i64 {
  const digits = digitCount(startOf(field), endOf(field));
  if (digits < 1 || digits > 13) return -1;
  const first = startOf(field) + BEFORE_DIGITS;
  if (digits > 1 && load<u8>(first) == ZERO) return -1;
  let value: i64 = 0;
  for (let i = 0; i < digits; i++) {
    const digit = digitOf(load<u8>(first + i));
    if (digit == NO_DIGIT) return -1;
    value = value * 16 + digit;
  }
  return value;
}

export function has(field: i32): bool {
  return startOf(field) != 0;
}

export function startOf(field: i32): usize {
  return load<u32>(fields + field * FIELD_BYTES);
}

export function endOf(field: i32): usize {
  return load<u32>(fields + field * FIELD_BYTES, 4);
}

/** How many characters follow 0x; -1 when the value is not text that starts so. */
export function digitCount(start: usize, end: usize): i32 {
  if (end - start < <usize>AROUND_DIGITS || load<u8>(start) != QUOTE) return -1;
  if (load<u8>(start, 1) != ZERO || load<u8>(start, 2) != X) return -1;
  return <i32>(end - start) - AROUND_DIGITS;
}
