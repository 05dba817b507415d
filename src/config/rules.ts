import { resolve } from 'node:path';
import { readJwtSecret, parseJwtSecret, type JwtSecret } from './jwt-secret.js';
import type { Environment, RawSetting, RawSettings } from './layers.js';
import { declarationOf, envName, type OptionName, type OptionValues } from './options.js';
import type { Problem } from './problem.js';
import { carriesCredentials, isExposed } from './url.js';

/** What the rules look at: the values that could be parsed, and the text and origin of each. */
interface Draft {
  readonly values: Partial<OptionValues>;
  readonly raw: RawSettings['raw'];
  readonly env: Environment;
  readonly cwd: string;
}

interface Findings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Everything that involves more than the text of a single option. A value that did not parse is left alone. */
export function checkRules(draft: Draft): Findings {
  const rules = [
    sourceRules,
    exposureWarnings,
    intervalRules,
    recoveryWarnings,
    dryRunWarnings,
    recordWarnings,
    rpcRules,
    tlsRules,
  ];
  const found = rules.map((rule) => rule(draft));
  return { problems: found.flatMap((each) => each.problems), warnings: found.flatMap((each) => each.warnings) };
}

function problem(name: OptionName, raw: RawSetting | undefined, reason: string, fix: string): Problem {
  if (raw === undefined) return { setting: `--${name}`, reason, fix };
  return { setting: `--${name}`, value: declarationOf(name).type.display(raw.text), origin: raw.origin, reason, fix };
}

function sourceRules(draft: Draft): Findings {
  const found = [
    endpointRules(draft, 'l2.follow.source', 'Give the execution RPC of another node'),
    endpointRules(draft, 'l2.follow.source.cl', 'Give the consensus client of the source'),
    endpointRules(draft, 'l2.follow.source.ws', 'Give the WebSocket of the source'),
  ];
  const warnings = found.flatMap((each) => each.warnings);
  if (draft.values['l2.follow.source.cl'] !== undefined && draft.values['l2.follow.source.ws'] !== undefined) {
    warnings.push('--l2.follow.source.ws has no effect with --l2.follow.source.cl, which tells the head.');
  }
  if (draft.values['l2.follow.trustrpc'] === true) {
    warnings.push('--l2.follow.trustrpc has no effect: lockstep verifies every block.');
  }
  return { problems: found.flatMap((each) => each.problems), warnings };
}

/** What belongs to the local EL: a source is none of these, and debug_setHead must not reach the source. */
const OWN_ENDPOINTS = ['l2', 'l2.rpc', 'recovery.admin-rpc'] as const;

function endpointRules(
  { values, raw }: Draft,
  name: 'l2.follow.source' | 'l2.follow.source.cl' | 'l2.follow.source.ws',
  fix: string,
): Findings {
  const source = values[name];
  if (source === undefined) return { problems: [], warnings: [] };
  const setting = raw.get(name);
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const own = OWN_ENDPOINTS.find((each) => isSameEndpoint(values[each], source));
  if (own !== undefined) problems.push(problem(name, setting, `is the same endpoint as --${own}`, fix));
  if (isExposed(source)) {
    if (values['allow-insecure-source'] === true) {
      warnings.push(`--${name} is unencrypted: whoever is on the path can choose which blocks are safe and final.`);
    } else {
      const { protocol } = new URL(source);
      const scheme = protocol.slice(0, -1);
      const use = `Use ${scheme}s, or accept the risk with --allow-insecure-source`;
      problems.push(problem(name, setting, `is unencrypted ${scheme} to a public host`, use));
    }
  }
  return { problems, warnings };
}

function isSameEndpoint(one: string | undefined, other: string): boolean {
  if (one === undefined) return false;
  const [a, b] = [new URL(one), new URL(other)];
  return a.host === b.host && a.pathname === b.pathname && a.search === b.search;
}

function exposureWarnings({ values, raw }: Draft): Findings {
  const warnings: string[] = [];
  for (const name of ['l2.follow.source', 'l2.follow.source.cl', 'l2.follow.source.ws', ...OWN_ENDPOINTS] as const) {
    const url = values[name];
    if (url === undefined) continue;
    if (raw.get(name)?.origin === 'cli' && carriesCredentials(url)) {
      warnings.push(`--${name} carries credentials that the process list shows; set ${envName(name)} instead.`);
    }
    if (name === 'l2' && isExposed(url)) {
      warnings.push('--l2 is unencrypted http to a public host: the JWT does not hide or protect the traffic.');
    }
    if (name === 'recovery.admin-rpc' && isExposed(url)) {
      warnings.push('--recovery.admin-rpc is unencrypted http to a public host: whoever reaches it can rewind the EL.');
    }
  }
  return { problems: [], warnings };
}

