import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { promtoolBinary } from './promtool.js';
import { dashboardQueries } from './queries.js';

/** npm run rules: promtool checks the alerts and their unit tests, the queries of the dashboards, and the set-up. */
const run = promisify(execFile);
const promtool = await promtoolBinary();
const folder = mkdtempSync(join(tmpdir(), 'lockstep-rules-'));

/** promtool knows no dashboards: each query is checked as a rule. */
function dashboardRules(): string {
  const rules = dashboardQueries().map(({ of, expr }, index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll('$instance', 'any'),
    labels: { of },
  }));
  const file = join(folder, 'dashboards.yml');
  writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules }] }));
  return file;
}

const CHECKS = [
  ['check', 'config', 'docs/monitoring/prometheus.yml'],
  ['check', 'rules', dashboardRules()],
  ['test', 'rules', 'test/monitoring/alerts.test.yml'],
];

try {
  for (const check of CHECKS) {
    try {
      process.stdout.write((await run(promtool, check)).stdout);
    } catch (thrown) {
      const { stdout = '', stderr = String(thrown) } = thrown as { stdout?: string; stderr?: string };
      process.stdout.write(`${stdout}${stderr}promtool ${check.join(' ')}: failed\n`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
