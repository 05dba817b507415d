import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** What the system tells about a running process. */
export interface ProcessFacts {
  /** Tells a process from a later one with the same pid: when it started. */
  readonly identity: string;
  readonly residentBytes: number;
}

const HAS_PROC = existsSync('/proc/self/stat');

/** null when there is no such process, or only its exit status is left of it. */
export function processFacts(pid: number): ProcessFacts | null {
  try {
    return HAS_PROC ? factsFromProc(pid) : factsFromPs(pid);
  } catch {
    return null;
  }
}

/** Fields 3, 22 and 24 of proc(5) stat: state, start time in ticks since boot, resident pages. */
function factsFromProc(pid: number): ProcessFacts | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program stands in parentheses and may hold any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks, pages] = [fields[0], fields[19], fields[21]];
  if (state === 'Z' || startTicks === undefined) return null;
  return { identity: startTicks, residentBytes: Number(pages) * 4_096 };
}

function factsFromPs(pid: number): ProcessFacts | null {
  const line = execFileSync('ps', ['-o', 'state=,rss=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  const [, state = '', kilobytes = '', started = ''] = /^(\S+)\s+(\d+)\s+(.+)$/.exec(line) ?? [];
  if (started === '' || state.startsWith('Z')) return null;
  return { identity: started, residentBytes: Number(kilobytes) * 1_024 };
}
