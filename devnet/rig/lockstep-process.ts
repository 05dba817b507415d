import type { JsonObject } from '../../src/util/json.js';
import { endProcess, spawnSupervised, type ExitStatus } from '../process/bound-process.js';
import { compiledProgram } from '../project-root.js';
import { LogTail } from './log-tail.js';

export interface LockstepOptions {
  readonly sourceUrl: string;
  readonly engineUrl: string;
  readonly jwtSecretFile: string;
  /** JSON lines, appended to. */
  readonly logFile: string;
  /** The working directory. */
  readonly cwd: string;
  /** Further command line flags. */
  readonly flags: readonly string[];
}

/** lockstep as a process of its own, as an operator runs it. */
export interface LockstepProcess {
  readonly pid: number;
  /** `code` is lockstep's exit code, or 128 plus the signal that ended it. */
  readonly exited: Promise<ExitStatus>;
  /** SIGTERM, and waits for the exit. */
  stop(): Promise<ExitStatus>;
  /** SIGKILL, and waits for the exit. */
  kill(): Promise<ExitStatus>;
  /** Everything it has logged so far. */
  log(): readonly JsonObject[];
}

const STOP_GRACE_MS = 3_000;

export async function startLockstep(options: LockstepOptions): Promise<LockstepProcess> {
  const { sourceUrl, engineUrl, jwtSecretFile, logFile, cwd, flags } = options;
  const args = [
    ...[compiledProgram('lockstep'), 'run', '--l2.follow.source', sourceUrl],
    ...['--l2', engineUrl, '--l2.jwt-secret', jwtSecretFile, '--log.format', 'json'],
    ...flags,
  ];
  // The journal stays with the rest of the run. RPC is for whoever gives it a port: many of these run at the same time.
  const env = { XDG_STATE_HOME: cwd, LOCKSTEP_RPC_ENABLED: 'false' };
  const child = await spawnSupervised(process.execPath, args, { logFile, cwd, env });
  const log = new LogTail(logFile);
  return {
    pid: child.pid,
    exited: child.exited,
    stop: () => endProcess(child, STOP_GRACE_MS),
    kill: () => {
      child.signal('SIGKILL');
      return child.exited;
    },
    log: () => log.lines(),
  };
}
