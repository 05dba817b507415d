import { getCreateAddress } from 'ethers/address';
import { hashAuthorization } from 'ethers/hash';
import { authorizationify, Transaction, type TransactionLike } from 'ethers/transaction';
import { toBeHex, zeroPadValue } from 'ethers/utils';
import { type Account, accountOf, devAccounts } from '../accounts.js';
import { signHash } from '../sign-hash.js';
import { SYSTEM_CONTRACTS } from '../system-contracts.js';
import { bulkyTransfer } from './bulky-transfer.js';
import { EMPTY_BLOB_HASH, withEmptyBlob } from './empty-blob.js';
import { random, type Random } from './random.js';

export interface TrafficOptions {
  readonly seed: string;
  readonly chainId: number;
  readonly txsPerBlock: number;
  /** Adds one blob transaction (EIP-4844) to every eighth block. */
  readonly blobs: boolean;
  /** Adds one withdrawal request (EIP-7002) to every eighth block. */
  readonly requests: boolean;
  /** The height of one block whose payload is larger than 5 MiB as JSON: it fits the gas limit, being all zeros. */
  readonly largeBlockAt?: number | undefined;
}

export interface SignedTransaction {
  /** As a pool takes it: a blob transaction with its blobs. */
  readonly raw: string;
  readonly blobVersionedHashes: readonly string[];
}

export interface BlockTraffic {
  readonly transactions: readonly SignedTransaction[];
  /** The nonces of the senders once the block is executed. */
  readonly nonces: readonly number[];
}

/** Which transactions a block may hold: before Prague there is no type 4. */
export type Admitted = 'all' | 'before-prague' | 'none';

/** The mix of transactions that fills the blocks of a devnet. */
export interface Traffic {
  /** The senders, in the order of the nonces that {@link block} takes. */
  readonly senders: readonly string[];
  /**
   * The transactions of one block. `branch` tells blocks of one height apart; `nonces` are those of the senders at
   * the parent block. Equal arguments give equal transactions.
   */
  block(number: number, branch: number, nonces: readonly number[], admitted?: Admitted): BlockTraffic;
}

/** Adds its argument to slot 0 and logs the sum. RETURNDATASIZE stands for 0, because PUSH0 is as young as Shanghai. */
export const COUNTER_INIT_CODE = '0x6e3d353d5401803d553d5260203da0003d52600f6011f3';
const GWEI = 1_000_000_000n;
const MAX_FEE = 100n * GWEI;
const RARE_EVERY = 8;
const WITHDRAWAL_REQUEST_FEE_WEI = 1_000_000n;

/** What a pool takes in one transaction is 128 KiB, and every byte costs 10 gas (EIP-7623). */
const BALLAST_BYTES = 120_000;
const BALLAST_TRANSACTIONS = 22;

export function createTraffic(options: TrafficOptions): Traffic {
  const accounts = devAccounts(options.seed);
  const counter = getCreateAddress({ from: address(accounts, 0), nonce: 0 });
  return {
    senders: accounts.map((account) => account.address),
    block(number, branch, nonces, admitted = 'all') {
      if (admitted === 'none') return { transactions: [], nonces };
      const chance = random(`${options.seed}/${branch}/${number}`);
      const block = new BlockFiller(options.chainId, accounts, counter, nonces, chance);
      if (nonces[0] === 0 && options.txsPerBlock > 0) block.deployCounter();
      if (options.blobs && number % RARE_EVERY === 4) block.carryBlob();
      if (options.requests && number % RARE_EVERY === 6) block.requestWithdrawal();
      if (options.largeBlockAt === number) block.addBallast();
      while (block.transactions.length < options.txsPerBlock) {
        block.addAny(`${options.seed}/${branch}/${number}`, admitted === 'all');
      }
      return block;
    },
  };
}

class BlockFiller implements BlockTraffic {
  readonly transactions: SignedTransaction[] = [];
  readonly nonces: number[];

  constructor(
    private readonly chainId: number,
    private readonly accounts: readonly Account[],
    private readonly counter: string,
    nonces: readonly number[],
    private readonly random: Random,
  ) {
    this.nonces = [...nonces];
  }

  addAny(label: string, prague: boolean): void {
    const dice = this.random.integer(100);
    if (dice < 30) this.transfer();
    else if (dice < 50) this.legacyTransfer();
    else if (dice < 70) this.callWithAccessList();
    else if (dice < 92) this.callCounter();
    else if (dice < 97 || !prague) this.deployAnother();
    else this.setCode(`${label}/${this.transactions.length}`);
  }

