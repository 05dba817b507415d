const ZERO: u8 = 0x30;
const A: u8 = 0x61;
const LOWER_CASE: u8 = 0x20;
export const NO_DIGIT: i32 = 16;

/**
 * Decodes `chars` (an even number of) hex digits of either case. Returns how many bytes were written: less than half of
 * `chars` when something else stands there.
 */
export function decode(text: usize, chars: i32, bytes: usize): i32 {
  const end = text + chars;
  let at = text;
  let out = bytes;
  for (; at + 32 <= end; at += 32, out += 16) {
    const first = v128.load(at);
    const second = v128.load(at, 16);
    const firstLetters = lettersOf(first);
    const secondLetters = lettersOf(second);
    const firstDigits = v128.or(decimalsOf(first), firstLetters);
    const secondDigits = v128.or(decimalsOf(second), secondLetters);
    if (!i8x16.all_true(v128.and(firstDigits, secondDigits))) break;
    v128.store(out, i8x16.narrow_i16x8_u(join(first, firstLetters), join(second, secondLetters)));
  }
  for (; at < end; at += 2, out++) {
    const high = digitOf(load<u8>(at));
    const low = digitOf(load<u8>(at, 1));
    if (high == NO_DIGIT || low == NO_DIGIT) break;
    store<u8>(out, (high << 4) | low);
  }
  return <i32>(out - bytes);
}

/** All bits of a character are set where it is one of 0 to 9. */
// @ts-ignore: decorator
@inline
function decimalsOf(chars: v128): v128 {
  return i8x16.lt_u(i8x16.sub(chars, i8x16.splat(ZERO)), i8x16.splat(10));
}

/** All bits of a character are set where it is one of a to f, or A to F. */
// @ts-ignore: decorator
@inline
function lettersOf(chars: v128): v128 {
  return i8x16.lt_u(i8x16.sub(v128.or(chars, i8x16.splat(LOWER_CASE)), i8x16.splat(A)), i8x16.splat(6));
}

/** The bytes of 16 digits, each in 16 bits. The low four bits of a letter count from 1. */
// @ts-ignore: decorator
@inline
function join(digits: v128, letters: v128): v128 {
  const values = i8x16.add(v128.and(digits, i8x16.splat(15)), v128.and(letters, i8x16.splat(9)));
  const joined = v128.or(i16x8.shl(values, 4), i16x8.shr_u(values, 8));
  return v128.and(joined, i16x8.splat(255));
}

/** What a hex digit of either case stands for, or NO_DIGIT. */
export function digitOf(char: i32): i32 {
  const decimal = char - ZERO;
  if (<u32>decimal < 10) return decimal;
  const letter = (char | LOWER_CASE) - A;
  return <u32>letter < 6 ? letter + 10 : NO_DIGIT;
}
