import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';
import { startLockstep, type LockstepOptions, type LockstepProcess } from '../rig/lockstep-process.js';
import type { RunningPart } from './part.js';

/** lockstep as a part; it serves nothing that the others need. */
export function lockstepPart(lockstep: LockstepProcess, logFile: string): RunningPart {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  return {
    version: `lockstep-${version}`,
    pid: lockstep.pid,
    logFile,
    urls: {},
    el: null,
    stop: () => lockstep.stop(),
    kill: () => lockstep.kill(),
  };
}

export async function launchLockstep(options: LockstepOptions): Promise<RunningPart> {
  return lockstepPart(await startLockstep(options), options.logFile);
}
