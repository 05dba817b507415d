/** RLP written as hex text without prefix: everything here takes and returns hex digits. */

const BYTE_HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Base of a list's first byte. */
export const LIST = 0xc0;
const STRING = 0x80;
export const EMPTY_STRING = '80';
export const EMPTY_LIST = 'c0';

/** The RLP string that holds `digits`. */
export function rlpString(digits: string): string {
  if (digits.length === 2 && digits < '80') return digits;
  return rlpHeader(STRING, digits.length / 2) + digits;
}

/** The RLP list whose items, encoded, follow each other in `items`. */
export function rlpList(items: string): string {
  return rlpHeader(LIST, items.length / 2) + items;
}

/** The header of a list or string whose payload has so many bytes. */
export function rlpHeader(base: number, sizeBytes: number): string {
  if (sizeBytes <= 55) return BYTE_HEX[base + sizeBytes] ?? '';
  const digits = sizeBytes.toString(16);
  const length = digits.length % 2 === 0 ? digits : `0${digits}`;
  return (BYTE_HEX[base + 55 + length.length / 2] ?? '') + length;
}
