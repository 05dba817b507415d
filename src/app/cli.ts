import { resolve } from 'node:path';
import { loadConfig, type Config, type LoadedConfig } from '../config/config.js';
import { collectSettings, environmentSetsAnything, type Environment, type SettingInputs } from '../config/layers.js';
import { httpUrl } from '../config/url.js';
import { ERROR_CODES } from '../util/error-codes.js';
import { EXIT, type ExitCode } from '../util/exit-codes.js';
import { asLockstepError } from '../util/errors.js';
import { helpText, readArgv, type Invocation } from './argv.js';
import { configText, problemsText } from './commands/config.js';
import { docText } from './commands/doc.js';
import { writeJwtSecret } from './commands/jwt.js';
import { ownServer, type OwnServer } from './commands/own-server.js';
import { versionText } from './commands/version.js';
import { untilStopped } from './stop-signal.js';

/** The outside world as the command line sees it. */
export interface CliIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** stdout is a terminal. */
  readonly isTTY: boolean;
  /** Of that terminal now, in characters; 0 where it does not tell. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly cwd: string;
}

/** The commands that need the rest of the program. */
export interface CliHandlers {
  /** Follows until it is told to stop. Logs `config.warnings` itself. */
  run(config: Config, io: CliIo): Promise<ExitCode>;
  check(config: Config, io: CliIo, options: { readonly json: boolean }): Promise<ExitCode>;
}

/**
 * Runs one invocation of the program.
 * @param argv without the names of node and the script
 * @returns the exit code; never throws and never ends the process itself
 */
export async function runCli(
  argv: readonly string[],
  env: Environment,
  io: CliIo,
  handlers: CliHandlers,
): Promise<ExitCode> {
  try {
    if (argv.length === 0 && !environmentSetsAnything(env)) {
      io.stdout(await helpText());
      return EXIT.clean;
    }
    const invocation = await readArgv(argv, env);
    if (invocation.kind === 'usage') return refuseUsage(invocation.problems, io);
    if (invocation.kind === 'command') return await runCommand(invocation, env, io, handlers);
    io.stdout(invocation.text);
    return EXIT.clean;
  } catch (thrown) {
    const error = asLockstepError(thrown);
    io.stderr(`lockstep: ${error.message}\n  ${error.fix}\n`);
    return error.exitCode;
  }
}

type Command = Extract<Invocation, { kind: 'command' }>;

async function runCommand(command: Command, env: Environment, io: CliIo, handlers: CliHandlers): Promise<ExitCode> {
  const load = (): LoadedConfig => loadConfig(inputsOf(command, env, io));
  const json = command.switches.has('json');
  switch (command.command) {
    case 'run':
      return withConfig(load(), false, io, (config) => handlers.run(config, io));
    case 'check':
      return withConfig(load(), json, io, (config, warnings) => {
        warn(warnings, io);
        return handlers.check(config, io, { json });
      });
    case 'healthcheck':
      return checkHealth(command, env, io);
    case 'status':
      return tellStatus(command, env, io);
    case 'explain':
      return explainRecord(command, io);
    case 'config':
      return showConfig(load(), json, io);
    case 'jwt':
      return makeJwtSecret(command, env, io);
    case 'version':
      io.stdout(versionText(json));
      return EXIT.clean;
    case 'doc':
      return showDoc(command.argument, io);
  }
}

function inputsOf(command: Command, env: Environment, io: CliIo): SettingInputs {
  return { given: command.given, argvWarnings: command.warnings, env, cwd: io.cwd, isTTY: io.isTTY };
}

async function withConfig(
  loaded: LoadedConfig,
  json: boolean,
  io: CliIo,
  use: (config: Config, warnings: readonly string[]) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (loaded.config !== null) return use(loaded.config, loaded.warnings);
  if (json) io.stdout(`${JSON.stringify({ problems: loaded.problems, warnings: loaded.warnings })}\n`);
  return refuseConfig(loaded, io);
}

