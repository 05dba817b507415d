import { resolve } from 'node:path';
import yargs, { type Argv } from 'yargs';
import { EL_KINDS } from '../els/el.js';
import { milliseconds } from '../flags.js';
import { KINDS, STACK_KINDS, type StackKind, type StackOptions } from '../stack/kinds.js';
import { RunningDevnet } from '../stack/running-devnet.js';
import { DEVNETS_DIR, folderOf } from '../stack/state-file.js';
import { down } from './down.js';
import { drill, listDrills } from './drill.js';
import { load } from './load.js';
import { logs } from './logs.js';
import { smoke } from './smoke.js';
import { status } from './status.js';
import { up, upInForeground } from './up.js';
import { watch } from './watch.js';

/** Runs a command to its end; false means that what it checks is not so. */
type Run = (say: (line: string) => void, signal: AbortSignal) => Promise<boolean>;

const COMMANDS = ['up', 'down', 'status', 'logs', 'smoke', 'load', 'watch', 'restart', 'drill'];

/** Whether a command line is one of a devnet in the background. */
export function isCommand(argv: readonly string[]): boolean {
  return COMMANDS.includes(argv[0] ?? '');
}

/** Reads the command line of a command; on `--help` or a mistake it prints and ends the process, as yargs does. */
export function parseCommand(argv: readonly string[]): Run {
  const chosen: Run[] = [];
  const run = (command: Run): void => void chosen.push(command);
  const parser = yargs([...argv])
    .scriptName('devnet')
    .usage('A devnet in the background.')
    .option('root', {
      type: 'string',
      default: DEVNETS_DIR,
      describe: 'where devnets keep their files',
      coerce: resolve,
    })
    .demandCommand(1, 1)
    .strict()
    .version(false);
  declareUp(parser, argv, run);
  declareLooks(parser, run);
  declareChanges(parser, run);
  parser.parseSync();
  const [command] = chosen;
  if (command === undefined) throw new Error('no command');
  return command;
}

function declareUp(parser: Argv<{ root: string }>, argv: readonly string[], run: (command: Run) => void): void {
  parser.command(
    'up [kind]',
    'start one, and return when lockstep follows in it',
    (command) =>
      command
        .positional('kind', { choices: STACK_KINDS, default: 'ethereumjs' as const })
        .option('seed', { type: 'string', default: '1', describe: 'decides accounts and transactions' })
        .option('follower-el', { choices: EL_KINDS, describe: 'another EL of the follower' })
        .option('log-level', { type: 'string', default: 'info', describe: 'log level of lockstep' })
        .option('txs', { type: 'number', describe: 'transactions per block (not opstack: see `devnet load`)' })
        .option('block-time', { type: 'string', describe: 'pause between blocks (not opstack: 1s)' })
        .option('isthmus-at', { type: 'number', describe: 'opstack: seconds after genesis at which Isthmus starts' })
        .option('jovian-at', { type: 'number', describe: 'opstack: the same for Jovian' })
        .option('source-cl', {
          type: 'boolean',
          describe: 'opstack: lockstep takes heads and labels from op-node (default), not from its EL',
        })
        .option('foreground', { type: 'boolean', default: false, describe: 'stay, until a signal' })
        .check((flags) => {
          const { kind, txs } = flags;
          const own = [flags['isthmus-at'], flags['jovian-at'], flags['source-cl']];
          const unfit = KINDS[kind].filledFrom === 'pool' ? [txs, flags['block-time']] : own;
          return unfit.every((value) => value === undefined) || `an option that does not fit a devnet of kind ${kind}`;
        })
        .check((flags) => {
          const kind = KINDS[flags.kind];
          const follower = flags['follower-el'] ?? kind.source;
          return kind.followers.includes(follower) || `--follower-el can be ${kind.followers.join(', ')} here`;
        })
        .check((flags) => (flags['jovian-at'] ?? Infinity) >= (flags['isthmus-at'] ?? 0) || 'Jovian before Isthmus'),
    (args) => {
      const options: StackOptions = {
        kind: args.kind,
        dir: folderOf(args.root, args.kind),
        seed: args.seed,
        follower: args.followerEl ?? KINDS[args.kind].source,
        logLevel: args.logLevel,
        txsPerBlock: args.txs ?? 10,
        blockTimeMs: milliseconds(args.blockTime ?? '1s'),
        isthmusAt: args.isthmusAt ?? 0,
        jovianAt: args.jovianAt ?? args.isthmusAt ?? 0,
        followConsensus: args.sourceCl ?? true,
      };
      run((say, signal) => (args.foreground ? upInForeground(options, say, signal) : up(options, argv, say, signal)));
    },
  );
}

