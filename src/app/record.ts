import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.js';
import type { ExpectedChain } from '../follow/act.js';
import type { FollowHooks } from '../follow/state.js';
import { RecordFile } from '../record/record-file.js';
import { Recorder } from '../record/recorder.js';
import type { LockstepError } from '../util/errors.js';
import type { Logger } from '../util/log.js';
import { version } from './commands/version.js';

interface OpenRecord {
  /** The same hooks; every decision is recorded. */
  watch(hooks: FollowHooks): FollowHooks;
  /** `error`: what the run ended with. */
  close(error: LockstepError | null): Promise<void>;
}

const WITHOUT: OpenRecord = { watch: (hooks) => hooks, close: () => Promise.resolve() };

/** Begins to record, where --record says so. Nothing that is wrong with the file keeps lockstep from running. */
export async function openRecord(
  { record, dryRun, settings }: Config,
  { expected, engine }: { readonly expected: ExpectedChain; readonly engine: string },
  log: Logger,
): Promise<OpenRecord> {
  if (record === null) return WITHOUT;
  const { path, maxBytes } = record;
  const sink = new RecordFile({
    path,
    maxBytes,
    onTrouble: (reason) => {
      if (reason === null) log.info({ record: path }, 'The record is written again');
      else log.warn({ record: path, reason }, 'The record cannot be written; lockstep runs on without it');
    },
  });
  await sink.open();
  const recorder = new Recorder({
    header: {
      run: randomUUID(),
      version: version(),
      node: process.version,
      startedAt: Date.now(),
      chainId: expected.chainId,
      genesis: expected.genesis.hash,
      engine,
      dryRun,
      settings,
    },
    sink,
    maxLineBytes: sink.maxLineBytes,
    wallNow: Date.now,
  });
  return {
    watch: (hooks) => ({
      ...hooks,
      onDecided: (turn, tick) => {
        recorder.decided(turn, tick);
        hooks.onDecided?.(turn, tick);
      },
    }),
    close: (error) => {
      recorder.end(error);
      return sink.close();
    },
  };
}
