import type { LoadedConfig } from '../../config/config.js';
import { envName } from '../../config/options.js';
import { problemText } from '../../config/problem.js';

/** The effective settings with their origin, secrets redacted; also for a configuration that has problems. */
export function configText({ settings, problems, warnings }: LoadedConfig, json: boolean): string {
  if (json) {
    const rows = settings.map((setting) => ({ ...setting, env: envName(setting.name) }));
    return `${JSON.stringify({ settings: rows, problems, warnings }, null, 2)}\n`;
  }
  const rows = settings.map(({ name, value, origin }) => [name, value ?? '-', origin] as const);
  const nameColumns = Math.max(...rows.map(([name]) => name.length));
  const valueColumns = Math.max(...rows.map(([, value]) => value.length));
  return rows
    .map(([name, value, origin]) => `${name.padEnd(nameColumns)}  ${value.padEnd(valueColumns)}  ${origin}\n`)
    .join('');
}

/** Everything wrong with a configuration, for stderr. */
export function problemsText({ problems }: Pick<LoadedConfig, 'problems'>): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `  ✖ ${problemText(problem)}\n`);
  return `lockstep: the configuration is not usable (${count})\n${lines.join('')}`;
}
