import type { BlockRef, Heads } from '../chain/block.js';
import type { Forkchoice } from '../chain/forkchoice.js';
import type { Payload } from '../payload/payload.js';
import type { LockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';

/**
 * What an INVALID speaks of. block: the EL executed it, or knows a bad ancestor. form: what was sent does not make up the
 * block, so this EL reads another method version or lacks the fork. state: the EL misses data of its own. Only the first
 * says anything about the source (engines-measured 1.10).
 */
export type VerdictOn = 'block' | 'form' | 'state';

/** What one state-changing call answered. It is a hint: what the EL shows afterwards is the truth. */
export type EngineAnswer =
  | { readonly status: 'VALID' }
  | {
      readonly status: 'INVALID';
      readonly latestValidHash: Hash | null;
      readonly reason: string;
      readonly verdictOn: VerdictOn;
    }
  | { readonly status: 'SYNCING' }
  | { readonly status: 'ACCEPTED' }
  /** A JSON-RPC error object; `code` is -38002, -38006, -32602, ... */
  | { readonly status: 'REJECTED'; readonly code: number; readonly reason: string }
  /** The request certainly did not reach the EL's engine: refused connection, 401, 403, 413. */
  | { readonly status: 'UNSENT'; readonly error: LockstepError }
  /** Timeout or reset after sending: the EL may or may not have done it. The next engine action is a read. */
  | { readonly status: 'UNKNOWN'; readonly error: LockstepError };

/** What the EL showed after a forkchoice, read back by hash. `heads` is null only when it could not be read. */
export interface AppliedForkchoice {
  /**
   * moved: head and labels stand as sent. head-only: the head stands, the labels do not. labels-only: the labels stand,
   * the head does not. unmoved: neither. unread: the read-back itself failed.
   */
  readonly effect: 'moved' | 'head-only' | 'labels-only' | 'unmoved' | 'unread';
  readonly answer: EngineAnswer;
  readonly heads: Heads | null;
  /**
   * Right before it the EL stood at another block than the one that it was seen at last, and not below, as after a restart:
   * somebody else drives it. Null where that was not asked, or cannot be told.
   */
  readonly foreignMove: boolean | null;
  /** How often the same VALID forkchoice was sent before it counted. */
  readonly attempts: number;
}

export interface EngineIdentity {
  readonly chainId: number;
  readonly genesis: BlockRef;
  readonly capabilities: readonly string[];
  /** `go-ethereum 1.17.7`, or null where engine_getClientVersionV1 is missing. */
  readonly clientVersion: string | null;
  /** Our clock minus the clock of the EL's Date header, in ms; null without the header. */
  readonly clockSkewMs: number | null;
}

/** What eth_syncing shows of a sync that the EL does by itself. */
export interface EngineSyncing {
  /** It names a target above the block it has got to. reth never does, so this says nothing about a reth. */
  readonly busy: boolean;
  /** A sync goes on. reth also says so after the end of one. */
  readonly underway: boolean;
  /** The block it has got to; 0 where it does not say. */
  readonly at: number;
  /** Grows while the sync goes on, block by block or stage by stage. */
  readonly work: number;
}

export const NOT_SYNCING: EngineSyncing = { busy: false, underway: false, at: 0, work: 0 };

/** The calls that change the EL, without prefix and version. */
export type StateChangeMethod = 'newPayload' | 'forkchoiceUpdated' | 'setHead';

export type EngineKind = 'geth' | 'op-geth' | 'reth' | 'op-reth' | 'ethereumjs' | 'unknown';

/** What lockstep does differently for one kind of EL. Infinity: no limit is known, so it is tried and read back. */
export interface EngineHabits {
  /** In catch-up, how many newPayloads may pass before a forkchoice. */
  readonly maxBlocksPerForkchoice: number;
  /** In catch-up, how many newPayloads are sent in one call; 1: no batches. */
  readonly maxPayloadsPerBatch: number;
  /** How often a VALID forkchoice that moved nothing is worth repeating. */
  readonly maxUnmovedRepeats: number;
  /** How many blocks one forkchoice for an ancestor moves the head back; 0: it never does. */
  readonly maxResetDepth: number;
  /** How far below the highest block that it ever executed a block is executed. */
  readonly maxSiblingDepth: number;
  /** debug_setHead does what it says. */
  readonly setHead: boolean;
  /** A block that is no longer canonical stays in the database for a while, and must not be sent again before it is gone. */
  readonly forgetsLate: boolean;
  /** Given a copy of a block, it misreads the states of the blocks that it holds above it, until it restarts. */
  readonly copySpoils: boolean;
  /** What an operator can do where no way back is left, as part of a sentence; null where nothing is known to help. */
  readonly rewindAdvice: string | null;
}

/**
 * What is known beforehand of one kind of EL, chosen by what it says of itself. Behaviour has the last word: every
 * forkchoice is read back, any surprise in a catch-up makes it go block by block, and an EL that moves after the repeats
 * that its profile allows is given all of them from then on.
 */
export interface EngineProfile extends EngineHabits {
  readonly kind: EngineKind;
  /** Where each of it comes from. */
  readonly evidence: Readonly<Record<'kind' | keyof EngineHabits, string>>;
  /** What an operator of this EL should know; lockstep finds out by reading back, without relying on it. */
  readonly known: readonly string[];
}

/** What can be asked of the local EL without changing it. Reads reject with ENGINE_* or ABORTED. */
export interface EngineReader {
  /** Scheme and host, without credentials: fit for a log. */
  readonly name: string;
  /** What is known of this kind of EL; before the first identify, what is known of any. */
  readonly profile: EngineProfile;
  /** How often it closed its last connection while nothing was asked of it, as one that ends does. */
  readonly hangUps: number;
  identify(signal: AbortSignal): Promise<EngineIdentity>;
  /** latest. */
  head(signal: AbortSignal): Promise<BlockRef>;
  /** latest, safe and finalized in one batch; an unset, null or error label is null (engines-measured 2.C, 2.D). */
  heads(signal: AbortSignal): Promise<Heads>;
  /** The EL's canonical block at a height, or null when it has none. */
  refAt(number: number, signal: AbortSignal): Promise<BlockRef | null>;
  syncing(signal: AbortSignal): Promise<EngineSyncing>;
  /** How many p2p peers it has; null where it cannot be asked. Rejects with ABORTED alone. */
  peerCount(signal: AbortSignal): Promise<number | null>;
  /**
   * Whether setHead can be tried: the profile vouches for it, debug is served on the engine port or by the admin RPC,
   * and the state is stored by path.
   */
  canSetHead(signal: AbortSignal): Promise<boolean>;
  /**
   * Waits until the EL no longer holds the body of this block: true when it is gone, false when it stayed for 30 s. An
   * EL that cannot be asked is given 1 s and taken at its word.
   */
  forgets(hash: Hash, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** The local EL through its engine port, as the rest of lockstep sees it. */
export interface Engine extends EngineReader {
  newPayload(payload: Payload, signal: AbortSignal): Promise<EngineAnswer>;
  /**
   * Several payloads, each the child of the one before it, in one JSON-RPC batch: an answer for each, in order. An EL goes
   * on after one that failed. Where the call as a whole failed, every answer says so.
   */
  newPayloads(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly EngineAnswer[]>;
  /** Sends the forkchoice, reads it back (for a next block without new labels its head alone), and repeats an unmoved VALID a few times at growing short delays. */
  applyForkchoice(fc: Forkchoice, signal: AbortSignal): Promise<AppliedForkchoice>;
  /**
   * debug_setHead: the blocks above are deleted, safe becomes finalized, and a finalized above `to` is unset, so a
   * forkchoice has to follow. State-changing, with a deadline of at least 10 min. VALID: it answered no error, which
   * some ELs do without doing anything.
   */
  setHead(to: BlockRef, signal: AbortSignal): Promise<EngineAnswer>;
}
