import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createBlockchain } from '@ethereumjs/blockchain';
import { EthereumClient } from '@ethereumjs/client/dist/esm/src/client.js';
import { Config, SyncMode } from '@ethereumjs/client/dist/esm/src/config.js';
import { LevelDB } from '@ethereumjs/client/dist/esm/src/execution/level.js';
import {
  createRPCServer,
  createRPCServerListener,
  getClientVersion,
  MethodConfig,
} from '@ethereumjs/client/dist/esm/src/util/index.js';
import { createCommonFromGethGenesis, parseGethGenesisState, type GethGenesis } from '@ethereumjs/common';
import { bytesToHex } from '@ethereumjs/util';
import type { Level } from 'level';
import { MemoryLevel } from 'memory-level';
import { rememberBlocks } from './block-cache.js';
import { buildInLinearTime } from './block-builder.js';
import { fastCrypto } from './crypto.js';
import { memoiseCommonParams } from './params-cache.js';
import { readAccountsOncePerHead } from './pool-accounts.js';
import { RemindingRpcManager } from './rpc-manager.js';
import { admitSetCodeTransactions } from './tx-pool.js';

export interface NodeOptions {
  readonly genesis: GethGenesis;
  readonly jwtSecret: Uint8Array;
  /** 0 takes a free port. */
  readonly httpPort: number;
  readonly enginePort: number;
  /** Where the databases are kept; null keeps them in memory. */
  readonly dataDir: string | null;
}

export interface Node {
  readonly version: string;
  readonly genesisHash: string;
  readonly httpPort: number;
  readonly enginePort: number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Receipt indexes are written without being awaited; the databases must outlive them. */
const LATE_WRITES_MS = 150;

/** An execution client without peers: it does what its Engine API says and nothing else. */
export async function startNode(options: NodeOptions): Promise<Node> {
  memoiseCommonParams();
  buildInLinearTime();
  const databases = await openDatabases(options.dataDir);
  const client = await openClient(options.genesis, databases);
  await client.start();
  const rpc = await listen(client, options);
  return {
    version: getClientVersion(),
    genesisHash: bytesToHex(client.chain.genesis.hash()),
    httpPort: rpc.httpPort,
    enginePort: rpc.enginePort,
    async close() {
      await rpc.close();
      await client.stop();
      await wait(LATE_WRITES_MS);
      const { chainDB, stateDB, metaDB } = databases;
      await Promise.all([chainDB.close(), stateDB.close(), metaDB.close()]);
    },
  };
}

type Key = string | Uint8Array;
type Database = NonNullable<ConstructorParameters<typeof LevelDB>[0]>;

interface Databases {
  readonly chainDB: Database;
  readonly stateDB: Database;
  readonly metaDB: Database;
}

async function openDatabases(dataDir: string | null): Promise<Databases> {
  if (dataDir === null) {
    return { chainDB: new MemoryLevel(), stateDB: new MemoryLevel(), metaDB: new MemoryLevel() };
  }
  // Loaded here because its native part takes a tenth of a start, and most chains are kept in memory.
  const { Level } = await import('level');
  const open = (name: string): Database => {
    const directory = join(dataDir, name);
    mkdirSync(directory, { recursive: true });
    // The client declares the interface of a newer Level than the one it brings, and calls only what both have.
    return new Level<Key, Key>(directory) as Level<Key, Key> & Database;
  };
  return { chainDB: open('chain'), stateDB: open('state'), metaDB: open('meta') };
}

async function openClient(genesis: GethGenesis, databases: Databases): Promise<EthereumClient> {
  const common = createCommonFromGethGenesis(genesis, { chain: 'devnet', customCrypto: await fastCrypto() });
  const config = new Config({
    common,
    syncmode: SyncMode.None,
    isSingleNode: true,
    saveReceipts: true,
    discDns: false,
    discV4: false,
    accountCache: 10_000,
    storageCache: 5_000,
    codeCache: 1_000,
    trieCache: 20_000,
    // The stock limits leave blocks of more than 200 transactions and deep reorgs in SYNCING for ever.
    engineNewpayloadMaxExecute: 1_000,
    engineParentLookupMaxDepth: 10_000,
    engineNewpayloadMaxTxsExecute: 100_000,
  });
  const genesisState = parseGethGenesisState(genesis);
  const blockchain = await createBlockchain({
    db: new LevelDB(databases.chainDB),
    genesisState,
    common: config.chainCommon,
    hardforkByHeadBlockNumber: true,
    validateBlocks: true,
    validateConsensus: false,
  });
  rememberBlocks(blockchain.dbManager);
  config.chainCommon.setForkHashes(blockchain.genesisBlock.hash());
  const client = await EthereumClient.create({ config, blockchain, genesisState, ...databases });
  await client.open();
  await dropUnexecuted(client);
  // A flag that an earlier run left in the skeleton would answer SYNCING to everything after a reorg and a restart.
  await client.service.skeleton?.reset();
  admitSetCodeTransactions(client.service.txPool);
  readAccountsOncePerHead(client);
  config.updateSynchronizedState(client.chain.headers.latest);
  client.service.txPool.checkRunState();
  return client;
}

/**
 * The client writes the new head before it executes it. A process that ends in between would come back with a head that
 * it calls SYNCING for ever; like other clients, it comes back with the last head that it has executed.
 */
async function dropUnexecuted({ chain }: EthereumClient): Promise<void> {
  const executed = await chain.blockchain.getIteratorHead();
  if (executed.header.number < chain.headers.height) await chain.resetCanonicalHead(executed.header.number);
}

interface Listeners {
  readonly httpPort: number;
  readonly enginePort: number;
  close(): Promise<void>;
}

async function listen(client: EthereumClient, options: NodeOptions): Promise<Listeners> {
  const manager = new RemindingRpcManager(client);
  const silent = { rpcDebug: '', rpcDebugVerbose: '' };
  const http = createRPCServerListener({
    server: createRPCServer(manager, { methodConfig: MethodConfig.WithoutEngine, ...silent }).server,
  });
  const engine = createRPCServerListener({
    server: createRPCServer(manager, { methodConfig: MethodConfig.EngineOnly, ...silent }).server,
    withEngineMiddleware: { jwtSecret: options.jwtSecret },
  });
  return {
    httpPort: await bind(http, options.httpPort),
    enginePort: await bind(engine, options.enginePort),
    close: async () => {
      await Promise.all([unbind(http), unbind(engine)]);
    },
  };
}

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function unbind(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
