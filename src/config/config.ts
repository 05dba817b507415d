import { resolve } from 'node:path';
import { opaque } from '../util/redact.js';
import type { JwtSecret } from './jwt-secret.js';
import { collectSettings, type RawSettings, type SettingInputs } from './layers.js';
import { declarationOf, OPTION_NAMES, type OptionName, type OptionValues } from './options.js';
import type { Origin, Problem } from './problem.js';
import { checkRules, loadJwtSecret } from './rules.js';

/** One option as it took effect, fit to be shown. */
export interface Setting {
  readonly name: OptionName;
  /** Text form, secrets redacted; null when the option is unset. */
  readonly value: string | null;
  readonly origin: Origin;
}

export interface LoadedConfig {
  /** Null exactly when there are problems. */
  readonly config: Config | null;
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** The configuration of a running lockstep: frozen, complete, checked. Times in ms, sizes in bytes. */
export type Config = ReturnType<typeof toConfig>;

/** Reads, merges and checks the whole configuration. Finds every problem in one go and never throws for a bad one. */
export function loadConfig(inputs: SettingInputs): LoadedConfig {
  const collected = collectSettings(inputs);
  const parsed = parseSettings(collected.raw, OPTION_NAMES);
  const draft = { values: parsed.values, raw: collected.raw, env: inputs.env, cwd: inputs.cwd };
  const ruled = checkRules(draft);
  const jwt = loadJwtSecret(draft);
  const problems = [...collected.problems, ...parsed.problems, ...ruled.problems, ...jwt.problems];
  const warnings = [...collected.warnings, ...ruled.warnings, ...jwt.warnings];
  const settings = settingsOf(collected.raw);
  const isComplete = problems.length === 0 && jwt.secret !== undefined;
  return {
    // Without a problem every required value is present, which is what tells the partial values from the whole.
    config: isComplete ? toConfig(parsed.values as OptionValues, jwt.secret, { warnings, settings }, inputs.cwd) : null,
    settings,
    problems,
    warnings,
  };
}

/** What listens on a port of its own. */
export type ListeningServer = 'metrics' | 'rpc';

/**
 * Where a server of a lockstep with this configuration listens. The rest of the configuration does not matter; null
 * exactly when there are problems.
 */
export function collectListen(
  server: ListeningServer,
  inputs: SettingInputs,
): {
  readonly listen: { readonly enabled: boolean; readonly addr: string; readonly port: number } | null;
  readonly problems: readonly Problem[];
} {
  const { raw, problems } = collectSettings(inputs);
  const parsed = parseSettings(raw, [`${server}.enabled`, `${server}.addr`, `${server}.port`]);
  const enabled = parsed.values[`${server}.enabled`];
  const addr = parsed.values[`${server}.addr`];
  const port = parsed.values[`${server}.port`];
  const all = [...problems, ...parsed.problems];
  const isComplete = enabled !== undefined && addr !== undefined && port !== undefined;
  return { listen: isComplete && all.length === 0 ? { enabled, addr, port } : null, problems: all };
}

function parseSettings(
  raw: RawSettings['raw'],
  names: readonly OptionName[],
): { values: Partial<OptionValues>; problems: Problem[] } {
  const values: Partial<Record<OptionName, unknown>> = {};
  const problems: Problem[] = [];
  for (const name of names) {
    const { type, required } = declarationOf(name);
    const setting = raw.get(name);
    if (setting === undefined) {
      if (required)
        problems.push({
          setting: `--${name}`,
          reason: 'is not set',
          fix: `Give the ${type.name} of the node to follow`,
        });
      continue;
    }
    const at = { setting: `--${name}`, origin: setting.origin };
    if (setting.text === '') {
      problems.push({ ...at, reason: 'is empty', fix: 'Give it a value, or leave it out' });
      continue;
    }
    const parsed = type.parse(setting.text);
    if (parsed.ok) values[name] = parsed.value;
    // A default that does not parse repeats the text of another option, which is reported there.
    else if (setting.origin !== 'default')
      problems.push({ ...at, value: type.display(setting.text), reason: parsed.reason, fix: parsed.fix });
  }
  return { values: values as Partial<OptionValues>, problems };
}

function settingsOf(raw: RawSettings['raw']): Setting[] {
  return OPTION_NAMES.map((name) => {
    const setting = raw.get(name);
    const { type } = declarationOf(name);
    return setting === undefined
      ? { name, value: null, origin: 'default' }
      : { name, value: type.display(setting.text), origin: setting.origin };
  });
}

/** The shape that the rest of the program reads. What can hold credentials does not show them when it is printed. */
function toConfig(
  values: OptionValues,
  jwtSecret: JwtSecret,
  { warnings, settings }: Pick<LoadedConfig, 'warnings' | 'settings'>,
  cwd: string,
) {
  return Object.freeze({
    source: Object.freeze(
      opaque({
        /** With path, query and user-info: show it through displayUrl only. */
        url: values['l2.follow.source'],
        headers: values['l2.follow.source.header'] ?? Object.freeze({}),
        rpcTimeoutMs: values['l2.follow.source.rpc-timeout'],
        maxConcurrency: values['l2.follow.source.max-concurrency'],
        /** Null: without a limit. */
        callsPerSecond: values['l2.follow.source.rpc-rate-limit'],
        maxResponseBytes: values['l2.follow.source.max-response-bytes'],
      }),
    ),
    consensus: consensusOf(values),
    headFeed: headFeedOf(values),
    engine: engineOf(values, jwtSecret),
    follow: Object.freeze({
      /** auto: when the next block is expected. */
      pollIntervalMs: values['l2.follow.poll-interval'],
      safetyIntervalMs: values['l2.follow.safety-interval'],
      prefetchBlocks: values['l2.follow.prefetch'],
      prefetchBytes: values['l2.follow.prefetch-bytes'],
      syncMode: values['l2.sync-mode'],
      elSyncTimeoutMs: values['l2.el-sync-timeout'],
    }),
    recovery: recoveryOf(values),
    /** Another consensus client drives the EL: nothing is written to it. */
    dryRun: values['dry-run'],
    /** Absolute path; null switches it off. */
    journal: values.journal === null ? null : resolve(cwd, values.journal),
    /** Absolute path; null: nothing is recorded. */
    record: recordOf(values, cwd),
    bootTimeoutMs: values['boot-timeout'],
    log: Object.freeze({
      level: values['log.level'],
      format: values['log.format'],
      color: values['log.color'],
      pid: values['log.pid'],
    }),
    metrics: Object.freeze({
      enabled: values['metrics.enabled'],
      addr: values['metrics.addr'],
      port: values['metrics.port'],
      strict: values['metrics.strict'],
      opNodeCompat: values['metrics.op-node-compat'],
    }),
    rpc: Object.freeze({
      enabled: values['rpc.enabled'],
      addr: values['rpc.addr'],
      port: values['rpc.port'],
      enableAdmin: values['rpc.enable-admin'],
      strict: values['rpc.strict'],
      page: values['status.enabled'],
    }),
    /** What was set and is no default, fit to be shown. */
    settings: Object.freeze(Object.fromEntries(settings.flatMap(setByOperator))),
    /** For the operator, once at start. */
    warnings: Object.freeze([...warnings]),
  });
}

function engineOf(values: OptionValues, jwtSecret: JwtSecret) {
  return Object.freeze(
    opaque({
      /** May hold user-info: show it through displayUrl only. */
      url: values.l2,
      jwtSecret,
      timeoutMs: values['l2.engine-timeout'],
      /** The `eth_*` endpoint of the local EL. */
      rpcUrl: values['l2.rpc'],
      /** Null: it may hang for ever. */
      watchdogMs: values['engine-watchdog'],
    }),
  );
}

function recordOf(values: OptionValues, cwd: string) {
  if (values.record === undefined) return null;
  return Object.freeze({ path: resolve(cwd, values.record), maxBytes: values['record.max-size'] });
}

function setByOperator({ name, value, origin }: Setting): [OptionName, string][] {
  return origin === 'default' || value === null ? [] : [[name, value]];
}

/** The consensus client of the source, or null. */
function consensusOf(values: OptionValues) {
  const url = values['l2.follow.source.cl'];
  if (url === undefined) return null;
  return Object.freeze(
    opaque({
      /** With path, query and user-info: show it through displayUrl only. */
      url,
      /** It shares the budget of calls as well. */
      sameHost: isSameHost(url, values),
      headers: headersFor(url, values),
      rpcTimeoutMs: values['l2.follow.source.rpc-timeout'],
      maxConcurrency: values['l2.follow.source.max-concurrency'],
      callsPerSecond: values['l2.follow.source.rpc-rate-limit'],
      maxResponseBytes: values['l2.follow.source.max-response-bytes'],
    }),
  );
}

/** The WebSocket that pushes the heads of the source, or null; a consensus client tells the head itself. */
function headFeedOf(values: OptionValues) {
  const url = values['l2.follow.source.ws'];
  if (url === undefined || values['l2.follow.source.cl'] !== undefined) return null;
  return Object.freeze(
    opaque({
      /** With path, query and user-info: show it through displayUrl only. */
      url,
      headers: headersFor(url, values),
      openTimeoutMs: values['l2.follow.source.rpc-timeout'],
    }),
  );
}

/** A header of the source is a secret of its host, and is sent nowhere else. */
function headersFor(url: string, values: OptionValues): Readonly<Record<string, string>> {
  return (isSameHost(url, values) ? values['l2.follow.source.header'] : undefined) ?? Object.freeze({});
}

/** As the source. ws and wss are http and https (RFC 6455). */
function isSameHost(url: string, values: OptionValues): boolean {
  return new URL(url.replace(/^ws/i, 'http')).origin === new URL(values['l2.follow.source']).origin;
}

function recoveryOf(values: OptionValues) {
  return Object.freeze(
    opaque({
      mode: values['recovery.mode'],
      reset: values['recovery.reset'],
      maxDepth: values['recovery.max-depth'],
      /** The head of the EL may be a copied sibling for some ms. */
      synthetic: values['recovery.synthetic'],
      cooldownMs: values['recovery.cooldown'],
      /** May hold user-info: show it through displayUrl only. */
      adminRpcUrl: values['recovery.admin-rpc'] ?? null,
      haltOnFinalizedDivergence: values['halt-on-finalized-divergence'],
      haltOnUnrecoverable: values['halt-on-unrecoverable'],
    }),
  );
}
