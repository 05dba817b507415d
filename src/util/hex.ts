/** Lower-case 0x-prefixed hexadecimal text. */
export type Hex = `0x${string}`;

/** A 32-byte hash as 66 characters of lower-case hex. */
export type Hash = Hex;

export const ZERO_HASH: Hash = `0x${'00'.repeat(32)}`;

const HASH = /^0x[0-9a-fA-F]{64}$/;
const QUANTITY = /^0x(0|[1-9a-fA-F][0-9a-fA-F]{0,13})$/;
const HEX_DIGITS = /^0x[0-9a-fA-F]*$/;

/** Normalises a 32-byte hash; undefined when the value is anything else. */
export function toHash(value: unknown): Hash | undefined {
  return typeof value === 'string' && HASH.test(value) ? (value.toLowerCase() as Hash) : undefined;
}

/**
 * Reads a QUANTITY of the Ethereum JSON-RPC grammar (no leading zeros) that fits a safe integer.
 * The length cap keeps a hostile 20 MB number from costing a big-integer parse.
 */
export function toNumber(value: unknown): number | undefined {
  if (typeof value !== 'string' || !QUANTITY.test(value)) return undefined;
  const parsed = Number.parseInt(value.slice(2), 16);
  return Number.isSafeInteger(parsed) ? parsed : undefined;
}

/** Normalises DATA of at most `maxBytes` bytes; undefined when the value is anything else. */
export function toData(value: unknown, maxBytes: number): Hex | undefined {
  if (typeof value !== 'string' || value.length > 2 + 2 * maxBytes || value.length % 2 !== 0) return undefined;
  if (!HEX_DIGITS.test(value)) return undefined;
  return value.toLowerCase() as Hex;
}

/** The first four bytes of a hash, for people: `0x12345678`. */
export function shortHash(hash: Hash): string {
  return hash.slice(0, 10);
}
