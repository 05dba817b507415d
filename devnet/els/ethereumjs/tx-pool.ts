import type { EthereumClient } from '@ethereumjs/client/dist/esm/src/client.js';
import { isEOACode7702Tx, type TypedTransaction } from '@ethereumjs/tx';

type TxPool = EthereumClient['service']['txPool'];

interface GasPrice {
  readonly maxFee: bigint;
  readonly tip: bigint;
}

/** The client executes EIP-7702 transactions, but its pool has no price for them and so refuses to take one. */
export function admitSetCodeTransactions(pool: TxPool): void {
  const stock = Reflect.get(pool, 'txGasPrice') as (this: TxPool, tx: TypedTransaction) => GasPrice;
  const txGasPrice = (tx: TypedTransaction): GasPrice =>
    isEOACode7702Tx(tx) ? { maxFee: tx.maxFeePerGas, tip: tx.maxPriorityFeePerGas } : stock.call(pool, tx);
  Object.defineProperty(pool, 'txGasPrice', { value: txGasPrice });
}
