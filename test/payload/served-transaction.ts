import { type Transaction } from 'ethers/transaction';
import { encodeRlp } from 'ethers/utils';
import { encodeTransaction } from '../../src/payload/encode-transaction.js';
import { JsonFields } from '../../src/payload/json-fields.js';
import type { JsonObject } from '../../src/util/json.js';

export function encode(json: JsonObject): string {
  return `0x${encodeTransaction(new JsonFields(json, 'transaction', 5))}`;
}

export function quantity(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** A transaction as nodes serve it. */
export function served(tx: Transaction): { readonly [name: string]: JsonObject[string] } {
  const signature = tx.signature!;
  const isLegacy = tx.type === 0;
  return {
    type: quantity(tx.type!),
    nonce: quantity(tx.nonce),
    gas: quantity(tx.gasLimit),
    gasPrice: tx.gasPrice === null ? '0x3b9aca01' : quantity(tx.gasPrice),
    ...(tx.maxFeePerGas !== null && { maxFeePerGas: quantity(tx.maxFeePerGas) }),
    ...(tx.maxPriorityFeePerGas !== null && { maxPriorityFeePerGas: quantity(tx.maxPriorityFeePerGas) }),
    ...(tx.maxFeePerBlobGas !== null && { maxFeePerBlobGas: quantity(tx.maxFeePerBlobGas) }),
    ...(tx.blobVersionedHashes !== null && { blobVersionedHashes: tx.blobVersionedHashes }),
    to: tx.to?.toLowerCase() ?? null,
    value: quantity(tx.value),
    input: tx.data,
    ...(tx.accessList !== null && {
      accessList: tx.accessList.map(({ address, storageKeys }) => ({ address: address.toLowerCase(), storageKeys })),
    }),
    ...(tx.authorizationList !== null && {
      authorizationList: tx.authorizationList.map(({ address, nonce, chainId, signature: own }) => ({
        address: address.toLowerCase(),
        nonce: quantity(nonce),
        chainId: quantity(chainId),
        yParity: quantity(own.yParity),
        r: quantity(BigInt(own.r)),
        s: quantity(BigInt(own.s)),
      })),
    }),
    chainId: tx.chainId === 0n ? null : quantity(tx.chainId),
    v: quantity(isLegacy ? (signature.networkV ?? BigInt(signature.v)) : BigInt(signature.yParity)),
    r: quantity(BigInt(signature.r)),
    s: quantity(BigInt(signature.s)),
    ...(!isLegacy && { yParity: quantity(signature.yParity) }),
  };
}

/** What a block RLP holds for a transaction of this encoding: the list itself, or a string around it. */
export function itemOf(serialized: string): string {
  return BigInt(serialized.slice(0, 4)) >= 0xc0n ? serialized : encodeRlp(serialized);
}
