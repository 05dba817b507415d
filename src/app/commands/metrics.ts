import { CRITERION_MEANINGS } from '../../status/criteria.js';
import { createMetrics } from '../../status/metrics.js';
import { code, table } from './markdown.js';

interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

/** The lines of docs/metrics.md: every metric of a running lockstep. */
export function metricsLines(): readonly string[] {
  const all = describedMetrics();
  const named = (prefix: string): readonly Described[] => all.filter(({ name }) => name.startsWith(prefix));
  const criteria = Object.entries(CRITERION_MEANINGS).map(([name, meaning]) => [code(name), meaning]);
  return [
    '`--metrics.enabled` serves them at `http://127.0.0.1:7300/metrics` in the exposition format of Prometheus. Label values are fixed sets:',
    'no hash, URL or error text. Letters and numbers in brackets are the rows of [faults.md](faults.md). Dashboards and alerts that use',
    'them: [monitoring](monitoring/README.md).',
    '',
    '## lockstep',
    '',
    ...metricsTable(named('lockstep_')),
    '',
    '`lockstep_ready_criterion` has one series for each criterion of `/readyz`. It is 0 when',
    '',
    ...table(['name', 'what is wrong then'], criteria),
    '',
    '## op-node',
    '',
    'The names that dashboards and alerts for op-node use, with the same meaning; `--metrics.op-node-compat=false` leaves them out. What',
    'is derived from L1 is shown as far as the consensus client of the source tells it. `l1_lookup` and `l1_mismatch` stay 0: L1 is not',
    'asked.',
    '',
    ...metricsTable(named('op_node_default_')),
    '',
    '## Process',
    '',
    'What prom-client tells of the process (`process_*`: CPU, memory, file descriptors) and of Node.js (`nodejs_*`: heap, garbage',
    'collection, event loop lag (H5)).',
  ];
}

function describedMetrics(): readonly Described[] {
  const { registry } = createMetrics({
    version: '',
    node: '',
    sourceKind: 'execution',
    opNodeCompat: true,
    health: { criteria: () => [] },
    dryRun: false,
    now: () => 0,
    wallNow: () => 0,
  });
  // prom-client has the label names and the kind of a metric, and types neither of them.
  return registry.getMetricsAsArray() as unknown as readonly Described[];
}

function metricsTable(metrics: readonly Described[]): string[] {
  const rows = metrics.map(({ name, type, labelNames, help }) => [
    code(name),
    type,
    labelNames.map(code).join(', ') || '-',
    help,
  ]);
  return table(['metric', 'type', 'labels', 'meaning'], rows);
}
