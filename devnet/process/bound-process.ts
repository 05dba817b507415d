import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { isJsonObject, type JsonObject } from '../../src/util/json.js';
import { compiledProgram, projectRoot } from '../project-root.js';
import { isNativeError } from 'node:util/types';

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process that ends when this process does, however this process ends. */
export interface BoundProcess {
  readonly pid: number;
  /** The JSON line with which the program said that it is up. */
  readonly report: JsonObject;
  readonly exited: Promise<ExitStatus>;
  /** Does nothing once the process has exited. */
  signal(signal: NodeJS.Signals): void;
}

export interface SpawnOptions extends Surroundings {
  /** A Node program of this project, without extension, that reports one JSON line and lives as long as its stdin. */
  readonly program: string;
  readonly args: readonly string[];
}

interface Surroundings {
  /** Receives stderr; appended to. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Nothing of our own environment reaches a child except what any program needs. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];
const REPORT_DEADLINE_MS = 30_000;
const LOG_TAIL_CHARS = 2_000;
const SUPERVISOR = join(projectRoot, 'devnet/process/supervisor.sh');

/** @throws Error with the end of its log when the program ends or stays silent instead of reporting. */
export async function spawnBound({ program, args, ...options }: SpawnOptions): Promise<BoundProcess> {
  return spawnReporting(program, [process.execPath, compiledProgram(program), ...args], options);
}

/**
 * Runs any command under the supervisor: `pid` and `signal` are those of the command itself.
 * @throws Error as spawnBound
 */
export async function spawnSupervised(
  command: string,
  args: readonly string[],
  options: Surroundings,
): Promise<BoundProcess> {
  const supervisor = await spawnReporting(command, ['/bin/sh', SUPERVISOR, options.logFile, command, ...args], options);
  const pid = Number(supervisor.report['pid']);
  let running = true;
  const exited = supervisor.exited.finally(() => (running = false));
  return {
    pid,
    report: supervisor.report,
    exited,
    signal: (signal) => {
      if (running) sendSignal(pid, signal);
    },
  };
}

async function spawnReporting(
  name: string,
  [file, ...args]: readonly [string, ...string[]],
  { logFile, env, cwd }: Surroundings,
): Promise<BoundProcess> {
  const log = openSync(logFile, 'a');
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', log],
    // Its own process group: Ctrl-C reaches the devnet alone, which then ends its children in order.
    detached: true,
    env: { ...inherited(), ...env },
    cwd,
  });
  closeSync(log);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('a child without pipes');
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  // A child that is gone closes its stdin; that is seen as its exit, not here.
  stdin.on('error', () => undefined);
  const report = await firstLine(stdout);
  stdout.resume();
  if (report === null) {
    child.kill('SIGKILL');
    await exited;
    const tail = readFileSync(logFile, 'utf8').slice(-LOG_TAIL_CHARS);
    throw new Error(`${name} did not start; the end of ${logFile}:\n${tail}`);
  }
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} has no pid`);
  return { pid, report, exited, signal: (signal) => void child.kill(signal) };
}

/** SIGTERM, and SIGKILL when the process has not gone after `graceMs`. */
export async function endProcess(target: BoundProcess, graceMs: number): Promise<ExitStatus> {
  target.signal('SIGTERM');
  const timer = setTimeout(() => target.signal('SIGKILL'), graceMs);
  const status = await target.exited;
  clearTimeout(timer);
  return status;
}

/** A process of somebody else is alive as well. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(isNativeError(error) && 'code' in error && error.code === 'ESRCH');
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (isNativeError(error) && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

async function firstLine(stdout: Readable): Promise<JsonObject | null> {
  const lines = createInterface({ input: stdout });
  const timer = setTimeout(() => lines.close(), REPORT_DEADLINE_MS);
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => String(text)),
    once(lines, 'close').then(() => null),
  ]);
  clearTimeout(timer);
  lines.close();
  if (line === null) return null;
  const report: unknown = JSON.parse(line);
  return isJsonObject(report) ? report : null;
}

function inherited(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
