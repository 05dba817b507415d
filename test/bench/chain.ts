import { createKeccak } from 'hash-wasm';
import { type Keccak, orderedTrieRoot } from './ordered-trie.js';
import { SeededRandom } from './random.js';
import { fromHex, rlpBytes, rlpInteger, rlpList } from './rlp.js';
import type { PoolTransaction, TransactionPool } from './transactions.js';

export interface ChainShape {
  /** Blocks after genesis. */
  readonly blocks: number;
  /** Signed transactions per block; one deposit comes before them. */
  readonly transactionsPerBlock: number;
  readonly blockTimeS?: number;
  /** Of genesis, in seconds. */
  readonly timestamp?: number;
  /** From the block after this one on it is another branch of the same chain. */
  readonly branchesAt?: number;
}

/** One block of the fixture chain: a Cancun header, so that it goes by engine_newPayloadV3. */
export interface FixtureBlock {
  readonly number: number;
  readonly hash: string;
  readonly header: Readonly<Record<string, string>>;
  readonly headerRlp: Buffer;
  readonly transactions: readonly PoolTransaction[];
}

const GENESIS_TIMESTAMP = 1_700_000_000;
const BLOCK_TIME_S = 2;
const BRANCH_SEED = 0xb4a2c4;
const GAS_LIMIT = 60_000_000;
const SEED = 0xb10c;

export async function createKeccak256(): Promise<Keccak> {
  const hasher = await createKeccak(256);
  return (bytes) => Buffer.from(hasher.init().update(bytes).digest('binary'));
}

/**
 * A linked chain from its genesis up to `blocks`, with true header hashes and transactions roots. It is a pure function
 * of the pool and the shape: every process of a run builds the same one.
 */
export async function buildChain(shape: ChainShape, pool: TransactionPool): Promise<FixtureBlock[]> {
  const keccak = await createKeccak256();
  let random = new SeededRandom(SEED);
  const bodies = new Bodies(pool, shape.transactionsPerBlock, keccak);
  const { timestamp = GENESIS_TIMESTAMP, blockTimeS = BLOCK_TIME_S } = shape;
  const blocks: FixtureBlock[] = [];
  let parentHash = `0x${'00'.repeat(32)}`;
  for (let number = 0; number <= shape.blocks; number += 1) {
    const place = { number, parentHash, timestamp: timestamp + blockTimeS * number };
    const block = makeBlock(place, bodies.at(number), random, keccak);
    blocks.push(block);
    parentHash = block.hash;
    if (number === shape.branchesAt) random = new SeededRandom(BRANCH_SEED);
  }
  return blocks;
}

interface Body {
  readonly transactions: readonly PoolTransaction[];
  readonly root: Buffer;
}

/** Each block takes another run of the pool, until all runs were had: so long no two blocks have the same root. */
class Bodies {
  readonly #pool: TransactionPool;
  readonly #count: number;
  readonly #keccak: Keccak;
  readonly #made = new Map<number, Body>();

  constructor(pool: TransactionPool, count: number, keccak: Keccak) {
    this.#pool = pool;
    this.#count = count;
    this.#keccak = keccak;
  }

  at(number: number): Body {
    const start = number === 0 ? -1 : this.#count === 0 ? 0 : (number * 7) % this.#pool.signed.length;
    const body = this.#made.get(start) ?? this.#make(start);
    this.#made.set(start, body);
    return body;
  }

  #make(start: number): Body {
    const { deposit, signed } = this.#pool;
    const picked = Array.from({ length: this.#count }, (_, i) => signed[(start + i) % signed.length]);
    const transactions = start < 0 ? [] : [deposit, ...picked.filter((transaction) => transaction !== undefined)];
    const values = transactions.map(({ raw }) => fromHex(raw));
    return { transactions, root: orderedTrieRoot(values, this.#keccak) };
  }
}

function makeBlock(
  { number, parentHash, timestamp }: { number: number; parentHash: string; timestamp: number },
  { transactions, root }: Body,
  random: SeededRandom,
  keccak: Keccak,
): FixtureBlock {
  const header = {
    parentHash,
    sha3Uncles: `0x${keccak(rlpList([])).toString('hex')}`,
    miner: random.hex(20),
    stateRoot: random.hex(32),
    transactionsRoot: `0x${root.toString('hex')}`,
    receiptsRoot: random.hex(32),
    logsBloom: random.hex(256),
    difficulty: '0x0',
    number: quantity(number),
    gasLimit: quantity(GAS_LIMIT),
    gasUsed: quantity(Math.min(GAS_LIMIT, 21_000 * transactions.length)),
    timestamp: quantity(timestamp),
    extraData: '0x',
    mixHash: random.hex(32),
    nonce: '0x0000000000000000',
    baseFeePerGas: quantity(1_000_000),
    withdrawalsRoot: `0x${orderedTrieRoot([], keccak).toString('hex')}`,
    blobGasUsed: '0x0',
    excessBlobGas: '0x0',
    parentBeaconBlockRoot: random.hex(32),
  };
  const headerRlp = rlpList(Object.entries(header).map(([name, value]) => encodeField(name, value)));
  return { number, hash: `0x${keccak(headerRlp).toString('hex')}`, header, headerRlp, transactions };
}

const INTEGER_FIELDS = new Set([
  'difficulty',
  'number',
  'gasLimit',
  'gasUsed',
  'timestamp',
  'baseFeePerGas',
  'blobGasUsed',
  'excessBlobGas',
]);

function encodeField(name: string, value: string): Buffer {
  return INTEGER_FIELDS.has(name) ? rlpInteger(BigInt(value)) : rlpBytes(fromHex(value));
}

export function quantity(value: number): string {
  return `0x${value.toString(16)}`;
}
