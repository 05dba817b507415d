import type { Labels } from '../chain/block.js';
import type { Config } from '../config/config.js';
import { elSyncPolicy } from '../follow/limits.js';
import { follow, type FollowOptions, shadow } from '../follow/loop.js';
import { Orders } from '../follow/orders.js';
import type { FollowHooks } from '../follow/state.js';
import { reportTo } from '../status/report.js';
import { ProgressTracker } from '../status/progress.js';
import { ShadowReport } from '../status/shadow-report.js';
import type { MetricsServer } from '../status/server.js';
import { EXIT, type ExitCode } from '../util/exit-codes.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import { createLogger, type Logger } from '../util/log.js';
import { version } from './commands/version.js';
import { boot, type Booted } from './boot.js';
import { build, type Parts } from './build.js';
import { EngineWatchdog } from './engine-watchdog.js';
import { lockInstance } from './instance-lock.js';
import { openJournal } from './journal.js';
import { openRecord } from './record.js';
import { type Rpc, startRpc } from './rpc.js';
import { onStopSignal } from './stop-signal.js';

const now = (): number => performance.now();

/** The `run` command: boots, follows until it is told to stop, and says with which code to exit. */
export async function run(config: Config): Promise<ExitCode> {
  const log = createLogger(config.log);
  const stop = onStopSignal(log);
  log.info({ version: version(), node: process.version }, 'lockstep starts');
  for (const warning of config.warnings) log.warn({ detail: warning }, 'Configuration warning');
  if (config.dryRun) log.warn('Dry run: nothing is written to the EL, which another consensus client drives');
  try {
    // A shadow fights over nothing, and may stand beside the one that drives the EL.
    const lock = config.dryRun ? null : await lockInstance(config.engine.url);
    const parts = await build(config, {
      onSurprise: (detail) => {
        log.warn({ detail }, 'The EL behaves otherwise than its profile says; from now on its behaviour counts');
      },
      onSetHeadRefused: (why) => log.info({ why }, 'debug_setHead is no way back for this EL'),
    });
    try {
      return await runParts(config, parts, log, stop);
    } finally {
      await parts.close();
      await lock?.release();
    }
  } catch (thrown) {
    const error = asLockstepError(thrown);
    if (error.code === 'ABORTED') return stopped(log);
    return failed(log, error);
  }
}

async function runParts(config: Config, parts: Parts, log: Logger, stop: AbortSignal): Promise<ExitCode> {
  const shadowing = config.dryRun ? shadowReport(config, parts, log) : null;
  const shared = { log, progress: new ProgressTracker(now), orders: new Orders(), shadow: shadowing };
  const metricsServer = await startMetrics(config, parts, log);
  try {
    const rpc = await startRpc(config, { ...shared, parts, now });
    try {
      return await bootAndFollow(config, parts, { ...shared, rpc }, stop);
    } finally {
      await rpc.close();
    }
  } finally {
    await metricsServer?.close();
  }
}

interface Run {
  readonly log: Logger;
  readonly progress: ProgressTracker;
  readonly orders: Orders;
  readonly shadow: ShadowReport | null;
  readonly rpc: Rpc;
}

async function bootAndFollow(config: Config, parts: Parts, run: Run, stop: AbortSignal): Promise<ExitCode> {
  const { log } = run;
  const booted = await boot(parts.preflightInput, { timeoutMs: config.bootTimeoutMs, log, now }, stop);
  if (booted instanceof LockstepError) return failed(log, booted);
  log.warn({ source: parts.source.name }, 'The source decides which blocks are canonical, safe and final: trust it');
  const error = await followBooted(config, parts, { ...run, booted }, stop);
  return error === null ? stopped(log) : failed(log, error);
}

