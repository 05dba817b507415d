import { writeFileSync } from 'node:fs';

/** A stretch in which the event loop served no timer. */
export interface Slice {
  /** When it ended: CLOCK_MONOTONIC in ns. */
  readonly atNs: number;
  /** CPU of the process within it: what the scheduler gave to others in the middle does not count. */
  readonly ms: number;
}

const TICK_MS = 1;
const SHORTEST_MS = 1;

/** Loaded into lockstep by `node --import` when the bench wants to know what keeps its event loop. */
function probe(file: string): void {
  const slices: Slice[] = [];
  let lastNs = process.hrtime.bigint();
  let lastCpu = process.cpuUsage();
  setInterval(() => {
    const nowNs = process.hrtime.bigint();
    const { user, system } = process.cpuUsage(lastCpu);
    const ms = Math.min(Number(nowNs - lastNs) / 1e6 - TICK_MS, (user + system) / 1e3);
    if (ms >= SHORTEST_MS) slices.push({ atNs: Number(nowNs), ms });
    lastNs = nowNs;
    lastCpu = process.cpuUsage();
  }, TICK_MS).unref();
  process.once('exit', () => writeFileSync(file, JSON.stringify(slices)));
}

const file = process.env['BENCH_PROBE_FILE'];
if (file !== undefined) probe(file);
