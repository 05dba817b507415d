import { keccak256 } from 'ethers/crypto';
import { Transaction } from 'ethers/transaction';
import { Wallet } from 'ethers/wallet';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { signHash } from '../../devnet/sign-hash.js';
import { fromHex, rlpBytes, rlpInteger, rlpList } from './rlp.js';
import { SeededRandom } from './random.js';

/** A transaction of the pool in the three forms the fixtures need. */
export interface PoolTransaction {
  readonly hash: string;
  /** The canonical encoding (type byte and RLP), as in a payload. */
  readonly raw: string;
  /** JSON object text as in a full block, without what depends on the block and without the closing brace. */
  readonly json: string;
}

export interface TransactionPool {
  readonly deposit: PoolTransaction;
  readonly signed: readonly PoolTransaction[];
}

export const CHAIN_ID = 901;

/** Bump it when the recipe below changes: the cache is keyed by it. */
const RECIPE = 1;
const SEED = 0x10c57e9;

/**
 * `size` signed type-2 transactions in the mix of the reference fixtures (20 % transfers, 40 % ERC-20, 25 % with about
 * 260 B and 15 % with 600 to 900 B of calldata, 3 % with an access list) and one 0x7e deposit. Signing takes seconds,
 * so the pool is kept in `cacheFolder`.
 */
export function loadTransactionPool(size: number, cacheFolder: string): TransactionPool {
  const file = path.join(cacheFolder, `transactions-${RECIPE}-${size}.json`);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TransactionPool;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const pool = makePool(size);
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(pool));
  renameSync(`${file}.${process.pid}`, file);
  return pool;
}

function makePool(size: number): TransactionPool {
  const random = new SeededRandom(SEED);
  const wallet = new Wallet(random.hex(32));
  return {
    deposit: makeDeposit(random),
    signed: Array.from({ length: size }, (_, nonce) => sign(wallet, nonce, random)),
  };
}

function sign(wallet: Wallet, nonce: number, random: SeededRandom): PoolTransaction {
  const transaction = Transaction.from({
    type: 2,
    chainId: CHAIN_ID,
    nonce,
    gasLimit: 21_000 + random.below(300_000),
    maxFeePerGas: 1_000_000 + random.below(1_000_000_000),
    maxPriorityFeePerGas: 1_000 + random.below(100_000),
    to: random.hex(20),
    value: random.below(2) === 0 ? 0n : BigInt(random.hex(8)),
    data: calldata(random),
    accessList:
      random.below(100) < 3 ? [{ address: random.hex(20), storageKeys: [random.hex(32), random.hex(32)] }] : [],
  });
  transaction.signature = signHash(wallet, transaction.unsignedHash);
  return {
    hash: keccak256(transaction.serialized),
    raw: transaction.serialized,
    json: openJson(asServed(transaction, wallet)),
  };
}

function calldata(random: SeededRandom): string {
  const kind = random.below(100);
  if (kind < 20) return '0x';
  if (kind < 60)
    return `0xa9059cbb${'00'.repeat(12)}${random.hex(20).slice(2)}${'00'.repeat(24)}${random.hex(8).slice(2)}`;
  return random.hex(kind < 85 ? 240 + random.below(40) : 600 + random.below(300));
}

function asServed(transaction: Transaction, wallet: Wallet): Record<string, unknown> {
  const { signature } = transaction;
  if (signature === null) throw new Error('the fixture transaction is not signed');
  const parity = quantity(signature.yParity);
  return {
    type: '0x2',
    chainId: quantity(transaction.chainId),
    nonce: quantity(transaction.nonce),
    gas: quantity(transaction.gasLimit),
    gasPrice: quantity(transaction.maxFeePerGas ?? 0n),
    maxFeePerGas: quantity(transaction.maxFeePerGas ?? 0n),
    maxPriorityFeePerGas: quantity(transaction.maxPriorityFeePerGas ?? 0n),
    to: transaction.to?.toLowerCase() ?? null,
    value: quantity(transaction.value),
    input: transaction.data,
    accessList: (transaction.accessList ?? []).map(({ address, storageKeys }) => ({
      address: address.toLowerCase(),
      storageKeys,
    })),
    from: wallet.address.toLowerCase(),
    hash: keccak256(transaction.serialized),
    v: parity,
    yParity: parity,
    r: quantity(BigInt(signature.r)),
    s: quantity(BigInt(signature.s)),
  };
}

/** An OP Stack deposit (specs: deposits, "The Deposited Transaction Type"), which ethers cannot make. */
function makeDeposit(random: SeededRandom): PoolTransaction {
  const [sourceHash, from, to, input] = [random.hex(32), random.hex(20), random.hex(20), random.hex(164)];
  const gas = 1_000_000;
  const fields = [
    rlpBytes(fromHex(sourceHash)),
    rlpBytes(fromHex(from)),
    rlpBytes(fromHex(to)),
    rlpInteger(0),
    rlpInteger(0),
    rlpInteger(gas),
    rlpInteger(0),
    rlpBytes(fromHex(input)),
  ];
  const raw = `0x7e${rlpList(fields).toString('hex')}`;
  const hash = keccak256(raw);
  const served = {
    type: '0x7e',
    sourceHash,
    from,
    to,
    mint: '0x0',
    value: '0x0',
    gas: quantity(gas),
    isSystemTx: false,
    input,
  };
  const made = { nonce: '0x0', gasPrice: '0x0', v: '0x0', r: '0x0', s: '0x0', depositReceiptVersion: '0x1', hash };
  return { hash, raw, json: openJson({ ...served, ...made }) };
}

function openJson(fields: Record<string, unknown>): string {
  return JSON.stringify(fields).slice(0, -1);
}

function quantity(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
