import { Transaction } from 'ethers/transaction';
import { toNumber } from '../src/util/hex.js';
import type { Account } from './accounts.js';
import type { RpcClient } from './rpc.js';
import { signHash } from './sign-hash.js';

const FEE_WEI = 100_000_000_000n;

/** Puts a transfer of an account to itself into the pool of an EL, and returns its hash. */
export async function sendTransfer(el: RpcClient, account: Account, chainId: number): Promise<string> {
  const nonce = toNumber(await el.call('eth_getTransactionCount', [account.address, 'pending'])) ?? 0;
  const tx = Transaction.from({
    ...{ chainId, nonce, type: 0, to: account.address, value: 1n },
    ...{ gasLimit: 21_000, gasPrice: FEE_WEI },
  });
  tx.signature = signHash(account, tx.unsignedHash);
  await el.call('eth_sendRawTransaction', [tx.serialized]);
  return tx.hash ?? '';
}
