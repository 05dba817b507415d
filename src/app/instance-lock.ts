import { createHash } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { LockstepError } from '../util/errors.js';

export interface InstanceLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only lockstep of this user that drives the EL at `engineUrl`: two would fight over its head
 * (reliability O3). The lock is a listening Unix socket, so it ends with the process, however that ends.
 * @throws LockstepError ALREADY_RUNNING
 */
export async function lockInstance(engineUrl: string): Promise<InstanceLock> {
  const path = lockPath(engineUrl);
  for (;;) {
    const server = await listen(path);
    if (server !== null) return { release: () => close(server) };
    if (await isAlive(path)) {
      const detail = `${new URL(engineUrl).host} is taken (lock ${path})`;
      throw new LockstepError('ALREADY_RUNNING', { detail });
    }
    await rm(path, { force: true });
  }
}

function lockPath(engineUrl: string): string {
  const { host } = new URL(engineUrl);
  const id = createHash('sha256').update(`${userInfo().uid}:${host}`).digest('hex').slice(0, 16);
  return process.platform === 'win32' ? `\\\\.\\pipe\\lockstep-${id}` : join(tmpdir(), `lockstep-${id}.sock`);
}

/** Null when the path is taken, by a living process or by the rest of a dead one. */
async function listen(path: string): Promise<Server | null> {
  const server = createServer((socket) => socket.end());
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(true) : reject(error),
    );
    server.listen(path, () => resolve(false));
  });
  if (taken) return null;
  server.unref();
  if (process.platform !== 'win32') await chmod(path, 0o600);
  return server;
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