  addBallast(): void {
    const size = { sizeBytes: BALLAST_BYTES, gasLimit: 21_000 + 10 * BALLAST_BYTES };
    for (let count = 0; count < BALLAST_TRANSACTIONS; count++) {
      const { account, nonce } = this.nextOf(0);
      const transfer = { chainId: this.chainId, nonce, to: this.anyAddress(), ...size, ...this.fees() };
      this.transactions.push({ raw: bulkyTransfer(account, transfer), blobVersionedHashes: [] });
    }
  }

  deployCounter(): void {
    this.sign(0, { type: 2, data: COUNTER_INIT_CODE, gasLimit: 200_000, ...this.fees() });
  }

  carryBlob(): void {
    const blob = { blobVersionedHashes: [EMPTY_BLOB_HASH], maxFeePerBlobGas: MAX_FEE };
    const tx = { type: 3, to: this.anyAddress(), gasLimit: 21_000, ...blob, ...this.fees() };
    this.sign(this.anySender(), tx, withEmptyBlob);
  }

  requestWithdrawal(): void {
    const publicKey = zeroPadValue(toBeHex(this.random.integer(2 ** 32)), 48);
    const data = `${publicKey}${'00'.repeat(8)}`;
    const to = SYSTEM_CONTRACTS.withdrawalQueue.address;
    const value = WITHDRAWAL_REQUEST_FEE_WEI;
    this.sign(this.anySender(), { type: 2, to, data, value, gasLimit: 300_000, ...this.fees() });
  }

  private transfer(): void {
    const value = BigInt(this.random.integer(1_000_000));
    this.sign(this.anySender(), { type: 2, to: this.anyAddress(), value, gasLimit: 21_000, ...this.fees() });
  }

  private legacyTransfer(): void {
    const value = BigInt(this.random.integer(1_000_000));
    this.sign(this.anySender(), { type: 0, to: this.anyAddress(), value, gasLimit: 21_000, gasPrice: this.price() });
  }

  private callWithAccessList(): void {
    const accessList = [{ address: this.counter, storageKeys: [toBeHex(0, 32)] }];
    const call = { to: this.counter, data: this.argument(), gasLimit: 100_000 };
    this.sign(this.anySender(), { type: 1, ...call, accessList, gasPrice: this.price() });
  }

  private callCounter(): void {
    const call = { to: this.counter, data: this.argument(), gasLimit: 100_000 };
    this.sign(this.anySender(), { type: 2, ...call, ...this.fees() });
  }

  private deployAnother(): void {
    this.sign(this.anySender(), { type: 2, data: COUNTER_INIT_CODE, gasLimit: 200_000, ...this.fees() });
  }

  /** Points a fresh account at the counter (EIP-7702) and calls it. */
  private setCode(label: string): void {
    const authority = accountOf(`lockstep devnet authority ${label}`);
    const terms = { address: this.counter, nonce: 0, chainId: this.chainId };
    const authorization = authorizationify({ ...terms, signature: signHash(authority, hashAuthorization(terms)) });
    const call = { to: authority.address, data: this.argument(), gasLimit: 200_000 };
    this.sign(this.anySender(), { type: 4, ...call, authorizationList: [authorization], ...this.fees() });
  }

  private sign(sender: number, fields: TransactionLike, asSent = (raw: string): string => raw): void {
    const { account, nonce } = this.nextOf(sender);
    const tx = Transaction.from({ chainId: this.chainId, nonce, ...fields });
    tx.signature = signHash(account, tx.unsignedHash);
    this.transactions.push({ raw: asSent(tx.serialized), blobVersionedHashes: tx.blobVersionedHashes ?? [] });
  }

  /** A sender, with the nonce of its next transaction. */
  private nextOf(sender: number): { readonly account: Account; readonly nonce: number } {
    const account = this.accounts[sender];
    const nonce = this.nonces[sender];
    if (account === undefined || nonce === undefined) throw new Error(`no sender ${sender}`);
    this.nonces[sender] = nonce + 1;
    return { account, nonce };
  }

  /** No two transactions of a block pay the same, so that a builder that sorts by price has one order only. */
  private price(): bigint {
    return 2n * GWEI + BigInt(this.transactions.length);
  }

  private fees(): { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint } {
    return { maxFeePerGas: MAX_FEE, maxPriorityFeePerGas: GWEI + BigInt(this.transactions.length) };
  }

  private argument(): string {
    return toBeHex(this.random.integer(1_000), 32);
  }

  private anySender(): number {
    return this.random.integer(this.accounts.length);
  }

  private anyAddress(): string {
    return address(this.accounts, this.anySender());
  }
}

function address(accounts: readonly Account[], index: number): string {
  const account = accounts[index];
  if (account === undefined) throw new Error(`no account ${index}`);
  return account.address;
}
