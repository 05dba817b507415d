import { describe, expect, it } from '@jest/globals';
import { cliRig } from '../rig/cli.js';

const rig = cliRig();

const SOURCE = '--l2.follow.source=https://source.example/rpc';

describe('a configuration of which nothing but the source is set', () => {
  it('has the documented defaults', async () => {
    const { config } = await rig.run([SOURCE]);
    expect({ ...config?.source }).toMatchObject({
      rpcTimeoutMs: 10_000,
      maxConcurrency: 64,
      callsPerSecond: null,
      maxResponseBytes: 64 * 1024 * 1024,
    });
    expect({ ...config?.engine }).toMatchObject({
      url: 'http://127.0.0.1:8551',
      timeoutMs: 60_000,
      watchdogMs: 1_800_000,
    });
    expect({ ...config?.recovery }).toEqual({
      mode: 'auto',
      reset: 'auto',
      maxDepth: 50_000,
      synthetic: true,
      cooldownMs: 30_000,
      adminRpcUrl: null,
      haltOnFinalizedDivergence: false,
      haltOnUnrecoverable: false,
    });
    expect(config).toMatchObject({
      follow: {
        pollIntervalMs: 'auto',
        safetyIntervalMs: 'auto',
        prefetchBlocks: 128,
        prefetchBytes: 64 * 1024 * 1024,
        syncMode: 'replay',
        elSyncTimeoutMs: 120_000,
      },
      dryRun: false,
      bootTimeoutMs: 60_000,
      metrics: { enabled: false, addr: '127.0.0.1', port: 7300, strict: false },
      warnings: [],
    });
  });

  it('is frozen at every level', async () => {
    const { config } = await rig.run([SOURCE]);
    const parts = [config, config?.source, config?.source.headers, config?.engine, config?.follow, config?.log];
    for (const part of [...parts, config?.metrics, config?.recovery, config?.warnings])
      expect(Object.isFrozen(part)).toBe(true);
  });
});
