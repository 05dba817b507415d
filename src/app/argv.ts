import { closest } from 'fastest-levenshtein';
import yargs, { type Argv, type Options } from 'yargs';
import { foreignFlag, isCompatible, isSwitchedOn } from '../config/compat.js';
import type { Environment } from '../config/layers.js';
import { declarationOf, envName, OPTION_NAMES, optionOfFlag, type OptionName } from '../config/options.js';
import { boolean } from '../config/values.js';
import { remoteText } from '../util/errors.js';
import { version } from './commands/version.js';
import { exitEntries } from './exit-meanings.js';

interface CommandDeclaration {
  readonly describe: string;
  /** Other words for the same command. */
  readonly words?: readonly string[];
  readonly switches?: readonly Switch[];
  readonly argument?: { readonly name: string; readonly describe: string };
}

/** Flags of single commands, which are no settings. */
const SWITCHES = {
  json: 'Answer as JSON',
  ready: 'Ask whether it is in step with the source',
  watch: 'Show it every second, until Ctrl-C',
} as const;

type Switch = keyof typeof SWITCHES;

/** The word that implies --compat.op-node. */
const OP_NODE = 'op-node';

const COMMANDS = {
  run: {
    describe: 'Follow the source; also what happens without a command',
    // The words that compose files and charts of op-node and base-consensus put first.
    words: ['node', 'follow', OP_NODE],
  },
  check: {
    describe: 'Look at source and execution client without changing anything',
    words: ['doctor'],
    switches: ['json'],
  },
  healthcheck: {
    describe: 'Ask the running lockstep with the same settings whether it is alive; exits 0 or 69',
    switches: ['ready'],
  },
  status: {
    describe: 'Show how a running lockstep is, source and local side by side; exits 0, 3 or 69',
    switches: ['json', 'watch'],
    argument: { name: 'url', describe: 'Its RPC; default: the one with the same --rpc.addr and --rpc.port' },
  },
  explain: {
    describe: 'Tell from a file of --record what lockstep saw, decided and why',
    switches: ['json'],
    argument: { name: 'file', describe: 'The file that --record wrote' },
  },
  config: { describe: 'Show the effective settings and where each came from', switches: ['json'] },
  jwt: {
    describe: 'Write a fresh JWT secret to a new file',
    argument: { name: 'file', describe: 'Where to write it; default: the file of --l2.jwt-secret' },
  },
  version: { describe: 'Show the version', switches: ['json'] },
  doc: {
    describe: 'Print reference documentation as Markdown',
    argument: {
      name: 'topic',
      describe: 'flags, errors, states, metrics, runbook, engines, op-node or base-consensus',
    },
  },
} as const satisfies Record<string, CommandDeclaration>;

type CommandName = keyof typeof COMMANDS;

const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
const COMPLETION = 'completion';

type Parsed = Readonly<Record<string, unknown>>;

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'usage'; readonly problems: readonly string[] }
  | {
      readonly kind: 'command';
      readonly command: CommandName;
      readonly given: ReadonlyMap<OptionName, string>;
      readonly warnings: readonly string[];
      readonly switches: ReadonlySet<Switch>;
      readonly argument: string | undefined;
    };

const HELP_COLUMNS = 100;
/** By null a command of yargs gets no line of usage; the types of yargs do not know it. */
const NO_USAGE = null as unknown as string;
const USAGE = 'lockstep [command] [options]\n\nKeeps one L2 execution client in step with a trusted source.';

/** Reads the command line. Of the environment only the switch is read that says whose flags may stand there. */
export async function readArgv(argv: readonly string[], env: Environment): Promise<Invocation> {
  const booleans = normaliseBooleans(argv);
  if (booleans.problems.length > 0) return { kind: 'usage', problems: booleans.problems };
  let printed = '';
  let parsed: Parsed;
  try {
    parsed = await parser(booleans.argv.some(asksForText)).parseAsync(
      [...booleans.argv],
      {},
      (_error, _argv, output) => {
        printed = output;
      },
    );
  } catch (thrown) {
    if (thrown instanceof UnreadableArgv) return { kind: 'usage', problems: [thrown.message] };
    throw thrown;
  }
  return printed === '' ? interpret(parsed, env) : { kind: 'print', text: `${printed}\n` };
}

