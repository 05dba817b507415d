import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';
import { startLockstep, type LockstepOptions, type LockstepProcess } from '../rig/lockstep-process.js';
import type { RunningPart } from './part.js';

/** lockstep as a part. `urls`: what it serves. */
export function lockstepPart(lockstep: LockstepProcess, logFile: string, urls: RunningPart['urls'] = {}): RunningPart {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  return {
    version: `lockstep-${version}`,
    pid: lockstep.pid,
    logFile,
    urls,
    el: null,
    stop: () => lockstep.stop(),
    kill: () => lockstep.kill(),
  };
}

/** With JSON-RPC on this port. */
export async function launchLockstep(options: LockstepOptions, rpcPort: number): Promise<RunningPart> {
  const flags = [...options.flags, '--rpc.enabled', '--rpc.port', String(rpcPort)];
  const urls = { rpc: `http://127.0.0.1:${rpcPort}` };
  return lockstepPart(await startLockstep({ ...options, flags }), options.logFile, urls);
}
