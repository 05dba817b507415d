/** RLP on bytes, the plain way: fixtures must not be built by the code that the bench measures. */
export function rlpBytes(bytes: Uint8Array): Buffer {
  const [first = 0x80] = bytes;
  if (bytes.length === 1 && first < 0x80) return Buffer.from(bytes);
  return Buffer.concat([prefix(0x80, bytes.length), bytes]);
}

/** A list of items that are encoded already. */
export function rlpList(items: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(items);
  return Buffer.concat([prefix(0xc0, body.length), body]);
}

/** An integer: big-endian without leading zeros. */
export function rlpInteger(value: bigint | number): Buffer {
  const digits = value.toString(16);
  return rlpBytes(BigInt(value) === 0n ? Buffer.alloc(0) : fromHex(digits.length % 2 === 0 ? digits : `0${digits}`));
}

/** Bytes of hex text with or without 0x. */
export function fromHex(hex: string): Buffer {
  return Buffer.from(hex.startsWith('0x') ? hex.slice(2) : hex, 'hex');
}

function prefix(base: number, length: number): Buffer {
  if (length < 56) return Buffer.from([base + length]);
  const digits = length.toString(16);
  const lengthBytes = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
  return Buffer.concat([Buffer.from([base + 55 + lengthBytes.length]), lengthBytes]);
}
