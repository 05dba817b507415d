import { createMetrics, type Metrics, type MetricsParts } from '../../src/status/metrics.js';

/** The metrics of a lockstep that is ready, under the clock of a test. */
export function metricsOf(parts: Partial<MetricsParts> = {}): Metrics {
  return createMetrics({
    version: '1',
    node: 'v20',
    sourceKind: 'execution',
    opNodeCompat: true,
    health: { criteria: () => [] },
    dryRun: false,
    now: () => 0,
    wallNow: () => 0,
    ...parts,
  });
}

/** The sample lines with this prefix, without it. */
export async function linesOf({ registry }: Metrics, prefix = 'lockstep_'): Promise<readonly string[]> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith(prefix));
  return lines.map((line) => line.slice(prefix.length));
}