/** The text of `--help`. */
export async function helpText(): Promise<string> {
  return `${await parser(true).getHelp()}\n`;
}

/** May ask for help, or for completions, by this word. */
function asksForText(token: string): boolean {
  return /help|^-h|complet/.test(token);
}

class UnreadableArgv extends Error {}

/** yargs lays out its help on every run of a command: an eighth of the CPU time of a start, unless it is all hidden. */
function parser(shown: boolean): Argv {
  const y = yargs([])
    .scriptName('lockstep')
    .locale('en')
    .wrap(HELP_COLUMNS)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string) => {
      throw new UnreadableArgv(message);
    })
    .parserConfiguration({
      'dot-notation': false,
      'camel-case-expansion': false,
      'strip-aliased': true,
      'boolean-negation': false,
      // Go programs accept `-l2 URL` as well as `--l2 URL`.
      'short-option-groups': false,
    })
    .help('help', 'Show this help')
    .alias('help', 'h')
    .version('version', 'Show the version', `v${version()}`);
  if (shown) y.usage(USAGE).epilogue(epilogue());
  else y.hide('help').hide('version');
  for (const name of COMMAND_NAMES) addCommand(y, name, shown);
  y.completion(COMPLETION, shown && 'Print a completion script for the shell in $SHELL (bash, zsh, fish)');
  for (const name of OPTION_NAMES) y.option(name, { ...yargsOption(name), hidden: !shown });
  return y;
}

function commandOf(name: CommandName): CommandDeclaration {
  return COMMANDS[name];
}

function addCommand(y: Argv, name: CommandName, shown: boolean): void {
  const { argument, describe, switches = [], words = [] } = commandOf(name);
  const usage = argument === undefined ? name : `${name} [${argument.name}]`;
  const define = (command: Argv): Argv => {
    if (argument !== undefined) command.positional(argument.name, { type: 'string', describe: argument.describe });
    for (const key of switches) command.option(key, { type: 'boolean', describe: SWITCHES[key] });
    return shown ? command : command.usage(NO_USAGE);
  };
  if (shown) y.command([usage, ...words], describe, define);
  else y.command([usage, ...words], false, define);
}

function yargsOption(name: OptionName): Options {
  const option = declarationOf(name);
  const isFlag = option.type === boolean;
  // yargs gets no default: only what was really given may come back from it.
  const shownDefault = option.derived?.note ?? (isFlag && option.default === 'false' ? undefined : option.default);
  return {
    group: option.group,
    describe: `${option.describe}${option.required ? ' (required)' : ''} [$${envName(name)}]`,
    type: isFlag ? 'boolean' : 'string',
    alias: [...(option.aliases ?? [])],
    ...(isFlag || option.refused?.cli !== undefined ? {} : { requiresArg: true }),
    ...(shownDefault === undefined ? {} : { defaultDescription: shownDefault }),
  };
}

