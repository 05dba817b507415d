import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { constants } from 'node:os';

/**
 * Runs a command that knows nothing of us (arguments: log file, command, its arguments) and ends it when our stdin
 * closes, which happens when the process that started us goes away, even by SIGKILL. Exits as the command exits.
 */
const [logFile = '', command = '', ...args] = process.argv.slice(2);
const GRACE_MS = 2_000;

const log = openSync(logFile, 'a');
const child = spawn(command, args, { stdio: ['ignore', log, log] });

child.once('exit', (code, signal) => {
  process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
});
child.once('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(127);
});
child.once('spawn', () => {
  process.stdout.write(`${JSON.stringify({ pid: child.pid ?? 0 })}\n`);
});

function end(): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
}

process.once('SIGTERM', end);
process.once('SIGINT', end);
process.stdin.once('close', end);
process.stdin.resume();
