import secp256k1 from 'secp256k1';
import type { Account } from './accounts.js';

export interface HashSignature {
  readonly r: string;
  readonly s: string;
  readonly yParity: 0 | 1;
}

/** The signature that ethers makes (RFC 6979, low s), natively: a devnet signs every transaction of its blocks. */
export function signHash({ privateKey }: Pick<Account, 'privateKey'>, hash: string): HashSignature {
  const { signature, recid } = secp256k1.ecdsaSign(bytes(hash), bytes(privateKey));
  const hex = Buffer.from(signature).toString('hex');
  return { r: `0x${hex.slice(0, 64)}`, s: `0x${hex.slice(64)}`, yParity: recid === 0 ? 0 : 1 };
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex.slice(2), 'hex');
}
