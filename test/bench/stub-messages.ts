import type { ChainShape } from './chain.js';

/** The first block of a chain, as the EL stub is initialised with it. */
export interface GenesisRef {
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: string;
}

/** A new run for the EL stub: forget everything but genesis, take so long per call, measure a part of the chain. */
export interface ElRun {
  readonly kind: 'run';
  readonly genesis: GenesisRef;
  readonly newPayloadMs: number;
  readonly forkchoiceMs: number;
  /** The window opens when the newPayload of this height arrives; what comes before is warm-up. */
  readonly fromNumber: number;
  /** It closes when a forkchoice names a block of this height; null for a run without end. */
  readonly targetNumber: number | null;
}

/** The process whose CPU time the EL stub reads when the window opens and when it closes. */
export interface ElWatch {
  readonly kind: 'watch';
  readonly pid: number;
}

/** Asks for the arrivals of the run so far. */
export interface ElArrivalsCommand {
  readonly kind: 'arrivals';
}

/** Asks to be told when that block is the head. */
export interface ElAwait {
  readonly kind: 'await';
  readonly hash: string;
}

export type ElCommand = ElRun | ElWatch | ElArrivalsCommand | ElAwait;

/** Resident memory of the watched process when the window opened, when it closed, and at its highest until then. */
export interface Memory {
  readonly openedBytes: number;
  readonly closedBytes: number;
  readonly peakBytes: number;
}

/** When the first newPayload of each height came in, in ns: [height, at]. */
export interface ElArrivals {
  readonly kind: 'arrivals';
  readonly payloads: readonly (readonly [number, number])[];
}

/** What the EL stub saw. Times are CLOCK_MONOTONIC in ns, the same clock in every process of the machine. */
export interface ElWindow {
  readonly kind: 'window';
  readonly firstPayloadNs: number;
  readonly openedNs: number;
  readonly closedNs: number;
  /** CPU of the watched process from opened to closed; null when no process is watched. */
  readonly cpuNs: number | null;
  readonly memory: Memory | null;
  /** Calls of the whole run. */
  readonly newPayloads: number;
  readonly forkchoices: number;
}

/** reset, watching: the command of that name is in force. */
export type ElReport =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'watching' }
  | { readonly kind: 'stands' }
  | ElArrivals
  | ElWindow;

/** The chain of the fixtures, which every process makes for itself, or one that was recorded from an EL. */
export type ServedChain =
  | { readonly shape: ChainShape; readonly poolSize: number; readonly cacheFolder: string }
  | { readonly recordedFile: string };

export interface SourceOptions {
  readonly chain: ServedChain;
  /** Round trip added to every answer. */
  readonly latencyMs: number;
  /** One link for all answers; null is unlimited. */
  readonly bytesPerSecond: number | null;
  /** False: the method debug_getRawBlock does not exist, so clients need the full JSON block. */
  readonly raw: boolean;
  /** Answers are made when they are asked for: large chains do not fit in memory. */
  readonly onDemand: boolean;
  /** The head stands at `from` until `live`, then rises by one every `blockTimeMs`; null: it is the last block. */
  readonly live: { readonly from: number; readonly blockTimeMs: number } | null;
}

/**
 * live: start the clock of the chain. count: report the calls since the last count and start over. watch-body: report
 * when the body of the first block is asked for.
 */
export interface SourceCommand {
  readonly kind: 'live' | 'count' | 'watch-body';
}

export interface SourceCounts {
  readonly kind: 'counts';
  /** By method, and by method and label where a label was asked for (`eth_getBlockByNumber safe`). */
  readonly calls: Readonly<Record<string, number>>;
  readonly httpRequests: number;
  readonly headNumber: number;
  /** Since `live`, when each block became the head, in ns: [height, at]. */
  readonly published: readonly (readonly [number, number])[];
  /** Blocks and headers that were asked for by height, without bodies, in ns: [height, at]. */
  readonly headersRead: readonly (readonly [number, number])[];
}

/** body: the body of the first block was asked for, for the first time since `watch-body`. */
export type SourceReport =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'body'; readonly atNs: number }
  | SourceCounts;
