import { isAbsolute, join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { remoteText } from '../util/errors.js';
import { compatibleEnvNames, isCompatible, judgeEnvironment } from './compat.js';
import { readConfigFile, type FileSetting } from './file.js';
import type { Layer, Situation } from './declaration.js';
import { declarationOf, ENV_PREFIX, envName, OPTION_NAMES, optionOfEnv, type OptionName } from './options.js';
import type { Origin, Problem } from './problem.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Text given on the command line, by canonical option name. */
type CommandLineSettings = ReadonlyMap<OptionName, string>;

export interface SettingInputs {
  readonly given: CommandLineSettings;
  /** What the command line has to be warned about. */
  readonly argvWarnings?: readonly string[];
  readonly env: Environment;
  /** Relative paths start here. */
  readonly cwd: string;
  /** Log lines go to a terminal. */
  readonly isTTY: boolean;
}

export interface RawSetting {
  readonly text: string;
  readonly origin: Origin;
}

export interface RawSettings {
  /** The winning text of each option that has any, defaults included. */
  readonly raw: ReadonlyMap<OptionName, RawSetting>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Collects the text of every option: command line over environment over file over default. Parses nothing. */
export function collectSettings({ given, argvWarnings = [], env, cwd, isTTY }: SettingInputs): RawSettings {
  const compatible = isCompatible(given, env);
  const raw = new Map<OptionName, RawSetting>();
  const problems: Problem[] = compatible ? [...judgeEnvironment(env)] : [];
  const put = (name: OptionName, setting: RawSetting, layer: Layer): void => {
    const reason = declarationOf(name).refused?.[layer];
    if (reason !== undefined) problems.push(refusal(name, setting.origin, reason, layer));
    else if (!raw.has(name)) raw.set(name, { ...setting, text: setting.text.trim() });
  };

  for (const [name, text] of given) put(name, { text, origin: 'cli' }, 'cli');
  for (const name of OPTION_NAMES) {
    const setting = fromEnvironment(name, env, compatible);
    if (setting !== undefined) put(name, setting, 'env');
  }
  for (const { name, text, origin } of fileSettings(raw.get('config'), cwd, problems))
    put(name, { text, origin }, 'file');
  const textOf = (name: string): string => raw.get(name as OptionName)?.text ?? '';
  const situation: Situation = { textOf, isTTY, stateFolder: stateFolder(env) };
  for (const name of OPTION_NAMES) {
    const declared = declarationOf(name);
    const text = declared.default ?? declared.derived?.from(situation);
    if (text !== undefined && !raw.has(name)) raw.set(name, { text, origin: 'default' });
  }
  return { raw, problems, warnings: [...argvWarnings, ...unknownVariables(env)] };
}

/** True when any environment variable sets an option. */
export function environmentSetsAnything(env: Environment): boolean {
  return OPTION_NAMES.some((name) => fromEnvironment(name, env, false) !== undefined);
}

/** An empty variable counts as unset: `${NAME:-}` in a compose file leaves one behind. */
function fromEnvironment(name: OptionName, env: Environment, compatible: boolean): RawSetting | undefined {
  const foreign = compatible ? compatibleEnvNames(name) : [];
  const names = [envName(name), ...(declarationOf(name).alsoEnv ?? []), ...foreign];
  const found = names.find((candidate) => (env[candidate] ?? '').trim() !== '');
  return found === undefined ? undefined : { text: env[found] ?? '', origin: `env:${found}` };
}

/** XDG Base Directory specification: $XDG_STATE_HOME, which counts only when it is absolute, or ~/.local/state. */
function stateFolder({ XDG_STATE_HOME: state = '', HOME: home = '' }: Environment): string | null {
  if (isAbsolute(state)) return state;
  return isAbsolute(home) ? join(home, '.local', 'state') : null;
}

function fileSettings(path: RawSetting | undefined, cwd: string, problems: Problem[]): readonly FileSetting[] {
  if (path === undefined || path.text === '') return [];
  const file = readConfigFile(path.text, cwd);
  problems.push(...file.problems);
  return file.settings;
}

function refusal(name: OptionName, origin: Origin, reason: string, layer: Layer): Problem {
  const others = declarationOf(name).refused?.file === undefined ? ' or in the --config file' : '';
  const fix = name === 'config' ? 'Remove this line' : `Set ${envName(name)} in the environment${others}`;
  return { setting: layer === 'cli' ? `--${name}` : name, origin, reason, fix };
}

// Kubernetes gives every pod LOCKSTEP_SERVICE_HOST, LOCKSTEP_PORT_7300_TCP, ... when a Service is named lockstep.
const SERVICE_LINK = /^LOCKSTEP_(SERVICE_|PORT$|PORT_)/;

function unknownVariables(env: Environment): string[] {
  const known = OPTION_NAMES.map(envName);
  return Object.keys(env)
    .filter((name) => name.startsWith(ENV_PREFIX) && !SERVICE_LINK.test(name) && optionOfEnv(name) === undefined)
    .sort()
    .map((name) => `${remoteText(name)} is not a setting of lockstep; did you mean ${closest(name, known)}?`);
}
