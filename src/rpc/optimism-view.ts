import type { BlockRef } from '../chain/block.js';
import type { SyncStatus } from '../chain/sync-status.js';
import type { ChainReader } from '../engine/chain-reader.js';
import type { FollowHooks } from '../follow/state.js';
import type { ConsensusChain, ConsensusClient } from '../source/source.js';
import { toHash, ZERO_HASH } from '../util/hex.js';
import { isJsonObject, type JsonObject } from '../util/json.js';
import { SharedRead } from '../util/shared-read.js';
import { L1View, type OwnHeads } from './l1-view.js';
import { Origins } from './origins.js';
import { MESSAGE_PASSER, OUTPUT_VERSION, outputRoot, storageRootInHeader } from './output-root.js';
import { refusal } from './refusal.js';

interface OptimismParts {
  readonly chain: ChainReader;
  /** Null where the source's EL alone is followed: nothing is known of L1 then. */
  readonly consensus: ConsensusClient | null;
  readonly now: () => number;
  /** Told once when a sync status without L1 blocks was asked for, since it knows no consensus client. */
  readonly onNoL1: () => void;
}

interface Genesis {
  readonly number: number;
  readonly l1origin: { readonly hash: string; readonly number: number };
}

/** Whoever asks gets an answer no older than this. */
const STATUS_KEEP_MS = 100;
/** It changes when the consensus client of the source is upgraded. */
const CONFIG_KEEP_MS = 60_000;
/** A configuration has 2 kB; a batch that asks for it many times is answered from memory. */
const MAX_CONFIG_CHARS = 65_536;
/** The consensus client of the source may be slow; whoever asks us waits no longer for it than this. */
const CONFIG_DEADLINE_MS = 5_000;

/** Reads of the EL end by their own deadline, and when it is closed. */
const NEVER = new AbortController().signal;

const UNKNOWN_ORIGIN = { hash: ZERO_HASH, number: 0 };
const ZERO_L1: BlockRef = { hash: ZERO_HASH, number: 0, parentHash: ZERO_HASH, timestamp: 0 };

/** What a consensus client of the OP Stack is asked for, told of the local EL: never a block that it does not have. */
export class OptimismView {
  readonly #parts: OptimismParts;
  readonly #origins: Origins;
  readonly #l1 = new L1View();
  readonly #status: SharedRead<JsonObject>;
  readonly #config: SharedRead<ConsensusChain>;
  #saidNoL1 = false;

  constructor(parts: OptimismParts) {
    this.#parts = parts;
    this.#origins = new Origins(parts.chain);
    this.#status = new SharedRead(() => this.#readStatus(), STATUS_KEEP_MS, parts.now);
    this.#config = new SharedRead(() => this.#readConfig(), CONFIG_KEEP_MS, parts.now);
  }

  /** The same hooks; what they tell of L1 is kept. */
  watch(hooks: FollowHooks): FollowHooks {
    return {
      ...hooks,
      onBlock: (payload) => {
        if (payload.l1Origin !== null) this.#origins.note(payload.ref.hash, payload.l1Origin);
        hooks.onBlock(payload);
      },
      onStatus: (status) => {
        this.#l1.note(status);
        hooks.onStatus(status);
      },
    };
  }

  /** @throws LockstepError ENGINE_*; JSONRPCErrorException where the chain is not of the OP Stack */
  syncStatus(): Promise<JsonObject> {
    return this.#status.get();
  }

