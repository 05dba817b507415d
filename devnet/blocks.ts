import { toHash, toNumber, type Hash } from '../src/util/hex.js';
import { isJsonObject } from '../src/util/json.js';
import type { RpcClient } from './rpc.js';

export interface BlockWithTransactions {
  readonly number: number;
  readonly hash: Hash;
  readonly transactions: readonly { readonly type: string }[];
}

/** The canonical block at a height, with the type of each transaction. @throws Error when the EL has none. */
export async function readBlock(el: RpcClient, number: number): Promise<BlockWithTransactions> {
  const block = await el.call('eth_getBlockByNumber', [`0x${number.toString(16)}`, true]);
  if (!isJsonObject(block)) throw new Error(`the EL has no block ${number}`);
  const [hash, read] = [toHash(block['hash']), toNumber(block['number'])];
  const transactions = block['transactions'];
  if (hash === undefined || read === undefined || !Array.isArray(transactions)) {
    throw new Error(`the EL answered something that is not block ${number}`);
  }
  const types = (transactions as readonly unknown[]).map((tx) => (isJsonObject(tx) ? tx['type'] : undefined));
  return { number: read, hash, transactions: types.map((type) => ({ type: typeof type === 'string' ? type : '' })) };
}
