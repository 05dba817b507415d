/**
 * What lockstep sends to its page, as JSON: `/status.json` and the first message of `/status/events` are a `Whole`, every
 * further message is a `Tick`. Both ends are typed against this file, which therefore names nothing of either.
 */
export interface Tick {
  /** When it was told, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly uptimeSeconds: number;
  /** The same words as those of `lockstep status`. */
  readonly sentence: string;
  readonly status: Status;
  readonly rungs: readonly Rung[];
  readonly strip: Strip;
  readonly checks: readonly Check[];
  readonly connections: readonly Connection[];
  /** Those that are newer than the last tick, oldest first; the first tick may repeat some of the `Whole`. */
  readonly events: readonly Happening[];
  /** The same for the points of each resolution, finest first. */
  readonly points: readonly (readonly Point[])[];
}

/** The same with all events and points that are kept. */
export interface Whole extends Tick {
  /** Seconds between the points of each resolution, and how many are kept. */
  readonly resolutions: readonly Resolution[];
}

export interface Resolution {
  readonly stepSeconds: number;
  readonly points: number;
}

export interface Status {
  readonly version: string;
  readonly state: string;
  readonly ready: boolean;
  readonly reason: string | null;
  readonly meaning: string;
  /** What ends a hold. */
  readonly ends: string | null;
  readonly error: Facts | null;
  readonly stateSeconds: number;
  readonly elSession: number;
  readonly lagBlocks: number | null;
  readonly blocksPerSecond: number;
  readonly etaSeconds: number | null;
  readonly dryRun: boolean;
  readonly would: Facts | null;
}

export interface Ref {
  readonly number: number;
  readonly hash: string;
  /** In seconds since 1970. */
  readonly timestamp: number;
}

/** One label on both sides. */
export interface Rung {
  readonly label: 'unsafe' | 'safe' | 'finalized';
  readonly source: Ref | null;
  readonly local: Ref | null;
  /** same: one block. other: two blocks at one height. unknown: heights that do not tell. */
  readonly match: 'same' | 'other' | 'unknown';
  /** `3 behind`; empty where there is nothing to say. */
  readonly note: string;
}

/** The newest blocks, lowest first: the start of a hash each, null where a side's block is not known. */
export interface Strip {
  readonly from: number;
  readonly source: readonly (string | null)[];
  readonly local: readonly (string | null)[];
  /** Blocks that the EL had at these heights and gave up. */
  readonly givenUp: readonly (string | null)[];
  /** Height of the block from which the branches part, where it is known and in view. */
  readonly ancestor: number | null;
  /** The sides stand on two branches now. */
  readonly isForked: boolean;
}

/** One criterion of `/readyz`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly value: number | string | null;
  readonly limit: number | string | null;
  /** What it means when it fails. */
  readonly meaning: string;
}

/** One RPC that lockstep calls. */
export interface Connection {
  readonly name: string;
  /** scheme://host */
  readonly url: string;
  /** Of the newest calls, so many. */
  readonly calls: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly lastError: { readonly timeMs: number; readonly code: string; readonly message: string } | null;
}

/** One entry of `follow_events`. */
export interface Happening {
  readonly seq: number;
  readonly timeMs: number;
  readonly event: string;
  readonly facts: Facts;
}

export type Facts = Readonly<Record<string, string | number>>;

type Value = number | null;

/** What is drawn of one moment; the time in seconds since 1970. */
export type Point = readonly [
  time: number,
  lagUnsafe: Value,
  lagSafe: Value,
  lagFinalized: Value,
  endToEndMs: Value,
  newPayloadMs: Value,
  forkchoiceMs: Value,
  blocksPerSecond: Value,
];
