import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compiledProgram } from '../../devnet/project-root.js';
import { isRunning, readState, type DevnetState } from '../../devnet/stack/state-file.js';
import { waitUntil } from '../../devnet/wait-until.js';

/**
 * Runs `devnet COMMAND` below a folder of the test; rejects, with `code` and `stdout`, on another exit than 0. What it
 * printed is part of the message.
 */
export async function runCommand(
  root: string,
  command: string,
  ...args: readonly string[]
): Promise<{ readonly stdout: string }> {
  try {
    return await promisify(execFile)(process.execPath, [
      compiledProgram('devnet/main'),
      command,
      ...args,
      '--root',
      root,
    ]);
  } catch (error) {
    if (error instanceof Error && 'stdout' in error) error.message += `\n${String(error.stdout)}`;
    throw error;
  }
}

/** The processes of a devnet that still run. */
export function runningPids({ daemon, parts }: DevnetState): readonly number[] {
  return [daemon, ...parts].filter(isRunning).map(({ pid }) => pid);
}

/** Kills what is left of a devnet, for a test that failed half-way; its parts end with the pipes from the daemon. */
export async function killDevnet(folder: string): Promise<void> {
  const state = readState(folder);
  if (state === null) return;
  if (isRunning(state.daemon)) process.kill(state.daemon.pid, 'SIGKILL');
  await waitUntil('everything has ended', () => runningPids(state).length === 0, 30_000);
}
