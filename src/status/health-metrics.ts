import type { Registry } from 'prom-client';
import { Series } from './series.js';
import type { Health } from './health.js';

/** What `/readyz` says without limits in its query: as a whole, and one series per criterion. */
export function createHealthMetrics(registry: Registry, health: Pick<Health, 'criteria'>): void {
  const series = new Series(registry);
  const ready = (): boolean => health.criteria().every(({ ok }) => ok);
  series.collected('ready', '1 while lockstep is in step, as /readyz says', (gauge) => gauge.set(ready() ? 1 : 0));
  series.collected<'name'>(
    'ready_criterion',
    '1 for each criterion of /readyz that is met',
    (gauge) => {
      for (const { name, ok } of health.criteria()) gauge.set({ name }, ok ? 1 : 0);
    },
    ['name'],
  );
}
