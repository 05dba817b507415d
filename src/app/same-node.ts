import { readdirSync, readlinkSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** The URL names this machine's loopback interface. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.includes(new URL(url).hostname);
}

/** The two URLs reach the same host and port, however they spell loopback. Path and credentials do not matter. */
export function sameAddress(a: string, b: string): boolean {
  return address(a) === address(b);
}

function address(text: string): string {
  const url = new URL(text);
  const host = LOOPBACK.includes(url.hostname) ? 'loopback' : url.hostname;
  return `${host}:${port(url)}`;
}

function port(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/**
 * One process listens on both loopback ports: the public RPC and the engine port of the same EL. Linux tells through
 * /proc; elsewhere, or without the right to look, the answer is false.
 */
export async function sameProcess(a: string, b: string): Promise<boolean> {
  const urls = [new URL(a), new URL(b)];
  if (process.platform !== 'linux' || !isLoopback(a) || !isLoopback(b)) return false;
  const inodes = await listenersByPort();
  const [first, second] = urls.map((url) => inodes.get(port(url)));
  if (first === undefined || second === undefined) return false;
  return ownsBoth(first, second);
}

const TCP_STATE_LISTEN = '0A';

/** Port to socket inode of everything that listens on TCP (proc_pid_net(5): local_address, st, inode). */
async function listenersByPort(): Promise<Map<number, string>> {
  const inodes = new Map<number, string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readOrEmpty(table)).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [local, state, inode] = [fields[1], fields[3], fields[9]];
      if (local === undefined || inode === undefined || state !== TCP_STATE_LISTEN) continue;
      inodes.set(Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16), inode);
    }
  }
  return inodes;
}

async function ownsBoth(first: string, second: string): Promise<boolean> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const sockets = openSockets(entry);
    if (sockets.has(first) && sockets.has(second)) return true;
    await setImmediate();
  }
  return false;
}

/**
 * Inodes of the sockets a process holds; empty for a process that is gone or belongs to another user. What a link of
 * /proc names is in memory: to wait for each on a thread takes far longer than to read it.
 */
function openSockets(pid: string): Set<string> {
  const sockets = new Set<string>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) sockets.add(inode);
    }
  } catch {
    return sockets;
  }
  return sockets;
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}
