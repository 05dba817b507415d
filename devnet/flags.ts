import parseDuration from 'parse-duration';
import yargs from 'yargs';
import { EL_KINDS, isOpStack, type ElKind } from './els/el.js';

export interface DevnetFlags {
  readonly blockTimeMs: number;
  readonly txsPerBlock: number;
  readonly blobs: boolean;
  readonly safeDistance: number;
  readonly finalizedDistance: number;
  /** null runs until a signal. */
  readonly blocks: number | null;
  readonly seed: string;
  readonly keepData: string | null;
  readonly killLockstepAt: number | null;
  readonly restartFollowerAt: number | null;
  readonly sourceEl: ElKind;
  readonly followerEl: ElKind;
  readonly logLevel: string;
}

const DIFFERENT_CHAINS =
  '--source-el and --follower-el must be of one kind: op-geth and op-reth run an OP Stack chain, the others Ethereum';

/** Reads the command line; on `--help` or a mistake it prints and ends the process, as yargs does. */
export function parseFlags(argv: readonly string[]): DevnetFlags {
  const parsed = yargs([...argv])
    .scriptName('devnet')
    .usage('A source EL that makes blocks, a follower EL, and lockstep between them.')
    .option('block-time', { type: 'string', default: '1s', describe: 'pause between blocks: 500ms, 2s, 0 for none' })
    .option('txs', { type: 'number', default: 10, describe: 'transactions per block' })
    .option('blobs', { type: 'boolean', default: false, describe: 'put a blob transaction into every eighth block' })
    .option('safe-distance', { type: 'number', default: 5, describe: 'blocks from the head to the safe label' })
    .option('finalized-distance', {
      type: 'number',
      default: 10,
      describe: 'blocks from the head to the finalized one',
    })
    .option('blocks', { type: 'number', describe: 'end when this many blocks are followed; exit 1 unless both agree' })
    .option('seed', { type: 'string', default: '1', describe: 'decides accounts and transactions' })
    .option('keep-data', { type: 'string', describe: 'keep chains and logs here, and continue from them next time' })
    .option('kill-lockstep-at', { type: 'number', describe: 'SIGKILL lockstep at this source block, start it again' })
    .option('restart-follower-at', { type: 'number', describe: 'restart the follower EL at this source block' })
    .option('source-el', { choices: EL_KINDS, default: 'ethereumjs' as const, describe: 'EL of the source' })
    .option('follower-el', { choices: EL_KINDS, default: 'ethereumjs' as const, describe: 'EL of the follower' })
    .option('log-level', { type: 'string', default: 'info', describe: 'log level of lockstep' })
    .check((flags) => milliseconds(flags['block-time']) >= 0)
    .check((flags) => flags['finalized-distance'] >= flags['safe-distance'] || 'finalized cannot be above safe')
    .check((flags) => isOpStack(flags['source-el']) === isOpStack(flags['follower-el']) || DIFFERENT_CHAINS)
    .check((flags) => !(flags.blobs && isOpStack(flags['source-el'])) || 'an OP Stack chain has no blobs')
    .strict()
    .version(false)
    .parseSync();
  return {
    blockTimeMs: milliseconds(parsed.blockTime),
    txsPerBlock: parsed.txs,
    blobs: parsed.blobs,
    safeDistance: parsed.safeDistance,
    finalizedDistance: parsed.finalizedDistance,
    blocks: parsed.blocks ?? null,
    seed: parsed.seed,
    keepData: parsed.keepData ?? null,
    killLockstepAt: parsed.killLockstepAt ?? null,
    restartFollowerAt: parsed.restartFollowerAt ?? null,
    sourceEl: parsed.sourceEl,
    followerEl: parsed.followerEl,
    logLevel: parsed.logLevel,
  };
}

function milliseconds(text: string): number {
  const value = parseDuration(text);
  if (value === null || value < 0) throw new Error(`--block-time ${text} is not a duration`);
  return value;
}
