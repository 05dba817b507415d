import type { BlockRef, Heads } from '../chain/block.js';
import { type Hash, type Hex, toData, toHash, toNumber } from '../util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../util/json.js';
import { RpcTransport } from '../util/rpc.js';
import { schemaError } from './answer.js';
import { EngineClient } from './client.js';
import { readBlockAt, readHeads } from './heads.js';
import { createTokenSigner } from './jwt.js';

/** A block of the EL with what an output root is made of; null where its fork has no such field. */
export interface LocalBlock {
  readonly ref: BlockRef;
  readonly stateRoot: Hash;
  readonly withdrawalsRoot: Hash | null;
  readonly requestsHash: Hash | null;
}

export interface FirstTransaction {
  /** As in its canonical encoding, 0x7e for a deposit. */
  readonly type: number;
  readonly input: Hex;
}

/** Reads of the local EL on behalf of others, beside those of the loop. They reject with ENGINE_* or ABORTED. */
export interface ChainReader {
  /** latest, safe and finalized of one batch; an unset label is null. */
  heads(signal: AbortSignal): Promise<Heads>;
  /** Its canonical block at a height, or null when it has none. */
  blockAt(number: number, signal: AbortSignal): Promise<LocalBlock | null>;
  /** Null where the EL has no such block, or the block no transaction. */
  firstTransaction(block: Hash, signal: AbortSignal): Promise<FirstTransaction | null>;
  /** Root of the storage of an account at a block, by eth_getProof: the EL needs the state of that block. */
  storageRoot(account: Hex, block: Hash, signal: AbortSignal): Promise<Hash>;
  close(): Promise<void>;
}

interface ChainReaderOptions {
  /** The EL's public RPC, or its engine port. */
  readonly url: string;
  /** Null: the URL is no engine port and gets no token. */
  readonly jwtSecret: Buffer | null;
  readonly timeoutMs: number;
}

/** Connections of its own: whoever asks much waits for himself, and not the loop for him. */
const CONNECTIONS = 2;
/** A block with all its transactions, of which only the first is of use. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
const MAX_INPUT_BYTES = 1_024;

/** @throws LockstepError CONFIG_INVALID for an unusable URL */
export function createChainReader({ url, jwtSecret, timeoutMs }: ChainReaderOptions): ChainReader {
  const transport = new RpcTransport({
    peer: 'ENGINE',
    url,
    headers: {},
    timeoutMs,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    maxConnections: CONNECTIONS,
  });
  const signer = jwtSecret === null ? null : createTokenSigner(jwtSecret, Date.now);
  return new HttpChainReader(new EngineClient(transport, signer, { timeoutMs, drainMs: 0 }));
}

class HttpChainReader implements ChainReader {
  readonly #client: EngineClient;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  heads(signal: AbortSignal): Promise<Heads> {
    return readHeads(this.#client, signal);
  }

  async blockAt(number: number, signal: AbortSignal): Promise<LocalBlock | null> {
    const found = await readBlockAt(this.#client, number, signal);
    if (found === null) return null;
    const { ref, block } = found;
    return { ref, ...readRoots(block as JsonObject, number) };
  }

  async firstTransaction(block: Hash, signal: AbortSignal): Promise<FirstTransaction | null> {
    // The engine port of reth serves no single transaction, and every EL whole blocks.
    const found = await this.#client.call({ method: 'eth_getBlockByHash', params: [block, true] }, signal);
    if (found === null) return null;
    if (!isJsonObject(found) || !Array.isArray(found['transactions'])) throw schemaError('a block is not a block');
    const [first] = found['transactions'] as readonly JsonValue[];
    return first === undefined ? null : readTransaction(first);
  }

  async storageRoot(account: Hex, block: Hash, signal: AbortSignal): Promise<Hash> {
    const params = [account, [], { blockHash: block }];
    const proof = await this.#client.call({ method: 'eth_getProof', params }, signal);
    const root = isJsonObject(proof) ? toHash(proof['storageHash']) : undefined;
    if (root === undefined) throw schemaError('eth_getProof answered no storageHash');
    return root;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function readRoots(block: JsonObject, number: number): Omit<LocalBlock, 'ref'> {
  const optional = (field: string): Hash | null => {
    const value = block[field];
    if (value === undefined || value === null) return null;
    const root = toHash(value);
    if (root === undefined) throw schemaError(`${field} of block ${number} is not a hash`);
    return root;
  };
  const stateRoot = optional('stateRoot');
  if (stateRoot === null) throw schemaError(`block ${number} lacks stateRoot`);
  return { stateRoot, withdrawalsRoot: optional('withdrawalsRoot'), requestsHash: optional('requestsHash') };
}

/** A long input is cut: it is no L1-attributes call. */
function readTransaction(transaction: JsonValue): FirstTransaction {
  if (!isJsonObject(transaction)) throw schemaError('a transaction is not an object');
  return { type: toNumber(transaction['type']) ?? 0, input: toData(transaction['input'], MAX_INPUT_BYTES) ?? '0x' };
}
