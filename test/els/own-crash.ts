import { readFileSync } from 'node:fs';
import type { RunningEl } from '../../devnet/els/el.js';

/** What the log of an EL says that failed by a mistake of its own, after calls that were all in order. */
const OWN_CRASHES: readonly string[] = [
  // op-reth 1.10.2, at the 13th of 40 good blocks: "UnexpectedStaticFileTxNumber(Transactions, 0, 1)". Not seen again in 60 runs
  // of the same blocks; another time it answered -32603 to 141 good blocks, and that log was not kept.
  'Persistence service failed',
  // reth 2.5.1, when it is led to a block 33 below its head: "slice index starts at 4123 but ends at 0", in 2 of 50 runs.
  'panicked at crates/storage/nippy-jar',
  // The same way, read a moment earlier: it refuses a forkchoice for an internal error, in 2 of 50 runs.
  'failed to fill whole buffer',
];

export function logOf({ logFile }: Pick<RunningEl, 'logFile'>): string {
  return readFileSync(logFile, 'utf8');
}

/** The words of the mistake; null where it made none. */
export function ownCrash(el: Pick<RunningEl, 'logFile'>): string | null {
  const log = logOf(el);
  return OWN_CRASHES.find((words) => log.includes(words)) ?? null;
}

/**
 * reth 2.5.1, in every fourth run where many ELs share two cores: once it has ended its work, a thread of RocksDB takes a
 * lock that the exit of the process has destroyed (`PthreadCall`). What it was led to is on disk by then.
 */
const ABORT_AT_EXIT = 'pthread lock: Invalid argument\nAborted';

export function abortedAtExit(el: Pick<RunningEl, 'logFile'>): boolean {
  return logOf(el).trimEnd().endsWith(ABORT_AT_EXIT);
}
