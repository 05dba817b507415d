import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { compiledProgram } from '../project-root.js';
import { runDaemon } from '../stack/daemon.js';
import type { StackOptions } from '../stack/kinds.js';
import { DAEMON_LOG, isRunning, readState, type DevnetState } from '../stack/state-file.js';
import { table } from '../view/table.js';
import { endLeftovers } from './down.js';

const LOOK_EVERY_MS = 100;

/**
 * `devnet up`: starts a devnet in the background and returns when lockstep follows in it.
 * `argv` is our own command line, which the background process runs again with `--foreground`.
 */
export async function up(
  options: StackOptions,
  argv: readonly string[],
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const { dir: folder, kind } = options;
  const before = readState(folder);
  if (before !== null && isRunning(before.daemon)) {
    say(`the ${kind} devnet is already up (\`devnet down\` ends it)`);
    say(describe(folder, before));
    return true;
  }
  if (before !== null) await endLeftovers(before, say);
  const state = await startInBackground(folder, argv, say, signal);
  if (state === null) return false;
  say(describe(folder, state));
  return true;
}

/** `devnet up --foreground`: the same in this process, until it is told to end. */
export async function upInForeground(
  options: StackOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const before = readState(options.dir);
  if (before !== null && isRunning(before.daemon)) throw new Error(`the ${options.kind} devnet is already up`);
  await runDaemon(options, say, signal);
  return true;
}

/** Its output goes to a file in the folder; what it says there is said here as well. */
async function startInBackground(
  folder: string,
  argv: readonly string[],
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<DevnetState | null> {
  const logFile = join(folder, DAEMON_LOG);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [compiledProgram('devnet/main'), ...argv, '--foreground'], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error('the background process did not start');
  let shown = 0;
  for (;;) {
    // What was said before the state changed is then in the log.
    const state = readState(folder);
    const lines = readFileSync(logFile, 'utf8').split('\n').slice(0, -1);
    lines.slice(shown).forEach(say);
    shown = lines.length;
    if (state?.phase === 'ready' && state.daemon.pid === pid) {
      child.unref();
      return state;
    }
    if (child.exitCode !== null || child.signalCode !== null) return null;
    if (signal.aborted) child.kill('SIGTERM');
    await wait(LOOK_EVERY_MS);
  }
}

function describe(folder: string, { parts, readyAfterMs }: DevnetState): string {
  const rows = parts.map(({ name, version, pid, urls }) => [
    name,
    Object.entries(urls)
      .map(([service, url]) => `${service} ${url}`)
      .join('  '),
    `pid ${pid}`,
    version,
  ]);
  const ready = readyAfterMs === null ? '' : `; ready after ${(readyAfterMs / 1_000).toFixed(1)} s`;
  return `${table(rows)}\nfiles in ${folder}${ready}`;
}
