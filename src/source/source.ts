import type { BlockRef, Labels } from '../chain/block.js';
import type { FetchedBlock, RequestEvidence } from '../chain/fetched-block.js';
import type { SyncStatus } from '../chain/sync-status.js';
import type { Hash } from '../util/hex.js';
import type { JsonObject } from '../util/json.js';

/** A block is asked for by height once, and by hash ever after. */
export type BlockId = { readonly number: number } | { readonly hash: Hash };

/**
 * Absent: the source says it has no such block (yet). Pruned: it had it and no longer serves it.
 * Unreachable and malformed are thrown as LockstepError (SOURCE_*).
 */
export type Lookup<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'pruned'; readonly detail: string };

/**
 * The trusted RPC, as the rest of lockstep sees it. Every method rejects with a LockstepError whose code starts with
 * SOURCE_, or ABORTED when the signal aborts, and ends within its own deadline and retries.
 */
export interface Source {
  /** Scheme and host, without credentials, path or query: fit for a log. */
  readonly name: string;
  /** How often it limited our rate, or let a request time out, attempts that were repeated included. */
  readonly setbacks: number;
  chainId(signal: AbortSignal): Promise<number>;
  /** `latest`: number, hash, parent and timestamp from one response. */
  head(signal: AbortSignal): Promise<BlockRef>;
  /** Safe and finalized of one batch; a null, unset or error label is null. */
  labels(signal: AbortSignal): Promise<Labels>;
  /** Safe alone: half the price. */
  safeLabel(signal: AbortSignal): Promise<BlockRef | null>;
  refAt(id: BlockId, signal: AbortSignal): Promise<Lookup<BlockRef>>;
  /** Its blocks at these heights, of one batch: where several nodes stand behind the URL, one of them answers. */
  refsAt(heights: readonly number[], signal: AbortSignal): Promise<readonly Lookup<BlockRef>[]>;
  block(id: BlockId, signal: AbortSignal): Promise<Lookup<FetchedBlock>>;
  /** How many small blocks {@link blocksAt} brings by one request; 1: each has to be asked for alone. */
  readonly blocksPerRequest: number;
  /** Its blocks at these heights, by one request; null for each that has to be asked for alone. */
  blocksAt(heights: readonly number[], signal: AbortSignal): Promise<readonly (FetchedBlock | null)[]>;
  /** Receipts of the block and the system queues at its parent, for rebuilding execution requests. */
  requestEvidence(block: BlockRef, signal: AbortSignal): Promise<Lookup<RequestEvidence>>;
  close(): Promise<void>;
}

/**
 * The heads that the source pushes. What it says is a hint like the answer to {@link Source.head}: nothing of it is
 * verified, and any of it may be missing, late or doubled.
 */
export interface HeadFeed {
  /** Scheme and host, without credentials, path or query: fit for a log. */
  readonly name: string;
  /**
   * One subscription. Rejects when it ends: with ABORTED as the signal says, else with a LockstepError whose code starts
   * with SOURCE_. It never resolves.
   */
  subscribe(listener: HeadListener, signal: AbortSignal): Promise<never>;
}

export interface HeadListener {
  readonly onOpen: () => void;
  readonly onHead: (head: BlockRef) => void;
}

/** The chain a consensus client is configured for. Its first block is not 0 where the chain had a life before. */
export interface ConsensusChain {
  readonly chainId: number;
  readonly genesis: { readonly number: number; readonly hash: Hash };
  /** The whole configuration, as it was answered. */
  readonly config: JsonObject;
}

/**
 * The consensus client beside the source's EL. Where there is one, head and labels are its word, all of one response;
 * everything else is still asked of the {@link Source}. Its methods reject as those of the source do.
 */
export interface ConsensusClient {
  /** Scheme and host, without credentials, path or query: fit for a log. */
  readonly name: string;
  syncStatus(signal: AbortSignal): Promise<SyncStatus>;
  /** Null when it does not serve its configuration. */
  chain(signal: AbortSignal): Promise<ConsensusChain | null>;
  close(): Promise<void>;
}
