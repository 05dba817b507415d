import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

const FOLDER = 'docs/monitoring';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One PromQL expression, and where it stands. */
interface Query {
  readonly of: string;
  readonly expr: string;
}

export function readAlerts(): readonly Alert[] {
  const file = parse(readFileSync(`${FOLDER}/alerts.yml`, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Alert[] }[];
  };
  return file.groups.flatMap(({ rules }) => rules);
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number };
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
}

export function readDashboards(): readonly Dashboard[] {
  const files = readdirSync(`${FOLDER}/grafana`);
  return files.map((file) => JSON.parse(readFileSync(`${FOLDER}/grafana/${file}`, 'utf8')) as Dashboard);
}

/** Every query of every dashboard. */
export function dashboardQueries(): readonly Query[] {
  return readDashboards().flatMap(({ title, panels, annotations }) => [
    ...panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => ({ of: `${title}: ${panel.title}`, expr }))),
    ...annotations.list.map(({ name, expr }) => ({ of: `${title}: ${name}`, expr })),
  ]);
}

/** Every query that is shipped. */
export function allQueries(): readonly Query[] {
  return [...readAlerts().map(({ alert, expr }) => ({ of: alert, expr })), ...dashboardQueries()];
}

/** A metric that a query names, with its label matchers. */
export interface Selected {
  readonly name: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

const SELECTOR = /\b((?:lockstep|op_node_default|process|nodejs)_\w+)(?:\{([^}]*)\})?/g;
const MATCHER = /(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"/g;

export function selectedBy(expr: string): readonly Selected[] {
  return [...expr.matchAll(SELECTOR)].map(([, name = '', inner = '']) => ({
    name,
    matchers: [...inner.matchAll(MATCHER)].map(([, label = '', operator = '', value = '']) => ({
      ...{ label, operator, value },
    })),
  }));
}

/** The selectors that no series of an exposition answers to; what no event has happened for is not there yet. */
export function unanswered(exposition: string): readonly string[] {
  const lines = exposition.split('\n');
  return allQueries().flatMap(({ of, expr }) =>
    selectedBy(expr).flatMap(({ name, matchers }) => {
      const wanted = matchers.flatMap(({ label, operator, value }) =>
        operator === '=' && !value.startsWith('$') ? [`${label}="${value}"`] : [],
      );
      const family = name.replace(/_(bucket|sum|count)$/, '');
      const isThere =
        wanted.length === 0
          ? lines.some((line) => line.startsWith(`# TYPE ${name} `) || line.startsWith(`# TYPE ${family} `))
          : lines.some((line) => line.startsWith(`${name}{`) && wanted.every((matcher) => line.includes(matcher)));
      return isThere ? [] : [`${of}: ${name}{${wanted.join(',')}}`];
    }),
  );
}
