import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { CustomCrypto } from '@ethereumjs/common';
import { calculateSigRecovery, concatBytes, setLengthLeft } from '@ethereumjs/util';
import { createKeccak } from 'hash-wasm';
import secp256k1 from 'secp256k1';
import type * as Kzg from './kzg.js';

const RECOVERED_MAX = 20_000;

/** WebAssembly hashing, native signature recovery, and KZG for blob transactions. */
export async function fastCrypto(): Promise<CustomCrypto> {
  const keccak = await createKeccak(256);
  const load = createRequire(import.meta.url);
  return {
    keccak256: (message) => keccak.init().update(message).digest('binary'),
    sha256: (message) => createHash('sha256').update(message).digest(),
    ecrecover: cachedEcrecover(),
    ecdsaRecover: (signature, recovery, hash) => secp256k1.ecdsaRecover(signature, recovery, hash),
    /** Its code and tables take half of a start, and most chains have no blobs. */
    get kzg() {
      return (load('./kzg.cjs') as typeof Kzg).kzg;
    },
  };
}

/** The client recovers the sender of one transaction four times on its way from the pool into a block. */
function cachedEcrecover(): NonNullable<CustomCrypto['ecrecover']> {
  const recovered = new Map<string, Uint8Array>();
  return (hash, v, r, s, chainId) => {
    const signature = concatBytes(setLengthLeft(r, 32), setLengthLeft(s, 32));
    const recovery = Number(calculateSigRecovery(v, chainId));
    const key = `${recovery}${Buffer.from(hash).toString('latin1')}${Buffer.from(signature).toString('latin1')}`;
    const known = recovered.get(key);
    if (known !== undefined) return known;
    const publicKey = secp256k1.ecdsaRecover(signature, recovery, hash, false).slice(1);
    if (recovered.size >= RECOVERED_MAX) recovered.clear();
    recovered.set(key, publicKey);
    return publicKey;
  };
}
