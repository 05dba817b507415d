import type { Config } from '../config/config.js';
import type { Engine } from '../engine/engine.js';
import { createEngine } from '../engine/http.js';
import { initKeccak } from '../payload/keccak.js';
import { detectConsensusClient } from '../source/consensus-client.js';
import { createSource } from '../source/http.js';
import type { Source } from '../source/source.js';
import { createMetrics, type Metrics } from '../status/metrics.js';
import { version } from './commands/version.js';
import type { PreflightInput } from './preflight.js';

/** Every part of a running lockstep, made once. */
export interface Parts {
  readonly source: Source;
  readonly engine: Engine;
  readonly metrics: Metrics;
  readonly preflightInput: PreflightInput;
  close(): Promise<void>;
}

/** Makes every part. Nothing is sent yet. */
export async function build(config: Config): Promise<Parts> {
  await initKeccak();
  const metrics = createMetrics({ version: version(), node: process.version });
  const source = createSource({ ...config.source, onCall: (method, outcome) => metrics.sourceCall(method, outcome) });
  const { url, jwtSecret, timeoutMs, rpcUrl } = config.engine;
  const ownRpc = rpcUrl === url ? {} : { rpcUrl };
  const engine = createEngine({ url, ...ownRpc, jwtSecret: jwtSecret.reveal(), timeoutMs, version: version() });
  const preflightInput: PreflightInput = {
    source,
    engine,
    urls: { source: config.source.url, engine: url, rpc: rpcUrl },
    isConsensusClient: (signal) => detectConsensusClient(config.source, signal),
  };
  return {
    source,
    engine,
    metrics,
    preflightInput,
    close: async () => {
      await Promise.all([source.close(), engine.close()]);
    },
  };
}
