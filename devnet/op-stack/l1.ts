import { id } from 'ethers/hash';
import { zeroPadValue } from 'ethers/utils';
import { setTimeout as wait } from 'node:timers/promises';
import type { BlockRef, Labels } from '../../src/chain/block.js';
import { toHash, type Hex } from '../../src/util/hex.js';
import { isJsonObject } from '../../src/util/json.js';
import { type Account, accountOf } from '../accounts.js';
import type { RunningEl } from '../els/el.js';
import { createGenesis, DEV_BALANCE, type Genesis } from '../genesis.js';
import { readHeads, readRef } from '../heads.js';
import { engineDriver, type EngineDriver, type EngineFork } from '../producer/engine-driver.js';
import { Ticker } from '../producer/ticker.js';
import { rpcClient, type RpcClient } from '../rpc.js';
import { L1_ADDRESSES, L1_CHAIN_ID } from './rollup-config.js';

/** keccak of "systemconfig.unsafeblocksigner": op-node reads who signs gossiped blocks there (opstack 2). */
const BLOCK_SIGNER_SLOT: Hex = '0x65a7ed542fb37fe237fdfbdd70b31598523fe5b32879e307bae27a0bd9581c08';

/** Pays for the batches on L1. Its key is public knowledge, like those of all accounts of a devnet. */
export function batcherAccount(seed: string): Account {
  return accountOf(`lockstep devnet batcher ${seed}`);
}

/** The genesis of the L1: every fork up to Prague, and a batcher with funds. */
export function createL1Genesis(seed: string, timestamp: number): Genesis {
  const genesis = createGenesis({ seed, timestamp });
  const batcher = batcherAccount(seed).address.toLowerCase() as Hex;
  // op-node reads the file as well, and refuses a field that its own geth does not know.
  const { terminalTotalDifficultyPassed: _, ...config } = genesis.config;
  return {
    ...genesis,
    config: { ...config, chainId: L1_CHAIN_ID, depositContractAddress: `0x${'00'.repeat(19)}de` },
    alloc: {
      ...genesis.alloc,
      [batcher]: { balance: DEV_BALANCE },
      [L1_ADDRESSES.systemConfig]: {
        balance: '0x0',
        storage: { [BLOCK_SIGNER_SLOT]: zeroPadValue(batcher, 32) as Hex },
      },
    },
  };
}

export interface L1Options {
  readonly blockTimeMs: number;
  /** How many blocks the labels trail behind the head. */
  readonly safeDistance: number;
  readonly finalizedDistance: number;
}

/** The L1's client picks up its pool for this long before the block is taken. */
/** The newest fork that the L1 has, from genesis on. */
const FORK: EngineFork = 'prague';

const BUILD_MS = 100;

/** Makes the blocks of the L1 out of the pool of its execution client, as a consensus client would. */
export class L1BlockMaker {
  private readonly http: RpcClient;
  private readonly driver: EngineDriver;
  private readonly ticker: Ticker;

  constructor(
    el: Pick<RunningEl, 'httpUrl' | 'engineUrl' | 'jwtSecretFile'>,
    private readonly options: L1Options,
  ) {
    this.http = rpcClient(el.httpUrl);
    this.driver = engineDriver(rpcClient(el.engineUrl, el.jwtSecretFile));
    this.ticker = new Ticker(options.blockTimeMs, () => this.makeBlock());
  }

  /** One block per block time until {@link stop}. */
  start(): void {
    this.ticker.start(Number.POSITIVE_INFINITY);
  }

  /** Waits for the block in work. */
  stop(): Promise<void> {
    return this.ticker.stop();
  }

  /** What ended the blocks, or null. */
  get failure(): unknown {
    return this.ticker.failure;
  }

  private async makeBlock(): Promise<void> {
    const { unsafe: parent } = await readHeads(this.http);
    const timestamp = Math.max(parent.timestamp + 1, Math.floor(Date.now() / 1_000));
    const root = id(`l1/${parent.number + 1}`);
    const attributes = {
      timestamp: `0x${timestamp.toString(16)}`,
      prevRandao: root,
      suggestedFeeRecipient: `0x${'00'.repeat(20)}`,
      withdrawals: [],
      parentBeaconBlockRoot: root,
    };
    const payloadId = await this.driver.forkchoice(parent, await this.labels(parent), { fork: FORK, attributes });
    await wait(BUILD_MS);
    const envelope = await this.driver.getPayload(payloadId, FORK);
    const { executionPayload: payload = null, executionRequests = [] } = envelope;
    if (!isJsonObject(payload) || !Array.isArray(executionRequests)) throw new Error('the L1 built no payload');
    const beside = { blobVersionedHashes: [], parentBeaconBlockRoot: root, executionRequests };
    await this.driver.newPayload({ fork: FORK, payload, ...beside });
    const hash = toHash(payload['blockHash']);
    if (hash === undefined) throw new Error('the L1 built a payload without a hash');
    const head = { number: parent.number + 1, hash, parentHash: parent.hash, timestamp };
    await this.driver.forkchoice(head, await this.labels(head));
  }

  private async labels(head: BlockRef): Promise<Labels> {
    const { safeDistance, finalizedDistance } = this.options;
    return {
      safe: await readRef(this.http, Math.max(0, head.number - safeDistance)),
      finalized: await readRef(this.http, Math.max(0, head.number - finalizedDistance)),
    };
  }
}
