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
 * (reliability O3). The lock is a listening local socket, so it ends with the process, however that ends.
 * @throws LockstepError ALREADY_RUNNING
 */
export async function lockInstance(engineUrl: string): Promise<InstanceLock> {
  const { host } = new URL(engineUrl);
  const place = lockPlace(host);
  for (;;) {
    const server = await listen(place);
    if (server !== null) return { release: () => close(server) };
    if (!place.isFile || (await isAlive(place))) {
      throw new LockstepError('ALREADY_RUNNING', {
        detail: `${host} is taken (lock ${place.path.replace('\0', '@')})`,
      });
    }
    await rm(place.path, { force: true });
  }
}

interface LockPlace {
  readonly path: string;
  /** The path stays in the file system when its process is killed. */
  readonly isFile: boolean;
}

/** Linux names sockets outside the file system, and per network namespace, as the addresses of ELs are (unix(7)). */
function lockPlace(host: string): LockPlace {
  // A user that only the service manager knows has no entry that userInfo could read.
  const uid = process.getuid?.() ?? userInfo().uid;
  const id = createHash('sha256').update(`${uid}:${host}`).digest('hex').slice(0, 16);
  if (process.platform === 'linux') return { path: `\0lockstep-${id}`, isFile: false };
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\lockstep-${id}`, isFile: false };
  return { path: join(tmpdir(), `lockstep-${id}.sock`), isFile: true };
}

/** Null when the path is taken, by a living process or by the rest of a dead one. */
async function listen({ path, isFile }: LockPlace): Promise<Server | null> {
  const server = createServer((socket) => socket.end());
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(true) : reject(error),
    );
    server.listen(path, () => resolve(false));
  });
  if (taken) return null;
  server.unref();
  if (isFile) await chmod(path, 0o600);
  return server;
}

function isAlive({ path }: LockPlace): Promise<boolean> {
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