  /** That of the source's consensus client. @throws LockstepError SOURCE_*, ENGINE_*; JSONRPCErrorException */
  async rollupConfig(): Promise<JsonObject> {
    return (await this.#config.get()).config;
  }

  /** @throws LockstepError ENGINE_*; JSONRPCErrorException where the EL has no such block */
  async outputAtBlock(number: number): Promise<JsonObject> {
    const block = await this.#parts.chain.blockAt(number, NEVER);
    if (block === null) throw refusal('not-available', 'not-found', `block ${number} not found in the EL`);
    const storageRoot =
      storageRootInHeader(block) ?? (await this.#parts.chain.storageRoot(MESSAGE_PASSER, block.ref.hash, NEVER));
    return {
      version: OUTPUT_VERSION,
      outputRoot: outputRoot(block, storageRoot),
      blockRef: { ...(await this.#l2Ref(block.ref)) },
      withdrawalStorageRoot: storageRoot,
      stateRoot: block.stateRoot,
      syncStatus: await this.syncStatus(),
    };
  }

  async #readStatus(): Promise<JsonObject> {
    const heads = await this.#parts.chain.heads(NEVER);
    // An EL that was told no label has its genesis as safe and final block, as op-node has it.
    const finalized = heads.finalized ?? (await this.#genesisRef());
    const safe = heads.safe ?? finalized;
    const reached = await this.#reached({ unsafe: heads.unsafe, safe });
    const l1 = this.#l1.newest?.l1;
    const [unsafeRef, safeRef, finalizedRef] = [
      await this.#l2Ref(heads.unsafe),
      await this.#l2Ref(safe),
      await this.#l2Ref(finalized),
    ];
    const localSafe = reached?.localSafe ?? safe;
    const l1Finalized = l1Ref(l1?.finalized);
    this.#tellNoL1();
    return {
      current_l1: l1Ref(reached?.currentL1),
      current_l1_finalized: l1Finalized,
      head_l1: l1Ref(l1?.head),
      safe_l1: l1Ref(l1?.safe),
      finalized_l1: l1Finalized,
      unsafe_l2: unsafeRef,
      safe_l2: safeRef,
      finalized_l2: finalizedRef,
      pending_safe_l2: safeRef,
      local_safe_l2: await this.#l2Ref(localSafe),
      cross_unsafe_l2: unsafeRef,
    };
  }

  /** The newest status whose safe and local safe blocks the EL has: its current_l1 is true of the EL as well. */
  async #reached(own: OwnHeads): Promise<SyncStatus | null> {
    const status = this.#l1.upTo(own);
    for (const ref of [status?.safe, status?.localSafe]) {
      if (ref === null || ref === undefined || ref.hash === own.safe.hash) continue;
      const block = await this.#parts.chain.blockAt(ref.number, NEVER);
      if (block?.ref.hash !== ref.hash) return null;
    }
    return status;
  }

  async #l2Ref(ref: BlockRef): Promise<JsonObject> {
    const { number, hash, parentHash, timestamp } = ref;
    const block = { hash, number, parentHash, timestamp };
    const origin = await this.#origins.of(ref, NEVER);
    if (origin !== null) {
      const { sequenceNumber } = origin;
      return { ...block, l1origin: { hash: origin.hash, number: origin.number }, sequenceNumber };
    }
    const genesis = await this.#genesis();
    if (number !== genesis.number) {
      const message = `block ${number} of the EL has no L1 attributes: this is no chain of the OP Stack`;
      throw refusal('not-available', 'not-op-stack', message);
    }
    return { ...block, l1origin: genesis.l1origin, sequenceNumber: 0 };
  }

  async #genesisRef(): Promise<BlockRef> {
    const { number } = await this.#genesis();
    const block = await this.#parts.chain.blockAt(number, NEVER);
    if (block !== null) return block.ref;
    throw refusal('not-available', 'no-genesis', `the EL has no label, and no genesis block ${number} either`);
  }

  /** Where the chain begins. Without a rollup configuration that is block 0, of an L1 block that is not known. */
  async #genesis(): Promise<Genesis> {
    try {
      const { genesis, config } = await this.#config.get();
      return { number: genesis.number, l1origin: l1Genesis(config) };
    } catch {
      return { number: 0, l1origin: UNKNOWN_ORIGIN };
    }
  }

  async #readConfig(): Promise<ConsensusChain> {
    const { consensus, chain } = this.#parts;
    if (consensus === null) {
      const message = 'the rollup configuration is not known: it is that of --l2.follow.source.cl, which is not set';
      throw refusal('not-available', 'no-consensus-client', message);
    }
    const told = await consensus.chain(AbortSignal.timeout(CONFIG_DEADLINE_MS));
    if (told === null) {
      const message = 'the consensus client of the source does not serve its rollup configuration';
      throw refusal('not-available', 'config-not-served', message);
    }
    if (JSON.stringify(told.config).length > MAX_CONFIG_CHARS) {
      const message = `the consensus client of the source serves a rollup configuration of more than ${MAX_CONFIG_CHARS} characters`;
      throw refusal('not-available', 'config-too-large', message);
    }
    const own = await chain.blockAt(told.genesis.number, NEVER);
    if (own === null || own.ref.hash === told.genesis.hash) return told;
    throw refusal('not-available', 'other-chain', 'the consensus client of the source is of another chain than the EL');
  }

  #tellNoL1(): void {
    if (this.#saidNoL1 || this.#parts.consensus !== null) return;
    this.#saidNoL1 = true;
    this.#parts.onNoL1();
  }
}

/** A block that is not known is all zeros, as op-node writes it. */
function l1Ref(ref: BlockRef | null | undefined): JsonObject {
  const { hash, number, parentHash, timestamp } = ref ?? ZERO_L1;
  return { hash, number, parentHash, timestamp };
}

/** The L1 block that the chain begins with, out of its rollup configuration. */
function l1Genesis(config: JsonObject): Genesis['l1origin'] {
  const genesis = isJsonObject(config['genesis']) ? config['genesis']['l1'] : null;
  if (!isJsonObject(genesis)) return UNKNOWN_ORIGIN;
  const [hash, number] = [toHash(genesis['hash']), genesis['number']];
  return hash === undefined || typeof number !== 'number' ? UNKNOWN_ORIGIN : { hash, number };
}