/** The commands that only look. */
function declareLooks(parser: Argv<{ root: string }>, run: (command: Run) => void): void {
  parser
    .command(
      'status',
      'heads of both sides, and all processes; exit 1 when one has ended',
      (command) => withKind(command).option('json', { type: 'boolean', default: false }),
      ({ root, kind, json }) => run((say) => status(root, kind ?? null, json, say)),
    )
    .command(
      'logs [part]',
      'the end of the logs',
      (command) =>
        withKind(command)
          .positional('part', { type: 'string', describe: 'one part; `devnet` is the background process' })
          .option('lines', { alias: 'n', type: 'number', default: 20, describe: 'of each log' })
          .option('follow', { alias: 'f', type: 'boolean', default: false }),
      ({ root, kind, part, lines, follow }) =>
        run((say, signal) => logs({ root, kind: kind ?? null, part: part ?? null, lines, follow }, say, signal)),
    )
    .command(
      'smoke',
      'check that blocks, labels and transactions get from one side to the other; exit 1 when not',
      (command) => withKind(command).option('within', { type: 'string', default: '90s' }),
      ({ root, kind, within }) => run((say) => smoke(root, kind ?? null, milliseconds(within), say)),
    )
    .command(
      'watch',
      'sample both sides every second and sum up at the end; exit 1 on a mismatch',
      (command) => withKind(command).option('for', { type: 'string', describe: 'default: until Ctrl-C' }),
      (args) =>
        run((say, signal) => watch({ root: args.root, kind: args.kind ?? null, forMs: span(args.for) }, say, signal)),
    );
}

function declareChanges(parser: Argv<{ root: string }>, run: (command: Run) => void): void {
  parser
    .command(
      'load',
      'opstack: send user transactions to the source',
      (command) =>
        withKind(command)
          .option('tps', { type: 'number', default: 5, describe: 'transactions per second' })
          .option('for', { type: 'string', describe: 'default: until Ctrl-C' })
          .check(({ tps }) => tps > 0 || '--tps must be above 0'),
      (args) => {
        const { root, kind = null, tps } = args;
        run((say, signal) => load({ root, kind, perSecond: tps, forMs: span(args.for) }, say, signal));
      },
    )
    .command(
      'restart <part>',
      'end one part by SIGTERM, or SIGKILL, and start it again',
      (command) =>
        withKind(command)
          .positional('part', { type: 'string', demandOption: true })
          .option('kill', { type: 'boolean', default: false, describe: 'by SIGKILL' }),
      ({ root, kind, part, kill }) =>
        run(async (say) => {
          const startedAt = performance.now();
          await RunningDevnet.open(root, kind ?? null).restart(part, kill ? 'SIGKILL' : 'SIGTERM');
          say(`${part} is back after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
          return true;
        }),
    )
    .command(
      'drill <names..>',
      'break something and watch it heal; exit 1 when both sides do not agree again each time',
      (command) =>
        withKind(command)
          .positional('names', { type: 'string', array: true, demandOption: true, describe: 'drills, `all` or `list`' })
          .option('within', { type: 'string', default: '90s', describe: 'for both sides to agree after each' }),
      ({ root, kind = null, names, within }) => {
        const options = { root, kind, names, withinMs: milliseconds(within) };
        run((say, signal) => (names.includes('list') ? listDrills(say) : drill(options, say, signal)));
      },
    )
    .command(
      'down',
      'end it, and verify that nothing of it runs',
      (command) => withKind(command),
      ({ root, kind }) => run((say) => down(root, kind ?? null, say)),
    );
}

function withKind<T>(command: Argv<T>): Argv<T & { kind: StackKind | undefined }> {
  return command.option('kind', { choices: STACK_KINDS, describe: 'which one, when several are up' });
}

function span(text: string | undefined): number {
  return text === undefined ? Number.POSITIVE_INFINITY : milliseconds(text);
}
