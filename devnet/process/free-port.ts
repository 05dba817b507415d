import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './bound-process.js';

/** Below the range from which systems take client ports, so that a port is still free when an EL restarts on it. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A port of 127.0.0.1 that nobody listens on, and that nobody else gets while this process lives. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    if ((await isFree(port)) && claim(port)) return port;
  }
}

/**
 * Makes the port this process's own; false where it is another's. Many programs are started at once, by many processes,
 * and each listens seconds after its port was chosen, or not at all for a while: so a file holds the pid of whoever got it.
 */
export function claim(port: number): boolean {
  const claims = join(tmpdir(), `lockstep-ports-${process.getuid?.() ?? 0}`);
  const file = join(claims, String(port));
  mkdirSync(claims, { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (isAlive(Number(readFileSync(file, 'utf8')))) return false;
  writeFileSync(file, String(process.pid));
  return true;
}

/** Whether somebody could listen on the port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
