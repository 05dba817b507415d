import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { metricsOf } from '../status/metrics-of.js';
import { allQueries, readAlerts, readDashboards, selectedBy } from './queries.js';

const alerts = readAlerts();
const names = [...new Set(alerts.map(({ alert }) => alert))];

/** Every metric of lockstep, as queries name it, with the labels that it has. */
function metricLabels(): ReadonlyMap<string, readonly string[]> {
  const metrics = metricsOf().registry.getMetricsAsArray() as unknown as readonly {
    readonly name: string;
    readonly type: string;
    readonly labelNames: readonly string[];
  }[];
  return new Map(
    metrics.flatMap(({ name, type, labelNames }): (readonly [string, readonly string[]])[] => {
      if (type !== 'histogram') return [[name, labelNames]];
      const parts = ['_sum', '_count'].map((part) => [`${name}${part}`, labelNames] as const);
      return [...parts, [`${name}_bucket`, [...labelNames, 'le']]];
    }),
  );
}

/** What Prometheus itself puts on a series. */
const TARGET_LABELS = ['instance', 'job'];

describe('the queries of alerts and dashboards', () => {
  it('name only metrics that lockstep has, and labels that they have', () => {
    const known = metricLabels();
    const wrong = allQueries().flatMap(({ of, expr }) =>
      selectedBy(expr).flatMap(({ name, matchers }) => {
        const labels = known.get(name);
        if (labels === undefined) return [`${of}: no metric ${name}`];
        const unknown = matchers.filter(({ label }) => ![...labels, ...TARGET_LABELS].includes(label));
        return unknown.map(({ label }) => `${of}: ${name} has no label ${label}`);
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('name at least one metric each', () => {
    const without = allQueries().filter(({ expr }) => selectedBy(expr).length === 0);
    // Whether a target can be scraped is told by Prometheus.
    expect(without.map(({ of }) => of)).toEqual(['FollowerDown']);
  });
});

describe('the alerts', () => {
  it('have a page each, and each page is of an alert', () => {
    expect(readdirSync('docs/runbooks').sort()).toEqual(names.map((name) => `${name}.md`).sort());
    for (const { alert, annotations } of alerts) {
      expect(annotations['runbook_url']).toBe(`docs/runbooks/${alert}.md`);
    }
  });

  it('are each shown to fire by the unit tests of the rules', () => {
    const { tests } = parse(readFileSync('test/monitoring/alerts.test.yml', 'utf8')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    const checks = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    const firing = new Set(checks.flatMap(({ alertname, exp_alerts }) => (exp_alerts.length > 0 ? [alertname] : [])));
    expect([...firing].sort()).toEqual([...names].sort());
  });

  it('are loaded by a Prometheus that scrapes lockstep under the name that they ask for', () => {
    const config = parse(readFileSync('docs/monitoring/prometheus.yml', 'utf8')) as {
      rule_files: string[];
      scrape_configs: { job_name: string }[];
    };
    expect([config.rule_files, config.scrape_configs.map(({ job_name }) => job_name)]).toEqual([
      ['alerts.yml'],
      ['lockstep'],
    ]);
  });
});

describe('the pages of the alerts', () => {
  it.each(names)('%s names only metrics and places that exist', (name) => {
    const file = `docs/runbooks/${name}.md`;
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(new RegExp(`^# ${name}\n`));
    const known = [
      ...metricsOf()
        .registry.getMetricsAsArray()
        .map((metric) => metric.name),
    ];
    expect(known).toEqual(expect.arrayContaining(text.match(/\blockstep_\w+/g) ?? []));
    for (const [, target = '', anchor] of text.matchAll(/\]\(([^)#]+)(?:#([\w-]+))?\)/g)) {
      const path = join(dirname(file), target);
      expect(existsSync(path)).toBe(true);
      const headings =
        readFileSync(path, 'utf8')
          .toLowerCase()
          .match(/^#+ .*$/gm) ?? [];
      if (anchor !== undefined) expect(headings.map((line) => line.replace(/^#+ /, ''))).toContain(anchor);
    }
  });
});

describe('the dashboards', () => {
  it('have panels with a place, a number and queries of their own', () => {
    const boards = readDashboards();
    expect(new Set(boards.map(({ uid }) => uid)).size).toBe(boards.length);
    for (const { panels } of boards) {
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length);
      for (const { type, targets = [] } of panels) expect(targets.length > 0).toBe(type !== 'row');
    }
  });
});