function intervalRules({ values, raw }: Draft): Findings {
  const poll = values['l2.follow.poll-interval'];
  const safety = values['l2.follow.safety-interval'];
  if (typeof poll !== 'number' || typeof safety !== 'number' || safety >= poll) return { problems: [], warnings: [] };
  const reason = `is shorter than --l2.follow.poll-interval (${raw.get('l2.follow.poll-interval')?.text ?? ''})`;
  const setting = raw.get('l2.follow.safety-interval');
  return {
    problems: [problem('l2.follow.safety-interval', setting, reason, 'Raise it, or lower the poll interval')],
    warnings: [],
  };
}

/** What is set and has no effect, since another setting rules it out. */
function recoveryWarnings({ values, raw }: Draft): Findings {
  const { 'recovery.mode': mode, 'recovery.reset': reset } = values;
  if (mode === 'off') return unused(raw, HEALING, 'with --recovery.mode off');
  if (reset === 'forkchoice' || reset === 'none')
    return unused(raw, ['recovery.admin-rpc'], `with --recovery.reset ${reset}`);
  return { problems: [], warnings: [] };
}

function dryRunWarnings({ values, raw }: Draft): Findings {
  return unused(raw, values['dry-run'] === true ? ['journal', 'recovery.cooldown'] : [], 'with --dry-run');
}

function recordWarnings({ values, raw }: Draft): Findings {
  return unused(raw, values.record === undefined ? ['record.max-size'] : [], 'without --record');
}

function unused(raw: Draft['raw'], names: readonly OptionName[], why: string): Findings {
  const isGiven = (name: OptionName): boolean => (raw.get(name)?.origin ?? 'default') !== 'default';
  return { problems: [], warnings: names.filter(isGiven).map((name) => `--${name} has no effect ${why}.`) };
}

const HEALING: readonly OptionName[] = [
  'recovery.reset',
  'recovery.max-depth',
  'recovery.synthetic',
  'recovery.cooldown',
  'recovery.admin-rpc',
  'halt-on-unrecoverable',
];

/** Two servers of one process on one port, and methods that stop the following for whoever reaches them. */
function rpcRules({ values, raw }: Draft): Findings {
  if (values['rpc.enabled'] !== true) return { problems: [], warnings: [] };
  const { 'rpc.addr': addr = '', 'rpc.port': port } = values;
  const isShared = values['metrics.enabled'] === true && port !== 0 && port === values['metrics.port'];
  const fix = 'Give them different ports';
  const problems = isShared ? [problem('rpc.port', raw.get('rpc.port'), 'is the port of --metrics.port too', fix)] : [];
  const isOpen = values['rpc.enable-admin'] === true && !isLoopback(addr);
  const warning = `--rpc.enable-admin on ${addr}: whoever reaches that address can pause lockstep.`;
  return { problems, warnings: isOpen ? [warning] : [] };
}

function isLoopback(addr: string): boolean {
  return addr === 'localhost' || addr === '::1' || addr.startsWith('127.');
}

function tlsRules({ env }: Draft): Findings {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return { problems: [], warnings: [] };
  const found: Problem = {
    setting: 'NODE_TLS_REJECT_UNAUTHORIZED',
    value: '0',
    reason: 'switches certificate checks off for the whole process',
    fix: 'Unset it; NODE_EXTRA_CA_CERTS adds a certificate authority of your own',
  };
  return { problems: [found], warnings: [] };
}

/** Loads the secret from exactly one place: the encoded variable, or the file. */
export function loadJwtSecret({ values, raw, cwd }: Draft): Findings & { readonly secret: JwtSecret | undefined } {
  const encoded = raw.get('l2.jwt-secret-encoded');
  const file = raw.get('l2.jwt-secret');
  const path = values['l2.jwt-secret'];
  const failed = (found: Problem) => ({ secret: undefined, problems: [found], warnings: [] });
  if (encoded !== undefined) {
    if (file !== undefined && file.origin !== 'default') {
      const fix = `Unset one of ${originName(encoded)} and ${originName(file)}`;
      return failed(problem('l2.jwt-secret', file, `is given together with ${originName(encoded)}`, fix));
    }
    const parsed = parseJwtSecret(encoded.text);
    if (parsed.ok) return { secret: parsed.value, problems: [], warnings: [] };
    return failed({ setting: originName(encoded), reason: parsed.reason, fix: parsed.fix });
  }
  // A path that did not parse is already a problem of its own.
  if (path === undefined) return { secret: undefined, problems: [], warnings: [] };
  const read = readJwtSecret(resolve(cwd, path));
  if (!read.ok) return failed(problem('l2.jwt-secret', file, read.reason, read.fix));
  const warnings = read.value.readableByAll
    ? [`--l2.jwt-secret is readable by every user of this machine; run chmod 600 on it.`]
    : [];
  return { secret: read.value.secret, problems: [], warnings };
}

function originName({ origin }: RawSetting): string {
  return origin.startsWith('env:') ? origin.slice('env:'.length) : '--l2.jwt-secret';
}
