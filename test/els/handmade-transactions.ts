import { Transaction, type TransactionLike } from 'ethers/transaction';
import { toBeHex, zeroPadValue } from 'ethers/utils';
import { type Account, devAccounts } from '../../devnet/accounts.js';
import { CHAIN_ID } from '../../devnet/genesis.js';
import { bulkyTransfer } from '../../devnet/producer/bulky-transfer.js';
import { signHash } from '../../devnet/sign-hash.js';
import { SYSTEM_CONTRACTS } from '../../devnet/system-contracts.js';

const ACCOUNTS = devAccounts('1');
const GWEI = 1_000_000_000n;
const FEES = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI };
const WITHDRAWAL_FEE_WEI = 1_000_000n;
/** Of a transaction, and of a byte of calldata that is zero at the least (EIP-7623). */
const TRANSACTION_GAS = 21_000;
const ZERO_BYTE_GAS = 10;

/** Withdrawal requests (EIP-7002), each a transaction of one sender; more than 16 of one block wait for the next. */
export function withdrawalRequests(count: number): string[] {
  const to = SYSTEM_CONTRACTS.withdrawalQueue.address;
  return Array.from({ length: count }, (_, nonce) => {
    const data = `${zeroPadValue(toBeHex(nonce + 1), 48)}${'00'.repeat(8)}`;
    return signed(sender(0), { nonce, to, data, value: WITHDRAWAL_FEE_WEI, gasLimit: 300_000 });
  });
}

/** Transfers with so many bytes of zeros each, in turn from every account. */
export function bulkyTransfers(count: number, sizeBytes: number): string[] {
  const { address: to } = sender(0);
  const gasLimit = TRANSACTION_GAS + ZERO_BYTE_GAS * sizeBytes;
  const common = { ...FEES, chainId: CHAIN_ID, to, gasLimit, sizeBytes };
  return Array.from({ length: count }, (_, index) =>
    bulkyTransfer(sender(index % ACCOUNTS.length), { ...common, nonce: Math.floor(index / ACCOUNTS.length) }),
  );
}

function sender(index: number): Account {
  const account = ACCOUNTS[index];
  if (account === undefined) throw new Error(`no account ${index}`);
  return account;
}

function signed(account: Account, fields: TransactionLike): string {
  const tx = Transaction.from({ type: 2, chainId: CHAIN_ID, ...FEES, ...fields });
  tx.signature = signHash(account, tx.unsignedHash);
  return tx.serialized;
}
