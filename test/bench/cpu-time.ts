import { readdirSync, readFileSync } from 'node:fs';

/**
 * Nanoseconds that all threads of a process have run, garbage collection included. /proc/<pid>/stat has only 10 ms
 * ticks; schedstat counts in ns (Linux, Documentation/scheduler/sched-stats.rst).
 */
export function cpuTimeNs(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) sum += threadTimeNs(pid, thread);
  return sum;
}

/** 0 where the thread has ended since it was listed, as those of op-reth do all the time: its time is lost. */
function threadTimeNs(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ESRCH')) return 0;
    throw thrown;
  }
}

/** Resident bytes of a process, now and at its highest (proc(5), status). */
export function residentBytes(pid: number): { readonly nowBytes: number; readonly peakBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kilobytes = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]);
  return { nowBytes: kilobytes('VmRSS') * 1_024, peakBytes: kilobytes('VmHWM') * 1_024 };
}

/** CLOCK_MONOTONIC in ns: comparable between the processes of one machine. */
export function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}
