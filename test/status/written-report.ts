import type { FollowHooks } from '../../src/follow/state.js';
import { ProgressTracker } from '../../src/status/progress.js';
import { reportTo } from '../../src/status/report.js';
import { createLogger } from '../../src/util/log.js';
import { metricsOf } from './metrics-of.js';

/** The log lines that the report writes, under a clock of the test. */
export class WrittenReport {
  nowMs = 0;
  readonly hooks: FollowHooks;
  readonly #written: Record<string, unknown>[] = [];

  constructor() {
    const now = (): number => this.nowMs;
    const sink = { write: (line: string) => void this.#written.push(JSON.parse(line) as Record<string, unknown>) };
    this.hooks = reportTo({
      log: createLogger({ level: 'trace', format: 'json', color: false, pid: false }, sink, now),
      metrics: metricsOf(),
      progress: new ProgressTracker(now),
      now,
    });
  }

  /** The lines since the last call. */
  taken(): readonly Record<string, unknown>[] {
    return this.#written.splice(0);
  }
}