function epilogue(): string {
  const codes = exitEntries().map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning.meaning}`);
  return [
    'A setting is taken from the command line, else the environment, else the --config file, else its default.',
    ...['', 'Exit codes:', ...codes],
  ].join('\n');
}

/** Rewrites `--flag=1` to `--flag=true`: yargs would read any word but "true" as false, without a complaint. */
function normaliseBooleans(argv: readonly string[]): { argv: readonly string[]; problems: readonly string[] } {
  const problems: string[] = [];
  const normalised = argv.map((token) => {
    const [, flag = '', text = ''] = /^--?([\w.-]+)=(.*)$/s.exec(token) ?? [];
    const name = optionOfFlag(flag);
    if (name === undefined || declarationOf(name).type !== boolean) return token;
    const parsed = boolean.parse(text);
    if (parsed.ok) return `--${name}=${parsed.value}`;
    problems.push(`--${name} "${remoteText(text)}" ${parsed.reason}. ${parsed.fix}.`);
    return token;
  });
  return { argv: normalised, problems };
}

function interpret(parsed: Parsed, env: Environment): Invocation {
  const words = Array.isArray(parsed['_']) ? parsed['_'].map(String) : [];
  const [word = 'run', ...extra] = words;
  const command = COMMAND_NAMES.find((name) => name === word || (commandOf(name).words ?? []).includes(word));
  if (command === undefined) return { kind: 'usage', problems: [unknownCommand(word)] };
  const declared = commandOf(command);
  const problems = extra.map((other) => `unexpected word ${shown(other)} after ${word}`);
  const { given, unknown, repeated } = sortFlags(parsed, declared);
  problems.push(...repeated.map((name) => `--${name} is given more than once`));
  // Whoever writes the name of op-node before the flags says whose flags they are.
  if (word === OP_NODE && !given.has('compat.op-node')) given.set('compat.op-node', 'true');
  const foreign = judgeForeign(unknown, given, isCompatible(given, env), declared);
  problems.push(...foreign.problems);
  if (problems.length > 0) return { kind: 'usage', problems };
  const argument = declared.argument === undefined ? undefined : parsed[declared.argument.name];
  return {
    ...{ kind: 'command', command, given, warnings: foreign.warnings },
    switches: new Set((declared.switches ?? []).filter((key) => parsed[key] === true)),
    argument: typeof argument === 'string' ? argument : undefined,
  };
}

function isSwitch(key: string, { switches = [] }: CommandDeclaration): boolean {
  return switches.some((name) => name === key);
}

/** Tells the flags of lockstep from those it does not have. */
function sortFlags(parsed: Parsed, declared: CommandDeclaration) {
  const given = new Map<OptionName, string>();
  const unknown = new Map<string, unknown>();
  const repeated: OptionName[] = [];
  for (const [key, value] of Object.entries(parsed)) {
    const name = optionOfFlag(key);
    if (key === '_' || key === '$0' || key === declared.argument?.name || isSwitch(key, declared)) continue;
    if (name === undefined) unknown.set(key, value);
    else if (Array.isArray(value)) repeated.push(name);
    else given.set(name, String(value));
  }
  return { given, unknown, repeated };
}

/**
 * What becomes of the flags that lockstep does not have. One that is a setting here under another name is put among
 * the given ones. No message shows a value: it may be a URL with a key, or a key.
 */
function judgeForeign(
  unknown: ReadonlyMap<string, unknown>,
  given: Map<OptionName, string>,
  compatible: boolean,
  declared: CommandDeclaration,
): { problems: readonly string[]; warnings: readonly string[] } {
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const [flag, value] of unknown) {
    const entry = foreignFlag(flag);
    if (entry === undefined) problems.push(unknownFlag(flag, declared));
    else if (!compatible) problems.push(`unknown flag --${flag}; it is one of ${entry.of}: add --compat.op-node`);
    else if ('becomes' in entry) {
      if (given.has(entry.becomes) || Array.isArray(value)) problems.push(`--${entry.becomes} is given more than once`);
      else given.set(entry.becomes, String(value));
    } else if ('ignored' in entry) warnings.push(`--${flag} is ignored: ${entry.ignored}.`);
    else if ([value].flat().some((each) => isSwitchedOn(String(each)))) {
      problems.push(`--${flag} cannot be ignored: ${entry.refused}. ${entry.fix}.`);
    } else warnings.push(`--${flag} is ignored: ${entry.refused}.`);
  }
  return { problems, warnings };
}

/** A stray word can be a secret that lost its flag, so only a short one is repeated. */
function shown(word: string): string {
  return /^[\w.-]{1,24}$/.test(word) ? `"${word}"` : '(not shown)';
}

function unknownCommand(word: string): string {
  const known = [...COMMAND_NAMES, COMPLETION, ...COMMAND_NAMES.flatMap((name) => commandOf(name).words ?? [])];
  return `unknown command ${shown(word)}; did you mean ${closest(word, known)}?`;
}

function unknownFlag(flag: string, declared: CommandDeclaration): string {
  const aliases = OPTION_NAMES.flatMap((name) => declarationOf(name).aliases ?? []);
  const known = [...OPTION_NAMES, ...aliases, 'help', 'version', ...(declared.switches ?? [])];
  return `unknown flag --${remoteText(flag)}; did you mean --${closest(flag, known)}?`;
}
