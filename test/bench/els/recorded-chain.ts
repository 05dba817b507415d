import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launchEl, type ElKind } from '../../../devnet/els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP, type Genesis } from '../../../devnet/genesis.js';
import { ALL_AT_GENESIS, createOpGenesis } from '../../../devnet/op-stack/genesis.js';
import { createProducer } from '../../../devnet/producer/producer.js';
import { rpcClient, type RpcClient } from '../../../devnet/rpc.js';
import { isJsonObject, type JsonObject } from '../../../src/util/json.js';
import type { ServedBlock } from '../block-forms.js';
import type { SourceChain } from '../source-state.js';

export type Family = 'ethereum' | 'op';

export interface RecordedShape {
  readonly family: Family;
  readonly blocks: number;
  readonly txsPerBlock: number;
}

/** One line of the file. */
interface RecordedBlock {
  readonly raw: string;
  /** `eth_getBlockByNumber` with whole transactions, as the EL served it. */
  readonly full: JsonObject;
}

/** Bump it when the recipe below changes: the cache is keyed by it. */
const RECIPE = 1;
const SEED = 'bench';
const LABELS = { safeDistance: 32, finalizedDistance: 64 };
const BLOCK_TIME_MS = 1_000;
const BLOCKS_PER_READ = 50;

const MAKERS: Readonly<Record<Family, ElKind>> = { ethereum: 'geth', op: 'op-geth' };

export function genesisOf(family: Family): Genesis {
  const options = { seed: SEED, timestamp: FIXED_GENESIS_TIMESTAMP };
  return family === 'op' ? createOpGenesis({ ...options, forks: ALL_AT_GENESIS }) : createGenesis(options);
}

/** The file with that chain. Making it takes up to a minute, so it is kept in `cacheFolder`. */
export async function recordedChainFile(shape: RecordedShape, cacheFolder: string): Promise<string> {
  const { family, blocks, txsPerBlock } = shape;
  const key = createHash('sha256')
    .update(JSON.stringify([RECIPE, SEED, genesisOf(family)]))
    .digest('hex');
  const file = path.join(cacheFolder, `chain-${family}-${blocks}x${txsPerBlock}-${key.slice(0, 12)}.ndjson`);
  if (existsSync(file)) return file;
  const lines = await record(shape);
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  renameSync(`${file}.${process.pid}`, file);
  return file;
}

async function record({ family, blocks, txsPerBlock }: RecordedShape): Promise<RecordedBlock[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-chain-'));
  const jwtSecretFile = path.join(folder, 'jwt.hex');
  writeFileSync(jwtSecretFile, 'cd'.repeat(32), { mode: 0o600 });
  const el = await launchEl(MAKERS[family], { dataDir: folder, genesis: genesisOf(family), jwtSecretFile });
  try {
    const options = { seed: SEED, txsPerBlock, blockTimeMs: BLOCK_TIME_MS, ...LABELS, forks: ALL_AT_GENESIS };
    const producer = await createProducer(el, options);
    await producer.produce(blocks);
    return await readAll(rpcClient(el.httpUrl), blocks);
  } finally {
    await el.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readAll(el: RpcClient, last: number): Promise<RecordedBlock[]> {
  const read: RecordedBlock[] = [];
  for (let first = 0; first <= last; first += BLOCKS_PER_READ) {
    const heights = Array.from({ length: Math.min(BLOCKS_PER_READ, last - first + 1) }, (_, i) => first + i);
    const tags = heights.map((height) => `0x${height.toString(16)}`);
    const raws = await el.batch(tags.map((tag) => ({ method: 'debug_getRawBlock', params: [tag] })));
    const fulls = await el.batch(tags.map((tag) => ({ method: 'eth_getBlockByNumber', params: [tag, true] })));
    for (const [index, height] of heights.entries()) {
      const [raw, full] = [raws[index], fulls[index]];
      if (raw?.ok !== true || typeof raw.result !== 'string' || full?.ok !== true || !isJsonObject(full.result)) {
        throw new Error(`block ${height} cannot be read back`);
      }
      read.push({ raw: raw.result, full: full.result });
    }
  }
  return read;
}

export function loadRecordedChain(file: string): SourceChain {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const blocks = lines.map((line, number) => servedBlock(JSON.parse(line) as RecordedBlock, number));
  const chainId = file.includes('chain-op-') ? genesisOf('op').config.chainId : genesisOf('ethereum').config.chainId;
  return { chainId, blocks };
}

function servedBlock({ raw, full }: RecordedBlock, number: number): ServedBlock {
  const { transactions, ...header } = full;
  const { hash } = header;
  if (typeof hash !== 'string') throw new Error(`block ${number} was recorded without its hash`);
  const listed = Array.isArray(transactions) ? transactions : [];
  const hashes = listed.map((transaction) => (isJsonObject(transaction) ? (transaction['hash'] ?? null) : null));
  return {
    number,
    hash,
    raw: () => JSON.stringify(raw),
    full: () => JSON.stringify(full),
    light: () => JSON.stringify({ ...header, transactions: hashes }),
    header: () => JSON.stringify(header),
  };
}
