import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import { CliRig } from '../rig/cli.js';

/** The part of a YAML document that a test looks into. */
export type Tree = { readonly [key: string]: Tree } & readonly Tree[] & string;

export function readYaml(file: string): Tree {
  return parse(readFileSync(file, 'utf8'), { merge: true }) as Tree;
}

export function readDocuments(file: string): readonly Tree[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Tree);
}

export type Settings = Readonly<Record<string, string>>;

/** NAME=value lines, as a .env file holds them. */
export function readEnvFile(file: string): Settings {
  const lines = readFileSync(file, 'utf8').matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', text = '']) => [name, text]));
}

const VARIABLE = /\$\{(\w+)(?::([-?])([^}]*))?\}/g;

/** The variables of a compose file that have no default. */
export function variablesWithoutDefault(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)].flatMap(([, name = '', kind]) => (kind === '-' ? [] : [name]));
}

/** The text with each `${NAME}` and `${NAME:-default}` replaced, as `docker compose config` does it. */
export function interpolate(text: string, env: Settings): string {
  return text.replace(VARIABLE, (_all, name: string, kind: string | undefined, rest: string | undefined) => {
    const value = env[name] ?? '';
    return value === '' && kind === '-' ? (rest ?? '') : value;
  });
}

interface Read {
  readonly code: number;
  readonly called: string | null;
  readonly stderr: string;
  readonly warnings: readonly string[] | undefined;
}

/** What lockstep makes of these arguments and variables, with a secret file where they expect one. */
export async function readByLockstep(argv: readonly string[], env: Settings): Promise<Read> {
  const rig = new CliRig();
  try {
    const args = argv.map((arg) => (arg.startsWith('--l2.jwt-secret=') ? '--l2.jwt-secret=jwt.hex' : arg));
    const variables = 'LOCKSTEP_L2_ENGINE_AUTH' in env ? { ...env, LOCKSTEP_L2_ENGINE_AUTH: 'jwt.hex' } : env;
    const { code, called, stderr, config } = await rig.run(args, { env: variables });
    return { code, called, stderr, warnings: config?.warnings };
  } finally {
    rig.remove();
  }
}

export const READ_WITHOUT_COMPLAINT: Read = { code: 0, called: 'run', stderr: '', warnings: [] };

/** Flags of op-reth 1.10.2 that the overlays use: each is in `op-reth node --help`. */
const OP_RETH_FLAGS = [
  ...[
    '--chain',
    '--datadir',
    '--http',
    '--http.addr',
    '--http.port',
    '--http.api',
    '--disable-discovery',
    '--ipcdisable',
  ],
  ...[
    '--authrpc.addr',
    '--authrpc.port',
    '--authrpc.jwtsecret',
    '--rollup.disable-tx-pool-gossip',
    '--log.file.max-files',
  ],
];

/** The arguments that are not flags of op-reth; the first is its command. */
export function unknownToOpReth([command, ...args]: readonly string[]): readonly string[] {
  const flags = args.filter((arg) => !OP_RETH_FLAGS.includes(arg.split('=')[0] ?? ''));
  return command === 'node' ? flags : [String(command), ...flags];
}

/** The value of `--name=value` among the arguments. */
export function flagValue(args: readonly string[], name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);
}
