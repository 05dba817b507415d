import type { Config } from '../config/config.js';
import type { Engine, EngineReader } from '../engine/engine.js';
import { createEngine } from '../engine/http.js';
import { readOnly } from '../engine/read-only.js';
import { initKeccak } from '../payload/keccak.js';
import { SourceBudget } from '../source/budget.js';
import { createConsensusClient, detectConsensusClient } from '../source/consensus-client.js';
import { createHeadFeed } from '../source/head-feed.js';
import { createSource } from '../source/http.js';
import type { ConsensusClient, HeadFeed, Source } from '../source/source.js';
import { createHealth, type Health } from '../status/health.js';
import { Calls } from '../status/live/calls.js';
import { createMetrics, type Metrics } from '../status/metrics.js';
import type { OnCall } from '../util/call-report.js';
import { version } from './commands/version.js';
import type { PreflightInput } from './preflight.js';

/** Every part of a running lockstep, made once. */
export interface Parts {
  readonly source: Source;
  readonly consensus: ConsensusClient | null;
  readonly feed: HeadFeed | null;
  readonly engine: EngineReader;
  /** The same EL, for what changes it; null with --dry-run. */
  readonly driven: Engine | null;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly calls: Calls;
  readonly preflightInput: PreflightInput;
  close(): Promise<void>;
}

/** What the operator should hear of the EL. */
interface EngineNotices {
  /** It does not behave as its kind does. */
  readonly onSurprise: (detail: string) => void;
  /** Why debug_setHead is no way back. */
  readonly onSetHeadRefused: (why: string) => void;
}

const now = (): number => performance.now();

/** Makes every part. Nothing is sent yet. */
export async function build(config: Config, notices: EngineNotices = NO_NOTICES): Promise<Parts> {
  await initKeccak();
  const health = createHealth(now, Math.max(config.engine.timeoutMs, config.source.rpcTimeoutMs));
  const metrics = createMetrics({
    version: version(),
    node: process.version,
    sourceKind: config.consensus === null ? 'execution' : 'consensus',
    opNodeCompat: config.metrics.opNodeCompat,
    health,
    dryRun: config.dryRun,
    now,
    wallNow: Date.now,
  });
  const budget = new SourceBudget(config.source);
  const calls = new Calls(config, Date.now);
  const toSource: OnCall = (call) => metrics.sourceCall('0', call);
  const source = createSource({ ...config.source, budget, onCall: calls.counted('source', toSource) });
  const toConsensus: OnCall = (call) => metrics.sourceCall('cl', call);
  const consensus = consensusOf(config, budget, calls.counted('consensus', toConsensus));
  const feed =
    config.headFeed === null
      ? null
      : createHeadFeed({ ...config.headFeed, onCall: calls.counted('headFeed', toSource) });
  const { url, jwtSecret, timeoutMs, rpcUrl } = config.engine;
  const ownRpc = rpcUrl === url ? {} : { rpcUrl };
  const driven = createEngine({
    url,
    ...ownRpc,
    ...(config.recovery.adminRpcUrl === null ? {} : { adminRpcUrl: config.recovery.adminRpcUrl }),
    jwtSecret: jwtSecret.reveal(),
    timeoutMs,
    version: version(),
    onCall: calls.counted('engine', (call) => metrics.engineCall(call)),
    onAnswer: (method, answer) => metrics.engineAnswer(method, answer),
    onIdentity: (identity) => metrics.engineIdentity(identity),
    ...notices,
  });
  const engine = config.dryRun ? readOnly(driven) : driven;
  const preflightInput: PreflightInput = {
    source,
    consensus,
    engine,
    urls: { source: config.source.url, engine: url, rpc: rpcUrl },
    isConsensusClient: (signal) => detectConsensusClient({ ...config.source, budget }, signal),
  };
  return {
    source,
    consensus,
    feed,
    engine,
    driven: config.dryRun ? null : driven,
    health,
    metrics,
    calls,
    preflightInput,
    close: async () => {
      await Promise.all([source.close(), consensus?.close(), engine.close()]);
    },
  };
}

/** It has a budget of its own where it is asked at another host. */
function consensusOf({ consensus }: Config, budget: SourceBudget, onCall: OnCall): ConsensusClient | null {
  if (consensus === null) return null;
  return createConsensusClient({ ...consensus, ...(consensus.sameHost ? { budget } : {}), onCall });
}

// The checks write nothing, so nothing of this can happen there.
const NO_NOTICES: EngineNotices = { onSurprise: () => undefined, onSetHeadRefused: () => undefined };