async function checkHealth(command: Command, env: Environment, io: CliIo): Promise<ExitCode> {
  // Brings HTTP of its own, which no other command should load.
  const { probeHealth } = await import('./commands/healthcheck.js');
  const probe = await probeHealth(inputsOf(command, env, io), command.switches.has('ready') ? '/readyz' : '/livez');
  if (probe.kind === 'unusable') {
    io.stderr(problemsText(probe));
    return EXIT.config;
  }
  io.stdout(`${probe.healthy ? 'healthy' : 'unhealthy'}: ${probe.line}\n`);
  return probe.healthy ? EXIT.clean : EXIT.unavailable;
}

/** Of the lockstep at the URL, or of the one that runs with the same settings. */
async function tellStatus(command: Command, env: Environment, io: CliIo): Promise<ExitCode> {
  const { argument, switches } = command;
  const given = argument === undefined ? null : httpUrl.parse(argument);
  if (given !== null && !given.ok) {
    return refuseUsage([`the URL "${httpUrl.display(argument ?? '')}" ${given.reason}. ${given.fix}.`], io);
  }
  const own = (): OwnServer => ownServer('rpc', inputsOf(command, env, io));
  const asked: OwnServer = given === null ? own() : { kind: 'found', url: given.value };
  if (asked.kind === 'unusable') {
    io.stderr(problemsText(asked));
    return EXIT.config;
  }
  // Of use to no other command.
  const { showStatus, watchStatus } = await import('./commands/status.js');
  const isScreen = io.isTTY && env['TERM'] !== 'dumb';
  const form = { json: switches.has('json'), isScreen, isColored: isScreen && (env['NO_COLOR'] ?? '') === '' };
  const { url } = asked;
  if (!switches.has('watch')) return showStatus(url, form, io);
  return untilStopped((stop) => watchStatus(url, form, io, stop));
}

async function explainRecord({ argument, switches }: Command, io: CliIo): Promise<ExitCode> {
  if (argument === undefined || argument === '') return refuseUsage(['explain needs the file that --record wrote'], io);
  // Of use to no other command.
  const { explain } = await import('./commands/explain.js');
  return explain(argument, switches.has('json'), io);
}

function showConfig(loaded: LoadedConfig, json: boolean, io: CliIo): ExitCode {
  io.stdout(configText(loaded, json));
  if (loaded.config === null) return refuseConfig(loaded, io);
  warn(loaded.warnings, io);
  return EXIT.clean;
}

/** Writes to the file of --l2.jwt-secret unless a path is given; the rest of the configuration does not matter yet. */
function makeJwtSecret(command: Command, env: Environment, io: CliIo): ExitCode {
  const configured = collectSettings(inputsOf(command, env, io)).raw.get('l2.jwt-secret');
  const file = resolve(io.cwd, command.argument ?? configured?.text ?? '');
  writeJwtSecret(file);
  io.stdout(`${file}\n`);
  return EXIT.clean;
}

function showDoc(topic: string | undefined, io: CliIo): ExitCode {
  const text = docText(topic);
  if (text === undefined)
    return refuseUsage(
      ['doc needs a topic: flags, errors, states, metrics, runbook, rpc, engines, op-node or base-consensus'],
      io,
    );
  io.stdout(text);
  return EXIT.clean;
}

function refuseConfig(loaded: LoadedConfig, io: CliIo): ExitCode {
  warn(loaded.warnings, io);
  io.stderr(problemsText(loaded));
  return EXIT.config;
}

function refuseUsage(problems: readonly string[], io: CliIo): ExitCode {
  const lines = problems.map((problem) => `  ✖ ${problem}\n`);
  io.stderr(`lockstep: ${ERROR_CODES.USAGE.meaning}\n${lines.join('')}${ERROR_CODES.USAGE.fix}\n`);
  return EXIT.usage;
}

function warn(warnings: readonly string[], io: CliIo): void {
  for (const warning of warnings) io.stderr(`lockstep: warning: ${warning}\n`);
}