async function followBooted(
  config: Config,
  parts: Parts,
  run: Run & { readonly booted: Booted },
  stop: AbortSignal,
): Promise<LockstepError | null> {
  const { log, orders, booted } = run;
  const { source, consensus, feed, engine, driven, metrics } = parts;
  // The journal is that of the one who drives the EL.
  const journal = await openJournal(config.dryRun ? null : config.journal, booted.expected, {
    log,
    onTrouble: () => metrics.stateFileError(),
  });
  const watchdog = new EngineWatchdog({
    limitMs: config.engine.watchdogMs,
    now,
    onSilence: (ms) => metrics.engineSilence(ms),
  });
  const options = followOptions(config, parts, booted, journal.recalled);
  const record = await openRecord(config, { expected: booted.expected, engine: engine.profile.kind }, log);
  const hooks = record.watch(watchdog.watch(journal.watch(reporting(parts, run))));
  const shared = { source, consensus, feed, hooks, orders, now, random: Math.random };
  const ending = AbortSignal.any([stop, watchdog.signal]);
  let ended: LockstepError | null = null;
  try {
    const error = await (driven === null
      ? shadow(options, { ...shared, engine }, ending)
      : follow(options, { ...shared, engine: driven }, ending));
    ended = error ?? watchdog.error;
    return ended;
  } catch (thrown) {
    ended = asLockstepError(thrown);
    throw ended;
  } finally {
    await Promise.all([journal.close(), record.close(ended)]);
  }
}

function followOptions(
  { follow: settings, source, recovery }: Config,
  { engine }: Parts,
  { expected }: Booted,
  recalled: Labels | null,
): FollowOptions {
  const { pollIntervalMs, safetyIntervalMs, prefetchBlocks, prefetchBytes, syncMode, elSyncTimeoutMs } = settings;
  const elSync = syncMode === 'el-sync' ? elSyncPolicy(elSyncTimeoutMs) : null;
  const limits = {
    maxBlocks: prefetchBlocks,
    maxBytes: prefetchBytes,
    maxConcurrency: source.maxConcurrency,
    blocksPerForkchoice: engine.profile.maxBlocksPerForkchoice,
  };
  return { pollIntervalMs, safetyIntervalMs, limits, expected, elSync, recovery, recalled };
}

/** Everybody who is told what the loop does. */
function reporting({ metrics, health }: Parts, { log, progress, shadow: shadowing, rpc }: Run): FollowHooks {
  const hooks = reportTo({ log, metrics, progress, now });
  return health.watch(rpc.watch(shadowing?.watch(hooks) ?? hooks));
}

function shadowReport({ recovery }: Config, { metrics }: Parts, log: Logger): ShadowReport {
  return new ShadowReport({ log, now, heals: recovery.mode === 'auto', onWould: (kind) => metrics.would(kind) });
}

/** A taken port is no reason not to follow, unless the operator says so (reliability O5). */
async function startMetrics(
  config: Config,
  { metrics: { registry }, health }: Parts,
  log: Logger,
): Promise<MetricsServer | null> {
  const { enabled, addr, port, strict } = config.metrics;
  if (!enabled) return null;
  try {
    // The HTTP server costs a third of the start-up, and most runs do not need it.
    const { serveMetrics } = await import('../status/server.js');
    const server = await serveMetrics({ registry, health, version: version() }, { host: addr, port });
    log.info({ url: `${server.url}/metrics` }, 'Metrics are served');
    return server;
  } catch (thrown) {
    const detail = `--metrics.addr ${addr} --metrics.port ${port} cannot be bound`;
    const error = new LockstepError('METRICS_PORT', { detail, cause: thrown });
    if (strict) throw error;
    log.warn({ code: error.code, err: error.message, fix: error.fix }, 'Metrics are not served');
    return null;
  }
}

function stopped(log: Logger): ExitCode {
  log.info('lockstep stopped');
  return EXIT.clean;
}

function failed(log: Logger, error: LockstepError): ExitCode {
  log.fatal({ code: error.code, exit: error.exitCode, err: error, fix: error.fix }, 'lockstep cannot go on');
  return error.exitCode;
}
