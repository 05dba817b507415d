import { readdirSync, readFileSync } from 'node:fs';

/**
 * Nanoseconds that all threads of a process have run, garbage collection included. /proc/<pid>/stat has only 10 ms
 * ticks; schedstat counts in ns (Linux, Documentation/scheduler/sched-stats.rst).
 */
export function cpuTimeNs(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
  }
  return sum;
}

/** CLOCK_MONOTONIC in ns: comparable between the processes of one machine. */
export function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}
